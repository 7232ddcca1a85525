package import Forwarding

/// Why a capture cannot be replayed through a configuration.
package enum ReplayError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The configuration has no interface on a side.
  case noInterface(Realm)
  /// No packet of the capture is between a host inside and one outside.
  case nothingCrosses

  package var description: String {
    switch self {
    case .noInterface(let realm):
      "the configuration has no interface with an address and \"ip nat \(realm == .inside ? "inside" : "outside")\""
    case .nothingCrosses:
      "no packet of the capture goes between a host inside and one outside; --inside names the networks that are inside"
    }
  }
}
