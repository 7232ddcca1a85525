/// What has come of a line of text on a stream.
struct LineBuffer {
  /// The longest line that a conversation here has; what is longer is cut.
  private static let longest = 512

  private var octets: [UInt8] = []

  /// Takes octets and answers the lines that are whole now, without their ends.
  mutating func take(_ fresh: [UInt8]) -> [String] {
    var lines: [String] = []
    for octet in fresh {
      if octet == UInt8(ascii: "\n") {
        if octets.last == UInt8(ascii: "\r") { octets.removeLast() }
        lines.append(String(decoding: octets, as: UTF8.self))
        octets.removeAll(keepingCapacity: true)
      } else if octets.count < Self.longest {
        octets.append(octet)
      }
    }
    return lines
  }
}
