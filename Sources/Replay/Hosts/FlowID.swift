import Gateways
import WireFormats

/// What distinguishes a conversation between a host inside and one outside. An ICMP query's identifier counts as the
/// inside port; what has no ports has zeros.
struct FlowID: Hashable, Sendable {
  var protocolNumber: IPProtocol
  var inside: Endpoint
  var outside: Endpoint

  init(_ number: IPProtocol, inside: Endpoint, outside: Endpoint) {
    protocolNumber = number
    self.inside = inside
    self.outside = outside
    if number == .icmp { self.outside.port = 0 }
  }
}

/// One end of a conversation as such.
struct InsideEnd: Hashable, Sendable {
  var protocolNumber: IPProtocol
  var endpoint: Endpoint

  init(_ number: IPProtocol, _ endpoint: Endpoint) {
    protocolNumber = number
    self.endpoint = endpoint
  }
}
