import Forwarding
import Testing
import Translation
import WireFormats

@testable import Configuration

@Suite struct Settings {
  private func translation(_ text: String) throws -> TranslationConfiguration {
    let gateway = try parse(text)
    #expect(try parse(gateway.render()) == gateway)
    return gateway.translation
  }

  @Test func `every timer has its field`() throws {
    let timeouts = try translation(
      """
      ip nat translation pptp-timeout 1
      ip nat translation esp-timeout 2
      ip nat translation routemap-entry-timeout 3
      ip nat translation port-timeout tcp 22 never
      ip nat translation port-timeout udp 4500 40
      ip nat translation port-timeout udp 4501 41
      ip nat translation port-timeout udp 4500 42
      no ip nat translation port-timeout udp 4501
      """
    ).timeouts
    #expect(timeouts.pptp == 1 && timeouts.esp == 2 && timeouts.routeMapEntry == 3)
    #expect(
      timeouts.ports == [
        Timeouts.PortTimeout(transport: .tcp, port: 22, time: Timeouts.never),
        Timeouts.PortTimeout(transport: .udp, port: 4500, time: 42),
      ])
  }

  @Test func `entries are limited by host, VRF and list`() throws {
    let text = """
      ip vrf RED
      access-list 10 permit any
      ip nat translation max-entries 9000
      ip nat translation max-entries host 10.0.0.5 1
      ip nat translation max-entries all-host 2
      ip nat translation max-entries vrf RED 3
      ip nat translation max-entries all-vrf 4
      ip nat translation max-entries list 10 5
      ip nat translation new-sessions-per-second 6

      """
    let limits = try translation(text).limits
    #expect(limits.hosts == [try #require(IPv4Address("10.0.0.5")): 1])
    #expect(limits.allHosts == 2 && limits.allInstances == 4 && limits.newSessionsPerSecond == 6)
    #expect(limits.instances == [RoutingInstance(rawValue: 1): 3])
    #expect(limits.lists == [EntryLimits.ListLimit(accessList: "10", maximum: 5)])
    let negated = text.split(separator: "\n").dropFirst(2).map { "no \($0)\n" }.joined()
    let plain = try translation(text + negated)
    #expect(plain.limits == EntryLimits())
    #expect(plain.maximumEntries == TranslationConfiguration.defaultMaximumEntries)
  }

  @Test func `hosts share an address in paired pooling, and take ports in sets`() throws {
    #expect(try translation("").settings.hostsPerAddress == nil)
    #expect(try translation("ip nat settings pap").settings.hostsPerAddress == 120)
    #expect(try translation("ip nat settings pap limit 1000").settings.hostsPerAddress == 1000)
    #expect(try translation("ip nat settings pap limit 30").settings.portBlocks == nil)
    #expect(try translation("ip nat settings pap bpa").settings.portBlocks == PortBlocks())
    var blocks = PortBlocks()
    blocks.setSize = 512
    blocks.stepSize = 8
    blocks.singleSet = true
    let settings = try translation("ip nat settings pap limit 60 bpa set-size 512 step-size 8 single-set").settings
    #expect(settings.portBlocks == blocks && settings.hostsPerAddress == 60)
    #expect(
      try translation("ip nat settings pap limit 60 bpa\nno ip nat settings pap").settings == TranslationSettings())
  }

  @Test func `an interface's address gives a range of ports without some`() throws {
    let text = """
      ip nat settings interface-overload block port tcp 5000
      ip nat settings interface-overload block port udp 6000
      ip nat settings interface-overload port range 2000 9000
      ip nat service fullrange udp port 500

      """
    let settings = try translation(text).settings
    #expect(
      settings.blockedPorts == [
        TranslationSettings.BlockedPort(transport: .tcp, port: 5000),
        TranslationSettings.BlockedPort(transport: .udp, port: 6000),
      ])
    #expect(settings.interfacePorts == 2000...9000)
    #expect(settings.fullRange == [TranslationSettings.BlockedPort(transport: .udp, port: 500)])
    let negated = text.split(separator: "\n").map { "no \($0)\n" }.joined()
    #expect(try translation(text + negated).settings == TranslationSettings())
  }

  @Test func `the settings that IOS has no words for`() throws {
    let text = """
      ip nat settings hold-down 90
      ip nat settings refusal host-unreachable
      ip nat settings unsolicited-syn 6
      no ip nat settings inbound-refresh

      """
    var expected = TranslationSettings()
    expected.holdDown = 90
    expected.refusalCode = 1
    expected.unsolicitedSYN = 6
    expected.inboundRefresh = false
    #expect(try translation(text).settings == expected)
    let negated = """
      no ip nat settings hold-down
      no ip nat settings refusal host-unreachable
      no ip nat settings unsolicited-syn
      ip nat settings inbound-refresh
      """
    #expect(try translation(text + negated).settings == TranslationSettings())
  }

  @Test func `conformance rfc changes what is left open, and nothing else`() throws {
    let gateway = try parse(
      """
      ip nat translation finrst-timeout 60
      conformance rfc
      access-list 1 permit any
      ip nat pool P 203.0.113.5 203.0.113.6 prefix-length 24
      ip nat inside source list 1 pool P overload
      """)
    #expect(gateway.conformance == .rfc)
    #expect(gateway.translation.timeouts.syn == 240 && gateway.translation.timeouts.finRst == 60)
    #expect(gateway.translation.settings.holdDown == 120)
    #expect(gateway.translation.settings.unsolicitedSYN == 6)
    #expect(gateway.translation.settings.refusalCode == 1)
    #expect(gateway.translation.limits.allHosts == 4096)
    #expect(gateway.translation.dynamicRules.map(\.filtering) == [.endpointIndependent])
    #expect(gateway.translation.dynamicRules.map(\.ports) == [.preserve])
    #expect(gateway.render().hasPrefix("conformance rfc\n"))
    #expect(gateway.render().contains("ip nat translation finrst-timeout 60\n"))
    #expect(!gateway.render().contains("hold-down"))
    #expect(try parse(gateway.render()) == gateway)
    #expect(try parse("conformance rfc\nno conformance") == parse(""))
    #expect(try parse("conformance rfc\nconformance ios") == parse(""))
  }

  @Test func `an explicit setting holds in either conformance`() throws {
    let text =
      "ip nat settings hold-down 0\nip nat settings filtering address-and-port-dependent\n"
      + "ip nat translation max-entries all-host 10\n"
    let gateway = try parse(text + "conformance rfc")
    #expect(gateway.translation.settings.holdDown == 0)
    #expect(gateway.ruleDefaults.filtering == .addressAndPortDependent)
    #expect(gateway.translation.limits.allHosts == 10)
    #expect(try parse(gateway.render()) == gateway)
  }

  @Test func `translations are logged to syslog and to collectors`() throws {
    let text = """
      interface out0
       device tap t
       ip address 203.0.113.1 255.255.255.0
      ip nat log translations syslog
      ip nat log translations flow-export v9 udp destination 192.0.2.1 2055 source out0
      ip nat log translations flow-export v9 udp destination 192.0.2.2 9995 source out0 bind-only

      """
    let logging = try translation(text).logging
    #expect(logging.syslog == .sessions)
    let out0 = InterfaceID(rawValue: 0)
    #expect(
      try logging.collectors == [
        TranslationLogging.Collector(
          address: #require(IPv4Address("192.0.2.1")), port: 2055, scope: .sessions, source: out0),
        TranslationLogging.Collector(
          address: #require(IPv4Address("192.0.2.2")), port: 9995, scope: .bindings, source: out0),
      ])
    #expect(try translation("ip nat log translations syslog bind-only").logging.syslog == .bindings)
    let fewer = try translation(
      text + "no ip nat log translations syslog\n"
        + "no ip nat log translations flow-export v9 udp destination 192.0.2.1 2055")
    #expect(fewer.logging.syslog == nil && fewer.logging.collectors.map(\.port) == [9995])
    #expect(try translation(text + "no ip nat log translations flow-export").logging.collectors == [])
    #expect(try translation("ip nat create flow-entries") == GatewayConfiguration().translation)
  }

  @Test func `interfaces limit fragments and segments, and may keep silent`() throws {
    let start = "interface a\n device tap t\n"
    func interface(_ text: String) throws -> NetworkInterface {
      let gateway = try parse(start + text)
      #expect(try parse(gateway.render()) == gateway)
      return try #require(gateway.interfaces.first)
    }
    var limits = ReassemblyLimits()
    #expect(try interface(" ip virtual-reassembly").reassembly == limits)
    limits.maximumDatagrams = 1024
    limits.maximumFragments = 64
    limits.timeout = 60
    limits.dropsFragments = true
    let options = "max-reassemblies 1024 max-fragments 64 timeout 60 drop-fragments"
    #expect(try interface(" ip virtual-reassembly in \(options)").reassembly == limits)
    #expect(try interface(" ip virtual-reassembly in \(options)\n ip virtual-reassembly in").reassembly.timeout == 3)
    #expect(try interface(" ip tcp adjust-mss 1452").maximumSegmentSize == 1452)
    #expect(try interface(" ip tcp adjust-mss 1452\n no ip tcp adjust-mss").maximumSegmentSize == 0)
    #expect(try interface(" no ip unreachables").unreachables == false)
    #expect(try interface(" no ip unreachables\n ip unreachables").unreachables)
  }
}
