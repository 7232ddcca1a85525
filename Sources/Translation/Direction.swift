/// The way of a packet through the translator, in RFC 2663's words.
package enum Direction: UInt8, Sendable, BitwiseCopyable {
  /// From inside to outside.
  case outbound = 0
  /// From outside to inside.
  case inbound = 1

  /// The other way.
  package var opposite: Direction { self == .outbound ? .inbound : .outbound }
}
