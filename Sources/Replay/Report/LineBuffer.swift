/// Puts the lines of a stream together, however it is cut.
struct LineBuffer {
  /// A longer line is looked at in pieces.
  private static let longestLine = 8192

  private var octets: [UInt8] = []

  /// Adds octets; returns the lines that have come to their end.
  mutating func add(_ more: [UInt8]) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    for octet in more {
      octets.append(octet)
      guard octet == UInt8(ascii: "\n") || octets.count >= Self.longestLine else { continue }
      lines.append(octets)
      octets = []
    }
    return lines
  }

  /// Takes what has no end yet.
  mutating func takeRest() -> [UInt8] {
    defer { octets = [] }
    return octets
  }
}
