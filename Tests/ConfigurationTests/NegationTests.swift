import Forwarding
import Testing
import Translation
import WireFormats

@testable import Configuration

@Suite struct Negations {
  /// Every setting of the sample with `no` before it, in the modes where they belong.
  @Test func `no brings back the default of every setting`() throws {
    let gateway = try parse(
      sampleConfiguration.replacing("end\n", with: "")
        + """
        no hostname
        no control-socket /run/edge/control.sock
        dataplane
         no worker-cores
         no alg-cores 2
         no ring-entries
         no burst 32
         no poll
         no offload none
         no memory
         no state-directory
        no ip nat translation timeout
        no ip nat translation tcp-timeout never
        no ip nat translation syn-timeout 30
        no ip nat translation finrst-timeout
        no ip nat translation udp-timeout
        no ip nat translation dns-timeout
        no ip nat translation icmp-timeout
        no ip nat translation max-entries
        """)
    #expect(gateway.hostname == nil)
    #expect(gateway.controlSocket == GatewayConfiguration.defaultControlSocket)
    #expect(gateway.dataplane == DataplaneSettings())
    #expect(gateway.translation.timeouts == Timeouts())
    #expect(gateway.translation.maximumEntries == TranslationConfiguration.defaultMaximumEntries)
  }

  @Test func `no takes every entry of the sample away again`() throws {
    let gateway = try parse(
      sampleConfiguration.replacing("end\n", with: "")
        + """
        no ip nat inside source list 10 pool OUT overload
        no ip nat inside source list GUESTS
        no ip nat inside source static 10.10.10.11 203.0.113.50
        no ip nat inside source static 10.10.10.11 203.0.113.51 extendable
        no ip nat inside source static tcp 10.10.10.10 8080 203.0.113.1 80
        no ip nat inside source static udp 10.10.10.10 5060 interface outside0 5060
        no ip nat pool OUT
        no ip nat pool SPREAD prefix-length 24
        no access-list 10
        no ip access-list standard GUESTS
        no ip route 0.0.0.0 0.0.0.0
        no ip route 192.0.2.0 255.255.255.0 inside0
        no ip route 198.51.100.0 255.255.255.0 outside0 198.18.0.1
        no interface inside0.20
        no interface inside0
        no interface outside0
        no dataplane
        """)
    var expected = try parse(sampleConfiguration)
    expected.translation.accessLists = [:]
    expected.translation.pools = [:]
    expected.translation.dynamicRules = []
    expected.translation.staticTranslations = []
    expected.annotations = Annotations()
    expected.routes = []
    expected.interfaces = []
    expected.devices = []
    expected.dataplane = DataplaneSettings()
    #expect(gateway == expected)
  }

  @Test func `no takes back the statements of an interface`() throws {
    let gateway = try parse(
      """
      interface a
       device tap t0 netns x persistent
       no device tap
       device tap t1
       description old
       no description
       mtu 1400
       no mtu
       ip mtu 1000
       no ip mtu 1000
       mac-address 0200.0000.0001
       no mac-address
       ip address 10.0.0.1 255.255.255.0
       no ip address 10.0.0.1 255.255.255.0
       ip nat inside
       no ip nat outside
       no ip nat inside
      """)
    let plain = try parse("interface a\n device tap t1\n")
    #expect(gateway == plain)
  }

  @Test func `no with the other side leaves ip nat inside alone`() throws {
    let gateway = try parse("interface a\n device tap t1\n ip nat inside\n no ip nat outside\n")
    #expect(gateway.interfaces.map(\.realm) == [.inside])
  }

  @Test func `no takes single entries and ranges away`() throws {
    let gateway = try parse(
      """
      access-list 1 remark one
      access-list 1 permit 10.0.0.1
      access-list 1 remark two
      access-list 1 permit 10.0.0.2
      access-list 1 permit 10.0.0.3
      no access-list 1 remark one
      no access-list 1 permit host 10.0.0.1
      ip access-list standard 1
       no 20
       15 deny 10.0.0.4
       no permit 10.0.0.3
      ip nat pool P prefix-length 24
       address 10.0.0.1 10.0.0.5
       address 10.0.0.6 10.0.0.9
       no address 10.0.0.1 10.0.0.5
      """)
    #expect(gateway.translation.accessLists["1"]?.entries.map(\.source.address) == [IPv4Address(0x0A00_0004)])
    #expect(gateway.annotations.remarks["1"] == [.init(text: "two", beforeEntry: 1)])
    #expect(gateway.translation.pools["P"]?.ranges.map(\.lowerBound) == [IPv4Address(0x0A00_0006)])
  }
}
