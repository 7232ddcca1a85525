package import Translation

/// All gateways: one line each.
package enum GatewayCatalog {
  package static let all: [any ApplicationGateway.Type] = [
    FTPGateway.self,
    TFTPGateway.self,
    DNSGateway.self,
    DNSv6Gateway.self,
    SIPGateway.self,
  ]

  /// The gateway with a number.
  package static func gateway(_ id: GatewayID) -> (any ApplicationGateway.Type)? { all.first { $0.id == id } }

  /// The gateway with a name, as after `ip nat service`.
  package static func gateway(named name: String) -> (any ApplicationGateway.Type)? { all.first { $0.name == name } }
}
