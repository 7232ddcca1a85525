/// Everything about translation that an operator says, checked and resolved by name but not yet compiled.
package struct TranslationConfiguration: Hashable, Sendable {
  /// Sessions that the gateway holds unless `ip nat translation max-entries` says otherwise.
  package static let defaultMaximumEntries = 1_048_576

  package var accessLists: [String: AccessList] = [:]
  package var pools: [String: AddressPool] = [:]
  /// In the order of the configuration, which is the order of look-up.
  package var dynamicRules: [DynamicRule] = []
  package var staticTranslations: [StaticTranslation] = []
  package var timeouts = Timeouts()
  /// Sessions of the whole gateway: `ip nat translation max-entries N`.
  package var maximumEntries = TranslationConfiguration.defaultMaximumEntries

  package init() {}
}
