/// A request to read or to write a file (RFC 1350 section 5, options of RFC 2347).
struct TFTPRequest: Hashable {
  /// "Opcode": 1 for RRQ, 2 for WRQ.
  var isRead: Bool

  /// Octets of the longest request (RFC 2347 section 2).
  private static let longest = 512

  /// Reads a request; nil when the datagram is none.
  init?(_ octets: Span<UInt8>) {
    guard octets.count <= Self.longest, octets.octet(0) == 0, let opcode = octets.octet(1), opcode == 1 || opcode == 2
    else { return nil }
    isRead = opcode == 1
    // File name, mode, and then options as pairs, each ended by a zero.
    var strings = 0
    var start = 2
    var at = 2
    while at < octets.count {
      if octets[at] == 0 {
        if strings == 0, at == start { return nil }
        if strings == 1, !Self.isMode(octets.extracting(start..<at)) { return nil }
        strings += 1
        start = at + 1
      }
      at += 1
    }
    guard start == octets.count, strings >= 2, strings % 2 == 0 else { return nil }
  }

  private static func isMode(_ octets: Span<UInt8>) -> Bool {
    for mode in ["netascii", "octet", "mail"]
    where mode.utf8.count == octets.count && octets.matches(mode, at: 0) {
      return true
    }
    return false
  }
}
