import Forwarding
import Translation
import WireFormats

/// The mode that a line is read in.
enum Mode: Hashable {
  case global
  case dataplane
  case interface(String)
  case accessList(String, isExtended: Bool)
  case ipv6AccessList(String)
  case routeMap(String, sequence: UInt32)
  case pool(String)
  case instance(String)
  case addressFamily(String)
}

/// What the statements read so far say, with the places where they say it.
struct Draft {
  /// Entries that a configuration may have, of each kind.
  static let maximumInstances = 64
  static let maximumAccessLists = 65_535
  static let maximumAccessListLines = 4096
  static let maximumRouteMaps = 65_535
  static let maximumRouteMapEntries = 1024
  static let maximumPools = 65_535
  static let maximumPoolRanges = 1024
  static let maximumDynamicRules = 65_535
  static let maximumStaticTranslations = 1_048_576
  static let maximumStaticRoutes = 65_536
  static let maximumServices = 1024
  static let maximumBlockedPorts = 1024
  static let maximumLimitedHosts = 65_535

  var mode = Mode.global
  /// The place of the `end` statement, after which nothing may follow.
  var end: Place?

  var hostname: String?
  var controlSocket = GatewayConfiguration.defaultControlSocket
  var conformance = Conformance.ios
  var dataplane = DataplaneSettings()
  /// In the order of their definition, which numbers them from 1.
  var instances: [InstanceDraft] = []
  /// In the order of their first mention.
  var interfaces: [InterfaceDraft] = []
  var routes: [RouteDraft] = []
  var routesIPv6 = false
  var ipv6Routes: [IPv6RouteDraft] = []
  var accessLists: [String: AccessListDraft] = [:]
  var ipv6AccessLists: [String: IPv6AccessListDraft] = [:]
  var routeMaps: [String: RouteMapDraft] = [:]
  var pools: [String: PoolDraft] = [:]
  var dynamicRules: [DynamicRuleDraft] = []
  var staticTranslations: [StaticDraft] = []
  var outsideRules: [OutsideRuleDraft] = []
  var outsideStatics: [OutsideStaticDraft] = []
  var destinationRules: [DestinationRuleDraft] = []
  /// The idle times that are set.
  var timers: [TranslationTimer: UInt32] = [:]
  var portTimers: [Timeouts.PortTimeout] = []
  var limits = LimitsDraft()
  var settings = SettingsDraft()
  var logging = LoggingDraft()
  var services = ServicesDraft()

  /// Changes the interface that the current lines are about.
  mutating func withInterface(_ name: String, _ change: (inout InterfaceDraft) -> Void) {
    guard let index = interfaces.firstIndex(where: { $0.name.value == name }) else { return }
    change(&interfaces[index])
  }

  /// The error of one entry too many.
  static func tooMany(_ what: String, _ maximum: Int, at place: Place) -> Diagnostic {
    Diagnostic(place: place, message: "a configuration has at most \(maximum) \(what)")
  }
}

/// An `interface` with the statements of its mode.
struct InterfaceDraft {
  var name: Located<String>
  var description: String?
  var device: Located<DeviceSettings>?
  var hardwareAddress: Located<MACAddress>?
  var vlan: Located<UInt16>?
  var mtu: Located<UInt16>?
  var ipMTU: Located<UInt16>?
  var address: Located<InterfaceAddress>?
  var ipv6: Located<IPv6InterfaceAddress>?
  var suppressesAdvertisements = false
  var realm = Realm.none
  var instance: Located<String>?
  var reassembly = ReassemblyLimits()
  var maximumSegmentSize: UInt16 = 0
  var unreachables = true

  struct InterfaceAddress: Hashable {
    var address: IPv4Address
    var prefixLength: UInt8
  }

  /// The part before the last dot, which names the parent of a sub-interface; nil for an interface of its own.
  var parentName: String? {
    name.value.lastIndex(of: ".").map { String(name.value[..<$0]) }
  }
}

/// An `ip vrf` or `vrf definition`.
struct InstanceDraft {
  var name: Located<String>
  var description: String?
  var routeDistinguisher: String?
}

/// An `ip route` or `ip nat route`.
struct RouteDraft {
  var instance: Located<String>?
  var prefix: Located<IPv4Prefix>
  var interface: Located<String>?
  var gateway: Located<IPv4Address>?
  /// Whether the way on is in the global instance, whatever `instance` is.
  var isGlobal = false
  /// Whether the destination is looked up in the global instance (`ip nat route`).
  var leaks = false

  /// Whether two statements are about the same network, in the same instance and form.
  func isSameDestination(as other: RouteDraft) -> Bool {
    prefix.value == other.prefix.value && instance?.value == other.instance?.value && leaks == other.leaks
  }
}

/// An `ipv6 route`.
struct IPv6RouteDraft {
  var prefix: Located<IPv6Prefix>
  var interface: Located<String>?
  var gateway: Located<IPv6Address>?
}

/// A pool with its ranges.
struct PoolDraft {
  var name: Located<String>
  var prefixLength: UInt8
  var selection = AddressPool.Selection.generic
  var addRoute = false
  var ranges: [Located<ClosedRange<IPv4Address>>] = []
  var exclusions: [Located<ClosedRange<IPv4Address>>] = []
}
