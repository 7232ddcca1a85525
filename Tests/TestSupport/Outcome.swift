package import Forwarding
package import Translation

/// What became of a packet.
package enum Outcome: Sendable {
  /// It left by an interface.
  case sent(SentPacket, by: InterfaceID)
  /// It is rewritten and waits for an ARP answer.
  case awaitsNeighbor(SentPacket)
  /// It is for the gateway itself.
  case delivered
  /// It was dropped, and its sender is told.
  case refused(ICMPRefusal, DropReason)
  /// It was dropped.
  case dropped(DropReason)
  /// It is larger than the link, to which it goes in fragments.
  case cut(SentPacket, by: InterfaceID)
  /// It is a fragment that waits for the first one of its datagram.
  case held
  /// A gateway looks into its session.
  case inspected
  /// No worker said what it is, which must not happen.
  case undecided

  /// The packet that left, if one did.
  package var packet: SentPacket? {
    switch self {
    case .sent(let packet, _), .cut(let packet, _): packet
    default: nil
    }
  }

  /// The interface that it left by.
  package var interface: InterfaceID? {
    switch self {
    case .sent(_, let interface), .cut(_, let interface): interface
    default: nil
    }
  }

  /// Why it went no further, whether or not its sender is told.
  package var dropReason: DropReason? {
    switch self {
    case .dropped(let reason), .refused(_, let reason): reason
    default: nil
    }
  }

  /// What its sender is told.
  package var refusal: ICMPRefusal? {
    if case .refused(let refusal, _) = self { return refusal }
    return nil
  }

  /// Whether it waits for the first fragment of its datagram.
  package var isHeld: Bool {
    if case .held = self { return true }
    return false
  }

  /// Whether it is to be cut.
  package var isCut: Bool {
    if case .cut = self { return true }
    return false
  }

  /// Whether it is for the gateway itself.
  package var isDelivered: Bool {
    if case .delivered = self { return true }
    return false
  }

  /// Whether it waits for an ARP answer.
  package var isWaiting: Bool {
    if case .awaitsNeighbor = self { return true }
    return false
  }

  /// What is not as the checks say of the packet that left, and every wrong checksum; empty when all is well.
  package func problems(_ checks: PacketCheck...) -> [String] {
    guard let packet else { return ["no packet left: \(self)"] }
    return checks.compactMap { $0.problem(packet) } + packet.checksumProblems
  }
}
