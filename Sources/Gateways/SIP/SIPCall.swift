import Forwarding
import Translation
import WireFormats

/// An inside host, as the book knows it.
struct SIPHostKey: Hashable {
  var address: IPv4Address
  var instance: RoutingInstance
}

/// A call of an inside host. A call between two of them, by way of a server outside, is two.
struct SIPCallKey: Hashable {
  var host: SIPHostKey
  /// The hash of "Call-ID".
  var name: UInt64
}

/// A door that belongs to a call or a registration.
struct SIPDoor: Hashable {
  var id: DoorID
  var local: Endpoint
  var global: Endpoint
  var transport: IPProtocol
  /// Consecutive ports from that one on.
  var count: UInt8
  var isActive: Bool
  var outside: RoutingInstance
  /// The number of the inside host's last description that names it; 0 where none does.
  var description: UInt32 = 0
  /// The second at which it closes, since another description is in force that does not name it.
  var closes: UInt32?
}

/// What is known of a call, by its Call-ID and tags: never by the session that a message came over, of which a trunk has
/// one for thousands of calls.
struct SIPCall: Hashable {
  enum State: UInt8, Hashable {
    /// Asked for, and not answered.
    case early
    case confirmed
    /// A BYE waits for its answer.
    case ending
  }

  /// What an earlier run called its doors, and the worker that has them.
  struct Earlier: Hashable {
    var name: UInt64
    var worker: UInt8
  }

  /// Seconds that an INVITE waits for the next answer (RFC 3261 section 13.3.1.1 has a proxy wait three minutes).
  static let patience: UInt32 = 190
  /// Seconds that a call lives on after a BYE, or after an answer that makes the caller ask again.
  static let farewell: UInt32 = 32
  /// Seconds that an answered call goes on without a message. Media that flow need no door any more.
  static let longestSilence: UInt32 = 4 * 3600
  /// Octets of a Call-ID that are kept for listings.
  static let longestName = 64
  /// Dialogs of one call: a fork may be answered by several.
  static let maximumDialogs = 16
  static let maximumDoors = 32

  var name: [UInt8]
  /// Seconds.
  var began: UInt32
  var deadline: UInt32
  var state = State.early
  /// "CSeq" of the last INVITE, and who sent it.
  var inviteSequence: UInt64 = 0
  var inviteDirection = Direction.outbound
  /// "CSeq" of the inside host's last UPDATE, which may have an offer, too (RFC 3311).
  var updateSequence: UInt64?
  /// Hashes of the called sides' tags whose dialogs are confirmed.
  var dialogs: [UInt64] = []
  var doors: [SIPDoor] = []
  /// Where the gateway has met it in its middle: an earlier run may have left doors of it, under this name and at this
  /// worker.
  var earlier: Earlier?
  /// The hash of user and session identifier of the inside host's `o=`.
  var origin: UInt64 = 0
  /// How many descriptions the inside host has sent, and "CSeq" of the request that the last one waits in for an answer.
  var descriptions: UInt32 = 0
  var offerSequence: UInt64?

  /// The Call-ID as listings show it: others have chosen its octets.
  var listedName: String {
    String(decoding: name.map { (0x21...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
  }

  /// The door for an endpoint.
  func door(for local: Endpoint, _ transport: IPProtocol, count: UInt8 = 1) -> SIPDoor? {
    doors.first { $0.local == local && $0.transport == transport && $0.count >= count }
  }

  /// What becomes of a call.
  enum Fate: Hashable {
    /// The message says nothing about it.
    case same
    case goesOn
    case ends
  }

  // MARK: What messages say

  /// A request of the call.
  mutating func note(request message: SIPMessage, _ direction: Direction, now: UInt32) {
    switch message.method {
    case .invite:
      inviteSequence = message.sequence
      inviteDirection = direction
      if state == .early { wait(Self.patience, now) }
    case .bye:
      state = .ending
      wait(Self.farewell, now)
    case .cancel where state == .early: wait(Self.farewell * 2, now)
    case .update where direction == .outbound:
      updateSequence = message.sequence
      if state == .confirmed { wait(Self.longestSilence, now) }
    default: if state == .confirmed { wait(Self.longestSilence, now) }
    }
  }

  /// A response, which counts only where its request waits (rule R9).
  mutating func note(response message: SIPMessage, _ status: UInt16, _ direction: Direction, now: UInt32) -> Fate {
    switch message.method {
    case .invite:
      guard message.sequence == inviteSequence, direction != inviteDirection else { return .same }
      return noteAnswer(message, status, now: now)
    case .bye where state == .ending:
      if status == 401 || status == 407 {
        // The other side wants to know who hangs up; until it does, the call goes on.
        state = .confirmed
        wait(Self.longestSilence, now)
        return .goesOn
      }
      guard status >= 200 else { return .goesOn }
      dialogs.removeAll { $0 == message.toTag || $0 == message.fromTag }
      guard dialogs.isEmpty else {
        state = .confirmed
        wait(Self.longestSilence, now)
        return .goesOn
      }
      return .ends
    default:
      if state == .confirmed { wait(Self.longestSilence, now) }
      let isAnswer = message.method == .update && message.sequence == updateSequence
      return isAnswer ? .goesOn : .same
    }
  }

  private mutating func noteAnswer(_ message: SIPMessage, _ status: UInt16, now: UInt32) -> Fate {
    switch status {
    case 100..<200: if state == .early { wait(Self.patience, now) }
    case 200..<300:
      // An answer that passes a BYE on the way does not bring the call back.
      if state != .ending {
        state = .confirmed
        wait(Self.longestSilence, now)
      }
      // The called side's tag is in To, whoever sent the last INVITE.
      if !dialogs.contains(message.toTag), !dialogs.contains(message.fromTag), dialogs.count < Self.maximumDialogs {
        dialogs.append(message.toTag)
      }
    default:
      guard state == .early else { return .goesOn }
      // These are asked again, as the same call.
      guard status < 400 || [401, 407, 422, 491, 494].contains(status) else { return .ends }
      wait(Self.farewell, now)
    }
    return .goesOn
  }

  private mutating func wait(_ seconds: UInt32, _ now: UInt32) { deadline = now &+ seconds }
}
