package import Forwarding
package import Gateways
package import Translation
package import WireFormats

/// What a replay needs of a configuration, and of whoever asks for it.
package struct ReplayPlan: Sendable {
  package var interfaces: [NetworkInterface]
  package var routes: [Route]
  package var translation: TranslationConfiguration
  package var engine: EngineSettings
  /// The networks whose hosts are inside; empty for those that the inside interfaces lead to.
  package var insideNetworks: [IPv4Prefix]

  package init(
    interfaces: [NetworkInterface], routes: [Route], translation: TranslationConfiguration,
    engine: EngineSettings = EngineSettings(), insideNetworks: [IPv4Prefix] = []
  ) {
    self.interfaces = interfaces
    self.routes = routes
    self.translation = translation
    self.engine = engine
    self.insideNetworks = insideNetworks
  }
}
