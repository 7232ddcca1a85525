/// The way of a packet through the translator, in RFC 2663's words.
@usableFromInline package enum Direction: UInt8, Sendable, BitwiseCopyable {
  /// From inside to outside.
  case outbound = 0
  /// From outside to inside.
  case inbound = 1

  /// The other way.
  @inlinable @inline(__always) package var opposite: Direction { isOutbound ? .inbound : .outbound }

  /// Whether it leads outside. A switch, since a comparison would be a call from other modules, and this is asked at every
  /// turn of a packet's way.
  @inlinable @inline(__always) package var isOutbound: Bool {
    switch self {
    case .outbound: true
    case .inbound: false
    }
  }
}
