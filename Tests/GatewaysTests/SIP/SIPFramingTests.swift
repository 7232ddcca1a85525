import TestSupport
import Testing
import Translation

@testable import Gateways

@Suite("Framing of SIP over TCP")
struct SIPFramingTests {
  /// What becomes of a stream that comes in pieces of a size.
  private func frames(_ octets: [UInt8], pieces: Int) -> (messages: [Int], skipped: Int, end: Framing?) {
    var framing = SIPFraming()
    var (messages, skipped, start) = ([] as [Int], 0, 0)
    for end in stride(from: min(pieces, octets.count), through: octets.count, by: pieces)
      + (octets.count % pieces == 0 ? [] : [octets.count])
    {
      reading: while start < end {
        switch framing.frame(octets.span.extracting(start..<end), .outbound) {
        case .message(let count):
          messages.append(count)
          start += count
        case .skip(let count):
          skipped += count
          start += count
        case .incomplete: break reading
        case let other: return (messages, skipped, other)
        }
      }
    }
    return (messages, skipped, nil)
  }

  private static let one = SIPSamples.octets(SIPSamples.invite)

  @Test(arguments: [1, 2, 3, 7, 100, 1460, 100_000])
  func `finds messages whatever the segments are`(_ size: Int) {
    let result = frames(Self.one + [13, 10, 13, 10] + Self.one + Self.one, pieces: size)
    #expect(result.messages == [Self.one.count, Self.one.count, Self.one.count])
    #expect(result.skipped == 4 && result.end == nil)
  }

  @Test func `takes a message without Content-Length for one without body`() {
    let bare = Array("OPTIONS sip:a SIP/2.0\r\nCSeq: 1 OPTIONS\r\n\r\n".utf8)
    #expect(frames(bare + Self.one, pieces: 50).messages == [bare.count, Self.one.count])
  }

  @Test(arguments: ["-999", "x", "5 5", "", "99999999999999999999999", "18446744073709551616", "5\r\nl: 5"])
  func `ends the looking where a length is no number`(_ length: String) {
    let octets = Array("OPTIONS sip:a SIP/2.0\r\nContent-Length: \(length)\r\n\r\nhello".utf8)
    #expect(frames(octets, pieces: 11).end == .stepAside(.malformed))
  }

  /// CVE-2026-23457: the lower 32 bits of this are 32.
  @Test func `takes no octet of a body that is too long for a message`() {
    let head = Array("OPTIONS sip:a SIP/2.0\r\nContent-Length: 4294967328\r\n\r\n".utf8)
    let result = frames(head + Self.one + Self.one, pieces: 700)
    #expect(result.messages == [head.count] && result.skipped == 2 * Self.one.count && result.end == nil)
  }

  @Test func `reads a length that is folded, compact or in odd letters`() {
    for field in ["Content-Length:\r\n 5", "l: 5", "CONTENT-length \t:  5", "L:5"] {
      let octets = Array("OPTIONS sip:a SIP/2.0\r\n\(field)\r\n\r\nhello".utf8)
      #expect(frames(octets, pieces: 1).messages == [octets.count])
    }
  }

  @Test func `gives up where header fields do not end`() {
    let octets = Array("OPTIONS sip:a SIP/2.0\r\nX: ".utf8) + Array(repeating: 0x41, count: 1 << 20)
    #expect(frames(octets, pieces: 1460).end == .stepAside(.tooLarge))
  }

  @Test(
    arguments: [
      "GET / HTTP/1.1\r\n", "POST /x", "\u{16}\u{3}\u{1}", "HELO", "INVITE /", "SIP/1", "REGISTER sip:a HTTP", "a b c",
    ])
  func `knows a stranger as soon as it can be known`(_ text: String) {
    var framing = SIPFraming()
    let octets = Array(text.utf8)
    let result = framing.frame(octets.span, .outbound)
    #expect(result == .stranger || text == "HELO" && result == .incomplete)
  }

  @Test func `steps aside where another protocol follows`() {
    #expect(frames(Self.one + Array("GET / HTTP/1.1\r\n\r\n".utf8), pieces: 400).end == .stepAside(.malformed))
  }

  @Test func `reads a thousand messages of one piece in linear time`() {
    let many = Array((0..<1000).map { _ in Self.one }.joined())
    let clock = ContinuousClock()
    let few = clock.measure {
      #expect(frames(Array(many.prefix(many.count / 10)), pieces: many.count).messages.count == 100)
    }
    let all = clock.measure { #expect(frames(many, pieces: many.count).messages.count == 1000) }
    #expect(all < few * 30 + .milliseconds(20))
  }
}
