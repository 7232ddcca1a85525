import Forwarding
import Translation
import WireFormats

/// The mode that a line is read in.
enum Mode: Hashable {
  case global
  case dataplane
  case interface(String)
  case accessList(String)
  case pool(String)
}

/// What the statements read so far say, with the places where they say it.
struct Draft {
  /// Entries that a configuration may have, of each kind.
  static let maximumAccessLists = 1024
  static let maximumAccessListLines = 4096
  static let maximumPools = 1024
  static let maximumPoolRanges = 1024
  static let maximumDynamicRules = 1024
  static let maximumStaticTranslations = 65_536
  static let maximumStaticRoutes = 65_536

  var mode = Mode.global
  /// The place of the `end` statement, after which nothing may follow.
  var end: Place?

  var hostname: String?
  var controlSocket = GatewayConfiguration.defaultControlSocket
  var dataplane = DataplaneSettings()
  /// In the order of their first mention.
  var interfaces: [InterfaceDraft] = []
  var routes: [RouteDraft] = []
  var accessLists: [String: AccessListDraft] = [:]
  var pools: [String: PoolDraft] = [:]
  var dynamicRules: [DynamicRuleDraft] = []
  var staticTranslations: [StaticDraft] = []
  var timeouts = Timeouts()
  var maximumEntries = TranslationConfiguration.defaultMaximumEntries

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
  var realm = Realm.none

  struct InterfaceAddress: Hashable {
    var address: IPv4Address
    var prefixLength: UInt8
  }

  /// The part before the last dot, which names the parent of a sub-interface; nil for an interface of its own.
  var parentName: String? {
    name.value.lastIndex(of: ".").map { String(name.value[..<$0]) }
  }
}

/// An `ip route`.
struct RouteDraft {
  var prefix: Located<IPv4Prefix>
  var interface: Located<String>?
  var gateway: Located<IPv4Address>?
}

/// A pool with its ranges.
struct PoolDraft {
  var name: Located<String>
  var prefixLength: UInt8
  var selection: AddressPool.Selection
  var ranges: [Located<ClosedRange<IPv4Address>>]
}

/// An `ip nat inside source list`.
struct DynamicRuleDraft {
  enum Source: Hashable, Sendable {
    case pool(String)
    case interface(String)
  }

  var accessList: Located<String>
  var source: Located<Source>
  var overload: Bool
}

/// An `ip nat inside source static`.
struct StaticDraft {
  enum Global: Hashable, Sendable {
    case address(IPv4Address)
    case interface(String)
  }

  var local: Located<IPv4Address>
  var global: Located<Global>
  var ports: StaticTranslation.Ports?
  var extendable = false
  var noAlias = false
  var noPayload = false

  /// Whether two statements are about the same translation, whatever their options.
  func isSame(as other: StaticDraft) -> Bool {
    local.value == other.local.value && global.value == other.global.value && ports == other.ports
  }
}
