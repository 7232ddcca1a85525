import TestSupport
import Testing

@testable import Configuration

@Suite struct Rendering {
  @Test func `the running configuration shows in a fixed order what differs from the defaults`() throws {
    #expect(
      try parse(sampleConfiguration).render() == """
        hostname edge-1
        !
        dataplane
         worker-cores 0-1,3
         alg-cores 2
         ring-entries 1024
         burst 32
         poll busy
         offload none
         memory ordinary
         state-directory /dev/shm/sallyport
        !
        interface inside0
         description Office LAN ! all floors
         device tap sp-inside netns office
         mac-address 0200.5e00.5301
         mtu 9000
         ip address 10.10.10.1 255.255.255.0
         ip nat inside
        !
        interface inside0.20
         encapsulation dot1Q 20
         ip address 10.20.0.1 255.255.0.0
         ip mtu 1500
         ip nat inside
        !
        interface outside0
         device tap sp-outside persistent
         ip address 203.0.113.1 255.255.255.0
         ip nat outside
        !
        ip route 0.0.0.0 0.0.0.0 203.0.113.254
        ip route 192.0.2.0 255.255.255.0 inside0
        ip route 198.51.100.0 255.255.255.0 outside0 198.18.0.1
        access-list 10 remark everybody in the office
        access-list 10 deny 10.10.10.66
        access-list 10 permit 10.10.10.0 0.0.0.255
        ip access-list standard GUESTS
         5 deny 10.20.0.66
         10 permit 10.20.0.0 0.0.255.255
        !
        ip nat pool OUT 203.0.113.100 203.0.113.103 prefix-length 24
        ip nat pool SPREAD prefix-length 24 type match-host
         address 198.51.100.1 198.51.100.20
         address 198.51.100.40 198.51.100.50
        !
        ip nat inside source list 10 pool OUT overload
        ip nat inside source list GUESTS interface outside0 overload
        ip nat inside source static 10.10.10.11 203.0.113.50 extendable no-alias
        ip nat inside source static 10.10.10.11 203.0.113.51 extendable
        ip nat inside source static tcp 10.10.10.10 8080 203.0.113.1 80
        ip nat inside source static udp 10.10.10.10 5060 interface outside0 5060 no-payload
        ip nat translation timeout 3600
        ip nat translation tcp-timeout never
        ip nat translation syn-timeout 30
        ip nat translation finrst-timeout 20
        ip nat translation udp-timeout 120
        ip nat translation dns-timeout 10
        ip nat translation icmp-timeout 0
        ip nat translation max-entries 500000
        control-socket /run/edge/control.sock
        end

        """)
  }

  @Test func `a configuration with everything comes back from what is rendered`() throws {
    let gateway = try parse(completeConfiguration)
    let rendered = gateway.render()
    #expect(try parse(rendered) == gateway)
    #expect(try parse(rendered).render() == rendered)
    // What was said is shown, but for what has no meaning, its default, or another spelling.
    let shown = Set(rendered.split(separator: "\n"))
    let hidden = completeConfiguration.split(separator: "\n").filter { !shown.contains($0) }
    #expect(
      hidden.map { $0.split(separator: " ").prefix(4).joined(separator: " ") } == [
        "vrf definition RED", "address-family ipv4", "exit-address-family", "ip vrf forwarding BLUE",
        "access-list 101 permit 47", "access-list 101 permit tcp", "15 permit ip 10.0.0.0",
        "ip access-list resequence EXT", "permit udp any host", "permit ipv6 2001:db8::/32 any", "ip nat inside source",
        "ip nat inside source", "ip nat outside source",
        "ip nat service H225", "ip nat service alg", "ip nat service list", "ip nat create flow-entries",
      ])
  }

  @Test func `an empty configuration shows its end only`() throws {
    #expect(try parse("").render() == "end\n")
  }

  @Test func `numbered lists without lines, pools without one range and lists out of order come back`() throws {
    let gateway = try parse(
      """
      ip access-list standard 7
      ip access-list standard B
      access-list 1300 permit any
      access-list 99 remark only this
      ip access-list standard A
       remark first
       permit any
       remark last
      dataplane
       worker-cores 5,3-4,0
      """)
    #expect(try parse(gateway.render()) == gateway)
    #expect(gateway.render().contains("worker-cores 5,3-4,0\n"))
    #expect(gateway.render().contains(" remark first\n permit any\n remark last\n"))
  }

  @Test(arguments: 0..<200)
  func `what is rendered reads back equal and renders the same`(seed: Int) throws {
    var random = SeededRandom(seed: UInt64(seed))
    let text = ConfigurationWriter.text(using: &random)
    let gateway = try parse(text)
    let rendered = gateway.render()
    let again = try parse(rendered)
    #expect(again == gateway, "\(text)")
    #expect(again.render() == rendered)
  }
}
