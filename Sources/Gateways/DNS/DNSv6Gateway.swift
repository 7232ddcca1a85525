package import Translation

/// DNS between hosts that ask and answer over IPv6 (`ip nat service dns-v6`): what messages say of IPv4 addresses is
/// translated as in `DNSGateway`, and what they say of IPv6 ones is left as it is.
package enum DNSv6Gateway: ApplicationGateway {
  package static var id: GatewayID { GatewayID(rawValue: 5) }
  package static var name: String { "dns-v6" }
  package static var services: [DefaultService] { [] }
  package static var ipv6Services: [DefaultService] { DNSGateway.services }
  package static var needsEntries: Bool { true }

  package static func open(_ session: ControlSession) -> any PayloadInspector { DNSGateway.open(session) }
}
