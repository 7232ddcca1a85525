import Translation
import WireFormats

/// Where a rule takes addresses from, or what a static entry translates to, by name.
enum GlobalDraft: Hashable, Sendable {
  case address(IPv4Address)
  case interface(String)
  case pool(String)
}

/// The routing instance that a translation belongs to.
struct InstanceChoice: Sendable {
  /// `vrf V`; nil for the global instance.
  var name: Located<String>?
  /// `match-in-vrf`.
  var matchInVRF: Located<Bool>?

  /// The name of the instance that the translated addresses belong to; nil for the global instance.
  var outside: String? { matchInVRF == nil ? nil : name?.value }
}

/// An `ip nat inside source list` or `route-map`.
struct DynamicRuleDraft {
  var condition: Located<RuleCondition>
  var source: Located<GlobalDraft>
  var overload: Bool
  var instance = InstanceChoice()
  var egress: Located<String>?
  var reversible: Located<Bool>?
  var mapping: Located<MappingBehavior>?
  var filtering: Located<FilteringBehavior>?
  var pooling: Located<PoolingBehavior>?
  var ports: Located<PortAssignment>?

  /// What two rules cannot share: the later one would never apply.
  struct Key: Hashable {
    var condition: RuleCondition
    var instance: String?
    var egress: String?
  }

  var key: Key { Key(condition: condition.value, instance: instance.name?.value, egress: egress?.value) }

  /// The place of the first option that speaks of sharing addresses by ports, and the option.
  var sharingOption: (place: Place, word: String)? {
    let options = [
      mapping.map { ($0.place, "mapping") }, filtering.map { ($0.place, "filtering") },
      pooling.map { ($0.place, "pooling") }, ports.map { ($0.place, Self.word(of: $0.value)) },
    ]
    return options.compactMap { $0 }.min { $0.0 < $1.0 }
  }

  private static func word(of ports: PortAssignment) -> String {
    if case .deterministic = ports { "deterministic" } else { "ports" }
  }
}

/// An `ip nat inside source static`.
struct StaticDraft {
  var local: Located<IPv4Address>
  var global: Located<GlobalDraft>
  var prefixLength: UInt8 = 32
  var ports: StaticTranslation.Ports?
  var extendable = false
  var noAlias = false
  var noPayload = false
  var instance = InstanceChoice()
  var routeMap: Located<String>?
  var reversible = false
  var egress: Located<String>?

  /// Whether two statements are about the same translation, whatever their options.
  func isSame(as other: StaticDraft) -> Bool {
    local.value == other.local.value && global.value == other.global.value && ports == other.ports
      && prefixLength == other.prefixLength && instance.name?.value == other.instance.name?.value
  }
}

/// An `ip nat outside source list` or `route-map`.
struct OutsideRuleDraft {
  var condition: Located<RuleCondition>
  var pool: Located<String>
  var instance = InstanceChoice()
  var addRoute = false
}

/// An `ip nat outside source static`.
struct OutsideStaticDraft {
  var global: Located<IPv4Address>
  var local: Located<IPv4Address>
  var prefixLength: UInt8 = 32
  var ports: StaticTranslation.Ports?
  var instance = InstanceChoice()
  var extendable = false
  var noAlias = false
  var noPayload = false
  var addRoute = false

  /// Whether two statements are about the same translation, whatever their options.
  func isSame(as other: OutsideStaticDraft) -> Bool {
    local.value == other.local.value && global.value == other.global.value && ports == other.ports
      && prefixLength == other.prefixLength && instance.name?.value == other.instance.name?.value
  }
}

/// An `ip nat inside destination list`.
struct DestinationRuleDraft {
  var accessList: Located<String>
  var pool: Located<String>
}
