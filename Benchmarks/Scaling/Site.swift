import Forwarding
import Translation
import WireFormats

/// Addresses and interfaces of every simulated gateway, and the rules that a case needs.
///
/// Inside hosts (10.0.0.0/8) are behind one router and outside hosts behind another, so that neighbours are two however
/// many hosts there are.
struct Site {
  static let inside = InterfaceID(rawValue: 0)
  static let outside = InterfaceID(rawValue: 1)
  private static let insideRouter = IPv4Address(0xAC10_0002)
  private static let outsideRouter = IPv4Address(0xC000_02FE)
  /// The pool begins at 198.18.0.0, published hosts' addresses at 198.19.0.0.
  private static let poolBase: UInt32 = 0xC612_0000
  private static let publishedBase: UInt32 = 0xC613_0000
  /// 198.19.255.1, which stands for several hosts.
  static let virtualHost = IPv4Address(0xC613_FF01)

  /// How ports are given out.
  enum Ports: String, CaseIterable, Sendable, Codable {
    case preserved, random, sets, deterministic
  }

  var ports = Ports.preserved
  var addresses = 1
  /// Inside hosts that a static entry publishes one to one, from this address on.
  var published = 0
  var publishedFirst = IPv4Address(0)
  /// Real hosts behind the virtual one, from this address on.
  var realHosts = 0
  var realFirst = IPv4Address(0)
  var maximumEntries = TranslationConfiguration.defaultMaximumEntries

  /// The inside global address of a published host.
  static func globalAddress(ofPublished host: Int) -> IPv4Address { IPv4Address(publishedBase + UInt32(host)) }

  var translation: TranslationConfiguration {
    var translation = TranslationConfiguration()
    // As many hosts as sixteen bits name: deterministic ranges are computed from the list.
    translation.accessLists["10"] = AccessList(
      name: "10", entries: [AccessList.Entry(permits: true, address: IPv4Address(0x0A00_0000), wildcard: 0xFFFF)])
    let pool = IPv4Address(Self.poolBase)...IPv4Address(Self.poolBase + UInt32(addresses) - 1)
    translation.pools["OUT"] = AddressPool(name: "OUT", ranges: [pool], prefixLength: 15)
    var rule = DynamicRule(accessList: "10", source: .pool("OUT"), overload: true)
    switch ports {
    case .preserved: break
    case .random: rule.ports = .random
    case .sets:
      rule.ports = .random
      translation.settings.portBlocks = PortBlocks()
    case .deterministic:
      rule.ports = .deterministic(portsPerHost: UInt16(max(1, 64_512 * addresses / 65_536)), reserved: 0)
    }
    translation.dynamicRules = [rule]
    translation.staticTranslations = (0..<published).map { host in
      StaticTranslation(
        local: IPv4Address(publishedFirst.rawValue + UInt32(host)),
        global: .address(Self.globalAddress(ofPublished: host)))
    }
    if realHosts > 0 {
      translation.accessLists["V"] = AccessList(
        name: "V", entries: [AccessList.Entry(permits: true, address: Self.virtualHost, wildcard: 0)])
      let real = realFirst...IPv4Address(realFirst.rawValue + UInt32(realHosts) - 1)
      translation.pools["REAL"] = AddressPool(name: "REAL", ranges: [real], prefixLength: 8, selection: .rotary)
      translation.destinationRules = [DestinationRule(accessList: "V", pool: "REAL")]
    }
    translation.maximumEntries = maximumEntries
    return translation
  }

  var policy: Policy {
    let interfaces = [
      NetworkInterface(
        id: Self.inside, name: "inside0", device: 0, hardwareAddress: MACAddress(0x0200_0000_0001),
        address: IPv4Address(0xAC10_0001), prefixLength: 24, realm: .inside),
      NetworkInterface(
        id: Self.outside, name: "outside0", device: 1, hardwareAddress: MACAddress(0x0200_0000_0101),
        address: IPv4Address(0xC000_0201), prefixLength: 24, realm: .outside),
    ]
    let connected = interfaces.compactMap { interface in
      interface.connected.map { Route(prefix: $0, interface: interface.id) }
    }
    let hosts = Route(
      prefix: IPv4Prefix(containing: IPv4Address(0x0A00_0000), length: 8), interface: Self.inside,
      gateway: Self.insideRouter)
    let everywhere = Route(
      prefix: IPv4Prefix(containing: .unspecified, length: 0), interface: Self.outside, gateway: Self.outsideRouter)
    return Policy(
      interfaces: interfaces, routes: RoutingTable(connected + [hosts, everywhere]), translation: translation)
  }

  /// A neighbour table that knows both routers.
  static func neighbors() -> NeighborTable {
    let table = NeighborTable()
    for (interface, address, hardware) in [
      (inside, insideRouter, MACAddress(0x0200_0000_0002)), (outside, outsideRouter, MACAddress(0x0200_0000_0102)),
    ] {
      let hop = NextHop(interface: interface, neighbor: address)
      precondition(table.findOrAdd(hop, now: 1) != nil, "an empty neighbour table has room")
      table.learn(hop, address: hardware, now: 1)
    }
    return table
  }
}
