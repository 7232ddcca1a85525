import TestSupport
import Testing

@testable import Configuration

@Suite struct BadText {
  @Test func `control characters are refused at their place and not shown`() {
    #expect(
      errors(in: "hostname a\u{0}b")?.rendered() == """
        gw.conf:1:11: error: the control character U+0000 is not allowed here
            hostname a\u{FFFD}b
                      ^
        """)
    #expect(
      errors(in: "hostname gw\rhostname gx")?.errors.map(\.message)
        == ["the control character U+000D is not allowed here"])
    #expect(
      errors(in: "interface a\n description \u{7}bell")?.errors.map(\.message)
        == ["the control character U+0007 is not allowed here"])
    #expect(errors(in: "! \u{1B}[2J in a comment") == nil)
  }

  @Test func `the caret stands under the error behind tabs and beyond ASCII`() {
    #expect(
      errors(in: "\thostname\tgw w")?.rendered()
        == "gw.conf:1:14: error: unexpected 'w'\n    \thostname\tgw w\n    \t        \t   ^\n    expected: end of line")
    #expect(
      errors(in: "interface a\n device tap t\n description äöü\n mtu ü")?.rendered() == """
        gw.conf:4:6: error: 'ü' is not a number
             mtu ü
                 ^
            expected: OCTETS (68-65521)
        """)
  }

  @Test func `of a long line the part around the error is shown`() {
    let line = "hostname " + String(repeating: " ", count: 200) + "-a" + String(repeating: " ", count: 200) + "!"
    #expect(
      errors(in: line)?.rendered()
        == "gw.conf:1:210: error: '-a' is not a host name\n"
        + "    …\(String(repeating: " ", count: 80))-a\(String(repeating: " ", count: 78))…\n"
        + "    \(String(repeating: " ", count: 81))^\n"
        + "    expected: NAME (1 to 63 letters, digits and inner hyphens)")
  }

  @Test func `a long word is quoted in part`() {
    let word = String(repeating: "x", count: 300)
    #expect(errors(in: word)?.errors.first?.message == "unknown statement '\(word.prefix(48))…'")
  }

  @Test func `lines of more than 4096 octets are refused unread`() throws {
    let fits = "! " + String(repeating: "x", count: 4094)
    #expect(errors(in: fits) == nil)
    let error = try #require(errors(in: "hostname gw\n" + fits + "x")?.errors.first)
    #expect(error.message == "the line has more than 4096 octets")
    #expect(error.location == SourceLocation(file: "gw.conf", line: 2, column: 1))
  }

  @Test func `texts of more than 128 MiB are refused unread`() {
    let octets = [UInt8](repeating: UInt8(ascii: "x"), count: 128 << 20)
    #expect(throws: Never.self) { try SourceText(octets) }
    #expect(throws: (any Error).self) { try SourceText(octets + [0x78]) }
    #expect(
      errors(in: String(repeating: "x", count: 200_000_000))?.rendered()
        == "gw.conf: error: the configuration has more than 128 MiB")
  }

  @Test(
    arguments: [
      ([0xFF], "gw.conf:1:1: error: the octet 0xFF is not UTF-8 text\n    \u{FFFD}\n    ^"),
      (
        Array("! ü\r\nhö".utf8) + [0x80],
        "gw.conf:2:3: error: the octet 0x80 is not UTF-8 text\n    hö\u{FFFD}\n      ^"
      ),
      (Array("a\n".utf8) + [0xC3], "gw.conf:2:1: error: the octet 0xC3 is not UTF-8 text\n    \u{FFFD}\n    ^"),
    ] as [([UInt8], String)])
  func `octets that are not UTF-8 are refused at their place`(octets: [UInt8], rendered: String) {
    let error = #expect(throws: ConfigurationErrors.self) { try GatewayConfiguration.parse(octets, file: "gw.conf") }
    #expect(error?.rendered() == rendered)
  }

  @Test func `one thing too many of a kind is refused`() {
    let interfaces = (0...64).map { "interface a\($0)\n device tap t\($0)\n" }.joined()
    #expect(errors(in: interfaces)?.errors.map(\.message) == ["a configuration has at most 64 interfaces"])
    let entries = String(repeating: "access-list 1 permit any\n", count: 4097)
    #expect(errors(in: entries)?.errors.map(\.message) == ["an access list has at most 4096 lines"])
    let instances = (0...64).map { "ip vrf V\($0)\n" }
    #expect(errors(in: instances.joined())?.errors.map(\.message) == ["a configuration has at most 64 VRFs"])
    let timers = (1...65).map { "ip nat translation port-timeout tcp \($0) 60\n" }
    #expect(errors(in: timers.joined())?.errors.map(\.message) == ["a configuration has at most 64 port timeouts"])
    let limits = (1...16).map { "access-list \($0) permit any\nip nat translation max-entries list \($0) 9\n" }
    #expect(errors(in: limits.joined())?.errors.map(\.message) == ["a configuration has at most 15 limits of lists"])
    let collectors = (1...5).map {
      "ip nat log translations flow-export v9 udp destination 192.0.2.\($0) 2055 source out0\n"
    }
    let outside = "interface out0\n device tap t\n ip address 203.0.113.1 255.255.255.0\n"
    #expect(
      errors(in: outside + collectors.joined())?.errors.map(\.message)
        == ["a configuration has at most 4 collectors"])
    let services = (1...1025).map { "ip nat service sip udp port \($0)\n" }
    #expect(errors(in: services.joined())?.errors.map(\.message) == ["a configuration has at most 1024 services"])
    let blocked = (2000...3024).map { "ip nat settings interface-overload block port tcp \($0)\n" }
    #expect(
      errors(in: blocked.joined())?.errors.map(\.message) == ["a configuration has at most 1024 ports of this kind"])
    let matches = (0...1024).map { "route-map RM permit \($0)\n" }
    #expect(errors(in: matches.joined())?.errors.map(\.message) == ["a route map has at most 1024 entries"])
    let text = String(repeating: "x", count: 241)
    #expect(
      errors(in: "access-list 1 remark \(text)")?.errors.map(\.message) == ["the text has more than 240 characters"])
  }

  /// Whatever is done to a valid text, it is either accepted, and then reads back equal, or refused with places that
  /// exist.
  @Test(arguments: [sampleConfiguration, completeConfiguration])
  func `mutated configurations are refused or accepted, never worse`(text: String) throws {
    var random = SeededRandom(seed: 7)
    var accepted = 0
    for _ in 0..<200 {
      let octets = mutated(text, using: &random)
      do {
        let gateway = try GatewayConfiguration.parse(octets, file: "gw.conf")
        #expect(try parse(gateway.render()) == gateway)
        accepted += 1
      } catch let errors as ConfigurationErrors {
        #expect((1...ConfigurationErrors.maximumCount).contains(errors.errors.count))
        let lines = octets.reduce(1) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
        for error in errors.errors {
          #expect((1...lines).contains(error.location.line))
          #expect((1...error.sourceLine.unicodeScalars.count + 1).contains(error.location.column))
          #expect(!error.rendered().utf8.contains(0))
        }
      }
    }
    // Both ways are taken often.
    #expect((20...180).contains(accepted))
  }

  /// Takes out, doubles, swaps and overwrites octets, words and lines.
  private func mutated(_ text: String, using random: inout SeededRandom) -> [UInt8] {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { Array($0.utf8) }
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let index = Int.random(in: 0..<lines.count, using: &random)
      switch Int.random(in: 0...5, using: &random) {
      case 0: lines.remove(at: index)
      case 1: lines.insert(lines[index], at: Int.random(in: 0...lines.count, using: &random))
      case 2: lines.swapAt(index, Int.random(in: 0..<lines.count, using: &random))
      case 3: lines[index] = Array(lines[index].dropLast(Int.random(in: 0...12, using: &random)))
      case 4:
        guard let place = lines[index].indices.randomElement(using: &random) else { continue }
        lines[index][place] = UInt8.random(in: 0...255, using: &random)
      default:
        var words = lines[index].split(separator: UInt8(ascii: " "))
        words.shuffle(using: &random)
        lines[index] = Array(words.joined(separator: [UInt8(ascii: " ")]))
      }
    }
    return Array(lines.joined(separator: [UInt8(ascii: "\n")]))
  }
}
