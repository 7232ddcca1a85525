import Forwarding
import Testing
import Translation
import WireFormats

@testable import Configuration

@Suite struct Instances {
  private let text = """
    interface red0
     device tap t0
     vrf forwarding RED
     ip address 10.0.0.1 255.255.255.0
    interface blue0
     device tap t1
     ip address 10.0.0.1 255.255.255.0
     ip vrf forwarding BLUE
    interface out0
     device tap t2
     ip address 203.0.113.1 255.255.255.0
    vrf definition RED
     description the red ones
     rd 65000:7
     address-family ipv4
     exit-address-family
    ip vrf BLUE
     rd 10.0.0.1:9
    ip route vrf RED 0.0.0.0 0.0.0.0 203.0.113.254 global
    ip route vrf RED 192.168.0.0 255.255.0.0 10.0.0.254
    ip route vrf BLUE 192.168.0.0 255.255.0.0 blue0 198.18.0.1
    ip route vrf BLUE 192.0.2.0 255.255.255.0 out0 198.18.0.1 global
    ip nat route vrf BLUE 0.0.0.0 0.0.0.0 global

    """
  private let red = RoutingInstance(rawValue: 1)
  private let blue = RoutingInstance(rawValue: 2)

  private func prefix(_ address: UInt32, _ length: UInt8) -> IPv4Prefix {
    IPv4Prefix(containing: IPv4Address(address), length: length)
  }

  @Test func `VRFs are numbered from 1 in the order of their definition`() throws {
    let gateway = try parse(text)
    #expect(gateway.translation.instanceNames == ["", "RED", "BLUE"])
    #expect(gateway.interfaces.map(\.instance) == [red, blue, .global])
    #expect(gateway.annotations.instanceDescriptions == [red: "the red ones"])
    #expect(gateway.annotations.routeDistinguishers == [red: "65000:7", blue: "10.0.0.1:9"])
  }

  @Test func `networks and routes belong to their VRF, and lead out of it with global`() throws {
    let (red0, blue0, out0) = (InterfaceID(rawValue: 0), InterfaceID(rawValue: 1), InterfaceID(rawValue: 2))
    #expect(
      try parse(text).routes == [
        Route(instance: red, prefix: prefix(0x0A00_0000, 24), interface: red0),
        Route(instance: blue, prefix: prefix(0x0A00_0000, 24), interface: blue0),
        Route(prefix: prefix(0xCB00_7100, 24), interface: out0),
        Route(instance: red, prefix: prefix(0, 0), interface: out0, gateway: IPv4Address("203.0.113.254")),
        Route(instance: red, prefix: prefix(0xC0A8_0000, 16), interface: red0, gateway: IPv4Address("10.0.0.254")),
        Route(instance: blue, prefix: prefix(0xC0A8_0000, 16), interface: blue0, gateway: IPv4Address("198.18.0.1")),
        Route(instance: blue, prefix: prefix(0xC000_0200, 24), interface: out0, gateway: IPv4Address("198.18.0.1")),
        Route(instance: blue, prefix: prefix(0, 0), leaksTo: .global),
      ])
  }

  @Test func `no takes VRFs, their statements and their routes away`() throws {
    let gateway = try parse(
      text + """
        interface red0
         no vrf forwarding
        interface blue0
         no ip vrf forwarding BLUE
         no ip address
        no ip route vrf RED 0.0.0.0 0.0.0.0
        no ip route vrf RED 192.168.0.0 255.255.0.0 10.0.0.254
        no ip route vrf BLUE 192.168.0.0 255.255.0.0
        no ip route vrf BLUE 192.0.2.0 255.255.255.0
        no ip nat route vrf BLUE 0.0.0.0 0.0.0.0 global
        no vrf definition BLUE
        ip vrf RED
         no description
         no rd 65000:7
        """)
    #expect(gateway.translation.instanceNames == ["", "RED"])
    #expect(gateway.annotations == Annotations())
    #expect(gateway.interfaces.map(\.instance) == [.global, .global, .global])
    #expect(gateway.routes.map(\.interface.rawValue) == [0, 2])
    #expect(gateway.routes.allSatisfy { $0.instance == .global && $0.gateway == nil })
  }

  @Test func `exit leaves an address family for its VRF, then the VRF`() throws {
    let gateway = try parse("vrf definition RED\n address-family ipv4\n  exit\n rd 1:1\n exit\nhostname gw")
    #expect(gateway.annotations.routeDistinguishers == [red: "1:1"])
    #expect(errors(in: "vrf definition RED\n address-family ipv4\n rd 1:1")?.errors.count == 1)
  }

  @Test(arguments: ["65535:4294967295", "4294967295:65535", "10.0.0.1:65535", "0:0"])
  func `route distinguishers have one of three forms`(text: String) throws {
    #expect(try parse("ip vrf RED\n rd \(text)").annotations.routeDistinguishers == [red: text])
  }
}
