package import Translation

/// What one connection may hold.
package struct StreamLimits: Hashable, Sendable {
  /// Octets of both directions: unread, out of order, not acknowledged.
  package var octets = 256 << 10
  /// Runs that are out of order, for each direction.
  package var pieces = 64

  package init() {}
}

/// A segment for the other side.
package struct OutgoingSegment: Sendable {
  package var direction: Direction
  package var segment: TCPSegment
  /// Payload octets of each segment of a super-frame; 0 for one segment.
  package var segmentSize: UInt16
}

/// What a connection has done since it was asked last.
package struct StreamTally: Hashable, Sendable {
  package var retransmissions = 0
  package var outOfOrder = 0
  package var duplicates = 0
  package var challenges = 0

  package init() {}
}
