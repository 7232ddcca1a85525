import Forwarding
import Testing
import Translation
import WireFormats

@testable import Configuration

@Suite struct Statements {
  let sample: GatewayConfiguration

  init() throws { sample = try parse(sampleConfiguration) }

  @Test func `a file without statements is the default configuration`() throws {
    let empty = try parse("")
    #expect(empty == GatewayConfiguration())
    #expect(empty.hostname == nil)
    #expect(empty.controlSocket == "/run/sallyport/control.sock")
    #expect(empty.dataplane.workerCores == [])
    #expect(empty.dataplane.ringEntries == 512)
    #expect(empty.dataplane.burst == 64)
    #expect(empty.dataplane.poll == .adaptive)
    #expect(empty.dataplane.offload == .gso)
    #expect(empty.dataplane.memory == .hugePages)
    #expect(empty.translation.timeouts == Timeouts())
    #expect(empty.translation.maximumEntries == 1_048_576)
  }

  @Test func `hostname and control-socket name the gateway and its socket`() {
    #expect(sample.hostname == "edge-1")
    #expect(sample.controlSocket == "/run/edge/control.sock")
  }

  @Test func `the dataplane section sets how packets are moved`() {
    var expected = DataplaneSettings()
    expected.workerCores = [0, 1, 3]
    expected.algCores = [2]
    expected.ringEntries = 1024
    expected.burst = 32
    expected.poll = .busy
    expected.offload = .none
    expected.memory = .ordinary
    expected.stateDirectory = "/dev/shm/sallyport"
    #expect(sample.dataplane == expected)
  }

  @Test func `interfaces with devices of their own make the list of devices`() {
    #expect(
      sample.devices == [
        DeviceSettings(name: "sp-inside", networkNamespace: "office", mtu: 9000),
        DeviceSettings(name: "sp-outside", persistent: true),
      ])
  }

  @Test func `interfaces are numbered in the order of the file, and sub-interfaces share the device of their parent`() {
    let hardware = MACAddress(0x0200_5E00_5301)
    #expect(
      sample.interfaces == [
        NetworkInterface(
          id: InterfaceID(rawValue: 0), name: "inside0", device: 0, hardwareAddress: hardware,
          address: IPv4Address("10.10.10.1"), prefixLength: 24, mtu: 9000, realm: .inside),
        NetworkInterface(
          id: InterfaceID(rawValue: 1), name: "inside0.20", device: 0, vlan: 20, hardwareAddress: hardware,
          address: IPv4Address("10.20.0.1"), prefixLength: 16, mtu: 1500, realm: .inside),
        NetworkInterface(
          id: InterfaceID(rawValue: 2), name: "outside0", device: 1, hardwareAddress: .zero,
          address: IPv4Address("203.0.113.1"), prefixLength: 24, realm: .outside),
      ])
    #expect(sample.annotations.descriptions == [InterfaceID(rawValue: 0): "Office LAN ! all floors"])
  }

  @Test func `a sub-interface may stand before its parent and inherits its mtu`() throws {
    let gateway = try parse("interface a.7\n encapsulation dot1q 7\ninterface a\n device tap t0\n mtu 1400\n")
    #expect(gateway.interfaces.map(\.name) == ["a.7", "a"])
    #expect(gateway.interfaces.map(\.mtu) == [1400, 1400])
    #expect(gateway.interfaces.map(\.device) == [0, 0])
    #expect(gateway.interfaces.map(\.address) == [nil, nil])
  }

  @Test func `routes are the connected networks and the static ones with their interfaces`() {
    func route(_ network: UInt32, _ length: UInt8, _ interface: UInt8, _ gateway: IPv4Address? = nil) -> Route {
      Route(
        prefix: IPv4Prefix(containing: IPv4Address(network), length: length),
        interface: InterfaceID(rawValue: interface), gateway: gateway)
    }
    #expect(
      sample.routes == [
        route(0x0A0A_0A00, 24, 0), route(0x0A14_0000, 16, 1), route(0xCB00_7100, 24, 2),
        route(0, 0, 2, IPv4Address("203.0.113.254")), route(0xC000_0200, 24, 0),
        route(0xC633_6400, 24, 2, IPv4Address("198.18.0.1")),
      ])
  }

  @Test func `access lists keep their order, sequence numbers put entries in between`() {
    func entry(_ sequence: UInt32, _ permits: Bool, _ address: UInt32, _ wildcard: UInt32) -> AccessList.Entry {
      var entry = AccessList.Entry(permits: permits, address: IPv4Address(address), wildcard: wildcard)
      entry.sequence = sequence
      return entry
    }
    #expect(
      sample.translation.accessLists == [
        "10": AccessList(
          name: "10", entries: [entry(10, false, 0x0A0A_0A42, 0), entry(20, true, 0x0A0A_0A00, 255)]),
        "GUESTS": AccessList(
          name: "GUESTS", entries: [entry(5, false, 0x0A14_0042, 0), entry(10, true, 0x0A14_0000, 0xFFFF)]),
      ])
    #expect(sample.annotations.remarks == ["10": [.init(text: "everybody in the office", beforeEntry: 0)]])
  }

  @Test func `a source is any, a host, an address or an address with a wildcard whose bits do not count`() throws {
    let lines = ["any", "host 10.1.2.3", "10.1.2.4", "10.1.2.5 0.0.255.255", "10.1.0.5 0.255.0.254"]
    let gateway = try parse(lines.map { "access-list 1999 permit \($0)\n" }.joined())
    let entries = try #require(gateway.translation.accessLists["1999"]).entries
    #expect(entries.map(\.source.address.rawValue) == [0, 0x0A01_0203, 0x0A01_0204, 0x0A01_0000, 0x0A00_0001])
    #expect(entries.map(\.source.wildcard) == [.max, 0, 0, 0xFFFF, 0x00FF_00FE])
  }

  @Test func `a pool has one range in a line or several in a mode of its own`() throws {
    func range(_ first: String, _ last: String) throws -> ClosedRange<IPv4Address> {
      try #require(IPv4Address(first))...(#require(IPv4Address(last)))
    }
    #expect(
      try sample.translation.pools == [
        "OUT": AddressPool(name: "OUT", ranges: [range("203.0.113.100", "203.0.113.103")], prefixLength: 24),
        "SPREAD": AddressPool(
          name: "SPREAD", ranges: [range("198.51.100.1", "198.51.100.20"), range("198.51.100.40", "198.51.100.50")],
          prefixLength: 24, selection: .matchHost),
      ])
  }

  @Test func `dynamic rules keep their order`() {
    #expect(
      sample.translation.dynamicRules == [
        DynamicRule(accessList: "10", source: .pool("OUT"), overload: true),
        DynamicRule(accessList: "GUESTS", source: .interface(InterfaceID(rawValue: 2)), overload: true),
      ])
  }

  @Test func `a pool is shared only with overload, an interface's address always`() throws {
    let gateway = try parse(
      """
      interface out0
       device tap t0
       ip address 203.0.113.1 255.255.255.0
      access-list 1 permit any
      access-list 2 permit any
      ip nat pool P 203.0.113.9 203.0.113.9 prefix-length 24
      ip nat inside source list 1 pool P
      ip nat inside source list 2 interface out0
      """)
    #expect(gateway.translation.dynamicRules.map(\.overload) == [false, true])
  }

  @Test func `static translations are one-to-one or join two ports, on an address or on an interface`() throws {
    let outside = InterfaceID(rawValue: 2)
    let bob = try #require(IPv4Address("10.10.10.11"))
    let alice = try #require(IPv4Address("10.10.10.10"))
    #expect(
      try sample.translation.staticTranslations == [
        StaticTranslation(
          local: bob, global: .address(#require(IPv4Address("203.0.113.50"))), extendable: true, noAlias: true),
        StaticTranslation(local: bob, global: .address(#require(IPv4Address("203.0.113.51"))), extendable: true),
        StaticTranslation(
          local: alice, global: .address(#require(IPv4Address("203.0.113.1"))),
          ports: .init(transport: .tcp, local: 8080, global: 80)),
        StaticTranslation(
          local: alice, global: .interface(outside), ports: .init(transport: .udp, local: 5060, global: 5060),
          noPayload: true),
      ])
  }

  @Test func `timeouts are in seconds or never, and max-entries limits the sessions`() {
    var expected = Timeouts()
    expected.simple = 3600
    expected.tcp = Timeouts.never
    expected.syn = 30
    expected.finRst = 20
    expected.udp = 120
    expected.dns = 10
    expected.icmp = 0
    #expect(sample.translation.timeouts == expected)
    #expect(sample.translation.maximumEntries == 500_000)
  }
}
