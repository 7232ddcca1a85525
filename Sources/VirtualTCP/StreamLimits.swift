package import Translation

/// What one connection may hold.
package struct StreamLimits: Hashable, Sendable, BitwiseCopyable {
  /// Octets of both directions: unread, out of order, not acknowledged. A sender is told of no more room than half of it.
  package var octets = 256 << 10
  /// Pieces that are out of order, for each direction.
  package var pieces = 512

  package init() {}

  /// Octets that a sender may be invited to send.
  var ofDirection: Int { octets / 2 }
  /// How much more that may become, where a connection grows.
  var growth: Int { 15 * ofDirection }
}

/// A segment for the other side.
package struct OutgoingSegment: Sendable {
  package var direction: Direction
  /// The segment without its payload.
  package var header: TCPSegment
  /// The payload, in pieces.
  package var pieces: [ArraySlice<UInt8>]
  /// Payload octets of each segment of a super-frame; 0 for one segment.
  package var segmentSize: UInt16

  /// Payload octets.
  package var payloadCount: Int { pieces.reduce(0) { $0 + $1.count } }

  /// The segment in one piece.
  package var segment: TCPSegment {
    var segment = header
    segment.payload = Array(pieces.joined())
    return segment
  }
}

/// What a connection has done since it was asked last.
package struct StreamTally: Hashable, Sendable {
  package var retransmissions = 0
  package var outOfOrder = 0
  package var duplicates = 0
  package var challenges = 0

  package init() {}
}
