import WireFormats

/// The endpoints that FTP's commands and replies name (RFC 959 section 5.3.2, RFC 2428 section 2).
enum FTPEndpoint {
  /// `h1,h2,h3,h4,p1,p2`.
  static func commas(_ endpoint: Endpoint) -> String {
    let address = endpoint.address.description.split(separator: ".").joined(separator: ",")
    return "\(address),\(endpoint.port >> 8),\(endpoint.port & 255)"
  }

  /// Reads six numbers with commas between them.
  static func readCommas(_ text: some StringProtocol) -> Endpoint? {
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { UInt8($0) }
    guard numbers.count == 6, !numbers.contains(nil) else { return nil }
    let octets = numbers.compactMap { $0 }.map(UInt32.init)
    return Endpoint(
      IPv4Address(octets[0] << 24 | octets[1] << 16 | octets[2] << 8 | octets[3]), UInt16(octets[4] << 8 | octets[5]))
  }

  /// `|1|address|port|`.
  static func bars(_ endpoint: Endpoint) -> String { "|1|\(endpoint.address)|\(endpoint.port)|" }

  static func readBars(_ text: some StringProtocol) -> Endpoint? {
    let fields = text.split(separator: "|", omittingEmptySubsequences: false)
    guard fields.count == 5, fields[1] == "1", let address = IPv4Address(fields[2]), let port = UInt16(fields[3]) else {
      return nil
    }
    return Endpoint(address, port)
  }

  /// Reads the endpoint of a `227` reply: the six numbers, with parentheses around them or without.
  static func readPassive(_ line: String) -> Endpoint? {
    let text = line.dropFirst(4)
    let isPart: (Character) -> Bool = { $0 == "," || $0.isNumber }
    guard let start = text.firstIndex(where: { $0.isNumber }) else { return nil }
    return readCommas(text[start...].prefix(while: isPart))
  }
}
