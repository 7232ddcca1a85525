import Forwarding
import Testing

@testable import Configuration

/// An interface with and without IPv6, before the line that is wrong.
private func interface(_ lines: String, routing: String = "ipv6 unicast-routing\n") -> String {
  routing + "interface a\n device tap t\n" + lines
}

@Suite struct IPv6ErrorTests {
  @Test(arguments: [
    (" ipv6 address", "4:14: error: the statement is incomplete"),
    (" ipv6 address 2001:db8::1", "4:15: error: '2001:db8::1' is not an IPv6 address with the length of its prefix"),
    (
      " ipv6 address 2001:db8::1/129",
      "4:15: error: '2001:db8::1/129' is not an IPv6 address with the length of its prefix"
    ),
    (
      " ipv6 address 2001:db8::/64",
      "4:15: error: 2001:db8:: is not an address that an interface can have in 2001:db8::/64"
    ),
    (" ipv6 address fe80::1/64", "4:15: error: fe80::1 is not an address that an interface can have in fe80::/64"),
    (" ipv6 address ff02::1/64", "4:15: error: ff02::1 is not an address that an interface can have in ff02::/64"),
    (" ipv6 address ::1/128", "4:15: error: ::1 is not an address that an interface can have in ::1/128"),
    (" ipv6 address autoconfig", "4:15: error: 'autoconfig' is not supported"),
    (" ipv6 address fe80::1 link-local", "4:23: error: 'link-local' is not supported"),
    (" ipv6 address 2001:db8::1/64 eui-64", "4:30: error: 'eui-64' is not supported"),
    (" ipv6 nd ra suppress all", "4:22: error: 'all' is not supported"),
    (" ipv6 address 2001:db8::1/64\n ip mtu 1000", "4:15: error: a link that carries IPv6 has an MTU of 1280 at least"),
    (
      " ipv6 address 2001:db8::1/64\ninterface b\n device tap u\n ipv6 address 2001:db8::2/80",
      "7:15: error: 2001:db8::/80 overlaps"
    ),
    (
      " ip vrf forwarding R\n ipv6 address 2001:db8::1/64\nip vrf R",
      "5:15: error: IPv6 is routed in the global instance only"
    ),
  ])
  func `an address that cannot be is named with its place`(_ lines: String, _ message: String) {
    expect(interface(lines), message)
  }

  @Test(arguments: [
    ("ipv6 route", "5:11: error: the statement is incomplete"),
    ("ipv6 route 2001:db8:9::/48", "5:27: error: the statement is incomplete"),
    ("ipv6 route 2001:db8:9::1/48 2001:db8::2", "5:12: error: 2001:db8:9::1 has bits outside of its prefix"),
    ("ipv6 route ff00::/8 2001:db8::2", "5:12: error: ff00::/8 is not a network that packets are routed to"),
    ("ipv6 route vrf R ::/0 2001:db8::2", "5:12: error: 'vrf' is not supported"),
    ("ipv6 route ::/0 2001:db8::1", "5:17: error: 2001:db8::1 is the gateway's own address on interface 'a'"),
    ("ipv6 route ::/0 2001:db9::1", "5:17: error: the gateway 2001:db9::1 is not in the network of any interface"),
    ("ipv6 route ::/0 fe80::9", "5:17: error: every link has addresses such as fe80::9"),
    ("ipv6 route ::/0 b", "5:17: error: there is no interface 'b'"),
    ("ipv6 route ::/0 2001:db8::2 5", "5:29: error: an administrative distance is not supported"),
    ("ipv6 route ::/0 2001:db8::2 tag 5", "5:29: error: 'tag' is not supported"),
    ("ipv6 route 2001:db8::/64 2001:db8::2", "5:12: error: 2001:db8::/64 is the network of interface 'a'"),
    ("ipv6 route ::/0 2001:db8::2\nipv6 route ::/0 2001:db8::3", "6:12: error: line 5 already has a route to ::/0"),
    ("no ipv6 route ::/0", "5:15: error: there is no such route to ::/0 to remove"),
  ])
  func `a route that cannot be is named with its place`(_ line: String, _ message: String) {
    expect(interface(" ipv6 address 2001:db8::1/64\n" + line), message)
  }

  @Test func `addresses and routes need the word that turns forwarding on`() {
    expect(
      interface(" ipv6 address 2001:db8::1/64", routing: ""),
      "3:15: error: without 'ipv6 unicast-routing' no IPv6 packet is forwarded")
  }

  private func expect(_ text: String, _ message: String, sourceLocation: Testing.SourceLocation = #_sourceLocation) {
    let rendered = errors(in: text)?.rendered() ?? "accepted"
    #expect(rendered.contains("gw.conf:\(message)"), "\(rendered)", sourceLocation: sourceLocation)
  }

  @Test func `statements are taken back`() throws {
    let text = """
      ipv6 unicast-routing
      interface a
       device tap t
       ip address 10.0.0.1 255.255.255.0
       ipv6 address 2001:db8::1/64
       ipv6 nd ra suppress
      ipv6 route ::/0 2001:db8::2
      no ipv6 route ::/0 2001:db8::2
      interface a
       no ipv6 nd ra suppress
      """
    let configuration = try GatewayConfiguration.parse(text, file: "gw.conf")
    #expect(configuration.ipv6Routes.isEmpty)
    #expect(configuration.interfaces[0].ipv6?.advertises == true)
    let without = try GatewayConfiguration.parse(text + "\n no ipv6 address\nno ipv6 unicast-routing", file: "gw.conf")
    #expect(without.interfaces[0].ipv6 == nil)
    #expect(!without.routesIPv6)
  }
}
