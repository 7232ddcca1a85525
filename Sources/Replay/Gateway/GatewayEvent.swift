package import Forwarding
import Gateways
package import Translation
package import WireFormats

/// What became of a packet that came to a gateway.
package enum GatewayEvent: Sendable {
  /// It left.
  case passed(PassedPacket)
  /// It went no further.
  case dropped(DroppedPacket)
  /// A gateway looks into its session.
  case inspected(GatewayID)
  /// The gateway's answer to it: an ICMP message of its own, as it left.
  case answered(PassedPacket)
  /// It is a fragment that waits for the first one of its datagram.
  case held
}

/// A packet on its way through, from its IPv4 header on.
package struct PassedPacket: Sendable {
  /// As it arrived; empty for one of the gateway's own.
  package var before: [UInt8]
  /// As it left, before it was cut.
  package var after: [UInt8]
  package var ingress: InterfaceID
  package var egress: InterfaceID
  /// The neighbour that it went to.
  package var neighbor: MACAddress
  /// The fragments that it was cut into for the link; empty when it left whole.
  package var fragments: [[UInt8]] = []

  /// What is seen on the link.
  package var frames: [[UInt8]] { fragments.isEmpty ? [after] : fragments }
}

/// A packet that went no further.
package struct DroppedPacket: Sendable {
  /// As it arrived.
  package var octets: [UInt8]
  package var ingress: InterfaceID
  package var reason: DropReason
}
