/// What has come of SIP messages on a stream (RFC 3261 section 18.3).
struct SIPStream {
  /// No message of a call here is longer; a stream that goes on without an end is not followed.
  private static let longest = 16_384

  private var octets: [UInt8] = []

  /// Takes octets and answers the messages that are whole now.
  mutating func take(_ fresh: [UInt8]) -> [[UInt8]] {
    octets += fresh
    var messages: [[UInt8]] = []
    while let length = Self.length(octets), length <= octets.count {
      messages.append(Array(octets.prefix(length)))
      octets.removeFirst(length)
    }
    if octets.count > Self.longest { octets = [] }
    return messages
  }

  /// How long the first message is, by its Content-Length; nil while its header fields are not whole.
  private static func length(_ octets: [UInt8]) -> Int? {
    var offset = 0
    var body = 0
    for line in octets.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast() {
      offset += line.count + 1
      if line.starts(with: "Content-Length:".utf8) {
        let digits = line.dropFirst(15).filter { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        body = min(Int(String(decoding: digits.prefix(9), as: UTF8.self)) ?? 0, longest)
      }
      if line.elementsEqual("\r".utf8) { return offset + body }
    }
    return nil
  }
}
