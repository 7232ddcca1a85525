import Forwarding
import Gateways
import Translation
import WireFormats

/// What two hosts of a capture, one on either side, say to each other.
final class Conversation {
  /// As the capture has it.
  let flow: FlowID
  /// Who sent the first packet that the capture has.
  let opened: Direction
  let insideInterface: InterfaceID
  let outsideInterface: InterfaceID
  /// What the host inside calls the other end.
  let outsideLocal: Endpoint
  /// What the host outside calls the other end; nil as long as it cannot call it anything.
  var insideGlobal: Endpoint?
  /// The gateway that looks into it, or has.
  var gateway = GatewayID.none
  var steppedAside: StepAsideReason?
  /// The initial sequence number of the one that opened it; nil where the capture does not have its beginning.
  var firstSequence: UInt32?
  var inside = StreamEndpoint()
  var outside = StreamEndpoint()
  /// Packets that left the gateway.
  var passed: (outbound: UInt64, inbound: UInt64) = (0, 0)
  /// What has been said outbound and is not looked at yet.
  var unread = LineBuffer()

  init(
    _ flow: FlowID, opened: Direction, insideInterface: InterfaceID, outsideInterface: InterfaceID,
    outsideLocal: Endpoint
  ) {
    self.flow = flow
    self.opened = opened
    self.insideInterface = insideInterface
    self.outsideInterface = outsideInterface
    self.outsideLocal = outsideLocal
  }

  /// The sender of what goes in a direction.
  subscript(sender direction: Direction) -> StreamEndpoint {
    get { direction == .outbound ? inside : outside }
    set { if direction == .outbound { inside = newValue } else { outside = newValue } }
  }

  /// The flow by the names that are valid inside.
  var localFlow: FlowID { FlowID(flow.protocolNumber, inside: flow.inside, outside: outsideLocal) }

  /// Whether a gateway is answerable for the addresses in it.
  var isAnswered: Bool {
    guard gateway != .none else { return false }
    switch steppedAside {
    case nil, .tooLarge, .malformed, .noMemory: return true
    case .stranger, .encrypted, .switchedOff, .finished: return false
    }
  }

  /// How far the receiver's numbers of what goes in a direction are from the sender's.
  func shift(_ direction: Direction) -> UInt32 {
    let (sender, receiver) = direction == .outbound ? (inside, outside) : (outside, inside)
    guard gateway != .none, let sent = sender.contiguous, let received = receiver.received else { return 0 }
    return received &- sent
  }
}
