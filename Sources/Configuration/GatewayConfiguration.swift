package import Forwarding
package import Translation

/// A checked configuration: every name resolved, every value in its range, nothing contradictory.
package struct GatewayConfiguration: Sendable, Equatable {
  /// The control socket of a file that names none.
  package static let defaultControlSocket = "/run/sallyport/control.sock"

  /// The gateway's name in prompts and logs; nil when the file has no `hostname`.
  package var hostname: String?
  package var dataplane = DataplaneSettings()
  /// The devices; interfaces refer to them by position.
  package var devices: [DeviceSettings] = []
  /// The interfaces in the order of the file; an interface's id is its position. A hardware address of zero stands
  /// for the device's own.
  package var interfaces: [NetworkInterface] = []
  /// The networks that interfaces are connected to, then static routes with their interfaces.
  package var routes: [Route] = []
  /// Whether IPv6 packets are forwarded (`ipv6 unicast-routing`).
  package var routesIPv6 = false
  /// The static routes of IPv6.
  package var ipv6Routes: [IPv6Route] = []
  package var translation = TranslationConfiguration()
  /// The defaults of what the file leaves open: `conformance`.
  package var conformance = Conformance.ios
  /// The behavior of dynamic rules that do not say their own: `ip nat settings mapping`, `filtering`, `pooling` and
  /// `ports`. The rules of `translation` have taken it over.
  package var ruleDefaults = RuleBehavior()
  package var annotations = Annotations()
  /// The path of the control socket, absolute, at most 107 octets.
  package var controlSocket = Self.defaultControlSocket

  /// The configuration of an empty file.
  package init() { translation.gatewayServices = GatewaySwitches([]).services }

  /// Reads a configuration from the text of a file.
  ///
  /// The first statement that is wrong does not end the reading: up to `ConfigurationErrors.maximumCount` errors are
  /// collected. `file` is the name that errors show.
  package static func parse(_ text: String, file: String) throws(ConfigurationErrors) -> GatewayConfiguration {
    try parse(Array(text.utf8), file: file)
  }

  /// Reads a configuration from the octets of a file; octets that are not UTF-8 are an error at their place.
  package static func parse(_ octets: [UInt8], file: String) throws(ConfigurationErrors) -> GatewayConfiguration {
    let source: SourceText
    do throws(Diagnostic) {
      source = try SourceText(octets)
    } catch {
      throw ConfigurationErrors([error.placed(in: octets, file: file)])
    }
    var parser = Parser(source)
    parser.run()
    var analysis = Analysis(parser.draft, refusedWords: parser.diagnostics.isEmpty ? nil : parser.refusedWords)
    let configuration = analysis.run()
    let diagnostics = (parser.diagnostics + analysis.diagnostics).sorted { $0.place < $1.place }
    guard diagnostics.isEmpty else {
      throw ConfigurationErrors(
        diagnostics.prefix(ConfigurationErrors.maximumCount).map { $0.placed(in: source.octets, file: file) },
        areMore: diagnostics.count > ConfigurationErrors.maximumCount)
    }
    return configuration
  }
}
