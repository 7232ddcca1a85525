import Forwarding
import WireFormats

/// What makes fragments one datagram's (RFC 791 section 3.2): addresses, protocol and identification, and to a gateway
/// also the instance and the side that they come from.
struct DatagramKey: Hashable, BitwiseCopyable {
  var source: IPv4Address
  var destination: IPv4Address
  var identification: UInt16
  var instance: RoutingInstance
  var protocolNumber: IPProtocol
  var direction: Direction
}

/// Where a fragment lies in its datagram's payload.
struct FragmentRange: Hashable, BitwiseCopyable {
  /// The first octet, a multiple of eight, and the one behind the last.
  var start: Int
  var end: Int
  /// Whether MF is clear: the datagram ends here.
  var isLast: Bool

  /// Whether this is the fragment with the transport header.
  var isFirst: Bool { start == 0 }
}

/// One datagram whose fragments are being followed.
struct FragmentedDatagram: BitwiseCopyable {
  /// What became of the first fragment, which is what becomes of the others.
  enum Fate: BitwiseCopyable, Equatable {
    /// It has not come.
    case unknown
    /// It belongs to a session of this worker's.
    case translated
    /// It crossed the gateway as it was.
    case routed
    /// It was handed to the worker that owns its session.
    case elsewhere(UInt8)
    /// It was dropped, or one of the fragments is such that the others must be.
    case refused(DropReason)
  }

  var key: DatagramKey
  /// The interface whose limits it counts for.
  var ingress: InterfaceID
  var fate = Fate.unknown
  /// Of the first fragment, once it has come; an ICMP query's identifier stands in its querier's port.
  var sourcePort: UInt16 = 0
  var destinationPort: UInt16 = 0
  /// The identification that all fragments leave with where the address that they leave with is shared.
  var newIdentification: UInt16
  /// The tick at which it is forgotten.
  var deadline: UInt32
  /// Octets of the whole payload; 0 until the last fragment has come.
  var end = 0
  /// Octets that have come.
  var received = 0
  /// Fragments that have come, those of them that have been sent on their way, and those that are held.
  var fragments: UInt16 = 0
  var passed: UInt16 = 0
  var held: UInt16 = 0
  /// The first of its places, in the order of offsets.
  var first = FragmentPlace.none
  /// The next datagram in its chain, or the next free one.
  var next: UInt16 = .max
  /// The datagrams of the same interface that were opened right before and right after it.
  var older: UInt16 = .max
  var newer: UInt16 = .max
  var isLive = true

  /// Whether every fragment has come and gone on.
  var isComplete: Bool { end != 0 && received == end && passed == fragments }

  /// Whether its fragments are dropped.
  var isRefused: Bool {
    if case .refused = fate { return true }
    return false
  }
}

/// A place of the fragment table, where a worker keeps the frame of a fragment that must wait.
package struct FragmentPlace: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
  package var rawValue: UInt16
  package init(rawValue: UInt16) { self.rawValue = rawValue }
  static var none: Self { Self(rawValue: .max) }
}

/// A fragment that has come.
struct FragmentRecord: BitwiseCopyable {
  enum State: UInt8, BitwiseCopyable {
    case free
    /// It has gone on its way.
    case passed
    /// Its frame waits for the first fragment.
    case held
    /// Its frame is about to be given back to the worker, to be processed again.
    case queued
    /// Its frame has been given back and is expected any moment.
    case returned
    /// As `queued`, but its datagram is gone.
    case orphaned
    /// Its frame is about to be given back to be dropped.
    case abandoned
  }

  var start: UInt16 = 0
  var end: UInt16 = 0
  /// The place of the fragment behind it, or the next free place.
  var next = FragmentPlace.none
  /// The next place whose frame is to be given back.
  var link = FragmentPlace.none
  var state = State.free
  var reason = DropReason.fragmentTimeout
  /// The worker's word for the frame.
  var frame: UInt64 = 0
}
