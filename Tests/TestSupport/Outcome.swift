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
  /// No worker said what it is, which must not happen.
  case undecided

  /// The packet that left, if one did.
  package var packet: SentPacket? {
    if case .sent(let packet, _) = self { return packet }
    return nil
  }

  /// The interface that it left by.
  package var interface: InterfaceID? {
    if case .sent(_, let interface) = self { return interface }
    return nil
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
