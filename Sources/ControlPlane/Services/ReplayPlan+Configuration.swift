package import Configuration
package import Replay
package import WireFormats

extension ReplayPlan {
  /// What a replay needs of a configuration; `networks` are inside, or those of its inside interfaces if there are none.
  package init(_ configuration: GatewayConfiguration, inside networks: [IPv4Prefix] = []) {
    self.init(
      interfaces: configuration.interfaces, routes: configuration.routes, translation: configuration.translation,
      engine: configuration.engineSettings, insideNetworks: networks)
  }
}
