import Dataplane
import Forwarding
import Gateways
import TestSupport
import Translation
import WireFormats

/// What a worker bench is like. A value to be changed and given to `WorkerBench`.
struct BenchSetup {
  var workers = 1
  var poll = PollMode.adaptive
  /// Frames of a burst, and reads of a batch at most.
  var burst = 16
  var readDepth = 16
  /// Buffers of one worker's pool, and frames that one worker may have handed to another.
  var buffers: UInt32 = 128
  var ringCapacity = 64
  /// Slow paths, which look into the sessions of every gateway.
  var slowPaths = 0
  /// Whether buffers hold super-frames.
  var superFrames = false
  var outsideMTU: UInt16 = 1500
  var taggedOutsideMTU: UInt16 = 1500
  /// Seconds after which the sender of an unsolicited SYN is told; 0 for never.
  var unsolicitedSYN: UInt32 = 0
  /// Whether ICMP unreachable messages are sent inside.
  var unreachablesInside = true
  /// Whether the hosts' Ethernet addresses are known from the start.
  var knowsNeighbors = true
  /// Whether bob's static address is left to others to answer for.
  var noAlias = false
  /// Whether the interfaces carry IPv6, each with the network 2001:db8:N::/64 of its number.
  var ipv6 = false
  /// The gateways of sessions over IPv6, the lists that limit them, and what they are told of addresses.
  var ipv6Services: [IPv6Service] = []
  var ipv6AccessLists: [String: IPv6AccessList] = [:]
  var addresses: any AddressBook = EmptyAddressBook()
  /// Whether what the gateway announces at its start is kept for the test to look at.
  var keepsAnnouncements = false

  func with(_ change: (inout Self) -> Void) -> Self {
    var copy = self
    change(&copy)
    return copy
  }

  /// List 10 permits every inside host and shares the pool of four addresses by ports; bob has a static entry.
  var translation: TranslationConfiguration {
    var translation = TranslationConfiguration()
    translation.accessLists["10"] = AccessList(
      name: "10",
      entries: [AccessList.Entry(permits: true, address: IPv4Address(0x0A0A_0000), wildcard: 0xFFFF)])
    translation.pools["POOL"] = AddressPool(name: "POOL", ranges: [Place.pool], prefixLength: 24)
    translation.dynamicRules = [DynamicRule(accessList: "10", source: .pool("POOL"), overload: true)]
    translation.staticTranslations = [
      StaticTranslation(local: Host.bob.address, global: .address(Place.bobGlobal), noAlias: noAlias)
    ]
    translation.settings.unsolicitedSYN = unsolicitedSYN
    translation.ipv6Services = ipv6Services
    translation.ipv6AccessLists = ipv6AccessLists
    guard slowPaths > 0 else { return translation }
    translation.gatewayServices = GatewayCatalog.all.flatMap { gateway in
      gateway.services.map { GatewayService(gateway: gateway.id, transport: $0.transport, port: $0.port) }
    }
    return translation
  }

  var interfaces: [NetworkInterface] {
    Segment.allCases.map { segment in
      var interface =
        switch segment {
        case .outside: segment.networkInterface(mtu: outsideMTU)
        case .taggedOutside: segment.networkInterface(mtu: taggedOutsideMTU)
        default: segment.networkInterface(mtu: 1500)
        }
      if ipv6 {
        interface.ipv6 = IPv6InterfaceAddress(
          address: IPv6Address(0x2001_0DB8_0000_0000 | UInt64(interface.id.rawValue) << 16, 1), prefixLength: 64)
      }
      if interface.realm == .inside { interface.unreachables = unreachablesInside }
      return interface
    }
  }

  /// The policy, with a default route by way of the router.
  var policy: Policy {
    var routes = interfaces.compactMap { interface in
      interface.connected.map { Route(prefix: $0, interface: interface.id) }
    }
    routes.append(
      Route(
        prefix: IPv4Prefix(containing: .unspecified, length: 0), interface: Segment.outside.interface,
        gateway: Host.router.address))
    return Policy(interfaces: interfaces, routes: RoutingTable(routes), translation: translation)
  }
}
