/// Everything about translation that an operator says, checked and resolved by name but not yet compiled.
package struct TranslationConfiguration: Hashable, Sendable {
  /// Sessions that the gateway holds unless `ip nat translation max-entries` says otherwise.
  package static let defaultMaximumEntries = 1_048_576

  /// The names of the routing instances by their numbers; the first is the global instance, whose name is empty.
  package var instanceNames = [""]
  package var accessLists: [String: AccessList] = [:]
  package var routeMaps: [String: RouteMap] = [:]
  package var pools: [String: AddressPool] = [:]
  /// In the order of the configuration, which is the order of look-up.
  package var dynamicRules: [DynamicRule] = []
  package var staticTranslations: [StaticTranslation] = []
  package var outsideStatics: [OutsideStatic] = []
  package var outsideRules: [OutsideRule] = []
  package var destinationRules: [DestinationRule] = []
  package var timeouts = Timeouts()
  /// Sessions of the whole gateway: `ip nat translation max-entries N`.
  package var maximumEntries = TranslationConfiguration.defaultMaximumEntries
  package var limits = EntryLimits()
  package var settings = TranslationSettings()
  package var logging = TranslationLogging()
  /// In the order of the configuration.
  package var services: [ServiceStatement] = []
  /// The sessions that gateways look into.
  package var gatewayServices: [GatewayService] = []
  /// The sessions over IPv6 that gateways look into, and the lists that limit them.
  package var ipv6Services: [IPv6Service] = []
  package var ipv6AccessLists: [String: IPv6AccessList] = [:]
  /// By gateway, the access list of inside hosts that others' messages may open doors for.
  package var thirdParties: [GatewayID: String] = [:]
  package var doorLimits = DoorLimits()

  package init() {}

  /// Whether anything translates single addresses, of which payloads may speak.
  var hasAddressEntries: Bool {
    staticTranslations.contains { $0.ports == nil && !$0.noPayload } || !outsideStatics.isEmpty || !outsideRules.isEmpty
  }
}
