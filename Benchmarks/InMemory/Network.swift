import Forwarding
import Translation
import WireFormats

/// The network of every measurement: hosts of 10.0.0.0/8 inside, a router outside, a pool that they share by ports.
///
/// Host and port counts follow the usual shape of NAT benchmarks, 63 flows a host: 1 032 192 sessions are 16 384 hosts.
/// Each flow has an inside endpoint of its own, and so a mapping and a global port of its own.
enum Network {
  static let flowsPerHost = 63
  static let inside = InterfaceID(rawValue: 0)
  static let outside = InterfaceID(rawValue: 1)
  static let router = IPv4Address(0xCB00_71FE)
  static let insideHardware = MACAddress(0x0200_0000_0001)
  static let outsideHardware = MACAddress(0x0200_0000_0101)
  static let routerHardware = MACAddress(0x0200_0000_01FE)
  /// The first address of the pool, 198.51.100.0.
  static let poolBase: UInt32 = 0xC633_6400
  /// Mappings planned for one pool address: half of its ports.
  static let mappingsPerAddress = 32_256

  /// The pool for `sessions` sessions.
  static func pool(for sessions: Int) -> ClosedRange<IPv4Address> {
    let addresses = max(1, (sessions + mappingsPerAddress - 1) / mappingsPerAddress)
    return IPv4Address(poolBase)...IPv4Address(poolBase + UInt32(addresses) - 1)
  }

  /// The translation rules, for at most `sessions` sessions.
  static func translation(sessions: Int) -> TranslationConfiguration {
    var translation = TranslationConfiguration()
    translation.accessLists["10"] = AccessList(
      name: "10", entries: [AccessList.Entry(permits: true, address: IPv4Address(0x0A00_0000), wildcard: 0xFF_FFFF)])
    translation.pools["OUT"] = AddressPool(name: "OUT", ranges: [pool(for: sessions)], prefixLength: 16)
    translation.dynamicRules = [DynamicRule(accessList: "10", source: .pool("OUT"), overload: true)]
    translation.maximumEntries = sessions
    return translation
  }

  /// The rules in force, for at most `sessions` sessions.
  static func policy(sessions: Int) -> Policy { policy(translation(sessions: sessions)) }

  /// The rules in force with these translation rules.
  static func policy(_ translation: TranslationConfiguration) -> Policy {
    let everywhere = IPv4Prefix(containing: .unspecified, length: 0)
    let interfaces = [
      NetworkInterface(
        id: inside, name: "inside0", device: 0, hardwareAddress: insideHardware, address: IPv4Address(0x0A00_0001),
        prefixLength: 8, realm: .inside),
      NetworkInterface(
        id: outside, name: "outside0", device: 1, hardwareAddress: outsideHardware, address: IPv4Address(0xCB00_7101),
        prefixLength: 24, realm: .outside),
    ]
    let connected = interfaces.compactMap { interface in
      interface.connected.map { Route(prefix: $0, interface: interface.id) }
    }
    return Policy(
      interfaces: interfaces,
      routes: RoutingTable(connected + [Route(prefix: everywhere, interface: outside, gateway: router)]),
      translation: translation)
  }

  /// A neighbour table that knows the router.
  static func neighbors() -> NeighborTable {
    let table = NeighborTable()
    let hop = NextHop(interface: outside, neighbor: router)
    precondition(table.findOrAdd(hop, now: 1) != nil, "an empty neighbour table has room")
    table.learn(hop, address: routerHardware, now: 1)
    return table
  }
}

/// One flow of the network, by its number.
struct Flow {
  let source: IPv4Address
  let sourcePort: UInt16
  let destination: IPv4Address
  let destinationPort: UInt16

  init(number: Int) {
    let host = number / Network.flowsPerHost
    let index = number % Network.flowsPerHost
    source = IPv4Address(0x0A00_0100 + UInt32(host))
    // A host's ports lie apart and differ from its neighbours', as ephemeral ports do: some are preserved, some not.
    let start = (UInt32(truncatingIfNeeded: host) &* 0x9E37_79B1) >> 16
    sourcePort = UInt16(1024 + (Int(start) + index * 1_021) % 64_512)
    destination = IPv4Address(0xC000_0200 + UInt32(number % 200) + 1)
    destinationPort = UInt16(1024 + number % 32_768)
  }
}
