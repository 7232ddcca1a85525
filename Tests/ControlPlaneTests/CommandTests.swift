import Testing
import Translation
import WireFormats

@testable import ControlPlane

@Suite struct `The words of a command` {
  private func parse(_ text: String) throws -> Command {
    try Command.parse(text.split(separator: " ").map(String.init))
  }

  private func message(_ text: String) -> String {
    do {
      return "\(try parse(text))"
    } catch let error as CommandError {
      return error.rendered
    } catch {
      return "\(error)"
    }
  }

  @Test(arguments: [
    ("show ip nat translations", Command.showTranslations(TranslationFilter(), verbose: false, total: false)),
    ("sh ip nat tr", .showTranslations(TranslationFilter(), verbose: false, total: false)),
    ("SHOW IP NAT TRANSLATIONS VERBOSE", .showTranslations(TranslationFilter(), verbose: true, total: false)),
    ("sh ip n t tot v", .showTranslations(TranslationFilter(), verbose: true, total: true)),
    ("sh ip nat stat", .showStatistics), ("show workers", .showWorkers), ("sh int", .showInterfaces),
    ("show drops", .showDrops(all: false)), ("show drops all", .showDrops(all: true)),
    ("sh run", .showRunningConfiguration), ("sh ip arp", .showNeighbors), ("show neighbors", .showNeighbors),
    ("clear ip nat translation *", .clearTranslations(ClearRequest())),
    ("cl ip nat trans forced", .clearTranslations(ClearRequest())),
    ("capture inside0", .capture(CaptureRequest(interface: "inside0"))),
    ("capture all seconds 3 count 5", .capture(CaptureRequest(interface: nil, count: 5, seconds: 3))),
  ])
  func `stand for a command, abbreviated or not`(text: String, command: Command) throws {
    #expect(try parse(text) == command)
  }

  @Test func `narrow a listing by protocol and address`() throws {
    let filter = TranslationFilter(
      protocolNumber: .udp, inside: IPv4Address("10.10.10.10"), outside: IPv4Address("203.0.113.10"))
    let command = Command.showTranslations(filter, verbose: false, total: false)
    #expect(try parse("show ip nat translations udp inside 10.10.10.10 outside 203.0.113.10") == command)
    #expect(try parse("sh ip nat tr o 203.0.113.10 in 10.10.10.10 ud") == command)
  }

  @Test func `name one translation to clear`() throws {
    var request = ClearRequest()
    request.insideGlobal = IPv4Address("203.0.113.100")?.rawValue
    request.insideLocal = IPv4Address("10.10.10.10")?.rawValue
    #expect(try parse("clear ip nat translation inside 203.0.113.100 10.10.10.10") == .clearTranslations(request))
    #expect(
      try parse("clear ip nat translation inside 203.0.113.100 10.10.10.10 forced") == .clearTranslations(request))
    request.protocolNumber = 6
    request.insideGlobalPort = 1024
    request.insideLocalPort = 40000
    let inside = "clear ip nat translation tcp inside 203.0.113.100 1024 10.10.10.10 40000"
    #expect(try parse(inside) == .clearTranslations(request))
    request.outsideLocal = IPv4Address("203.0.113.10")?.rawValue
    request.outsideLocalPort = 80
    request.outsideGlobal = IPv4Address("203.0.113.10")?.rawValue
    request.outsideGlobalPort = 81
    #expect(try parse(inside + " outside 203.0.113.10 80 203.0.113.10 81") == .clearTranslations(request))
  }

  @Test(arguments: [
    ("", 0, "Incomplete command; expected show, clear or capture"),
    ("show ip nat", 12, "Incomplete command; expected translations, statistics or log"),
    ("show ip nat trx", 12, "Invalid input; expected translations, statistics or log"),
    ("c", 0, "Ambiguous command; expected clear or capture"),
    ("sh ip nat tr i 10.0.0.1", 13, "Ambiguous command; expected icmp or inside"),
    ("show drops none", 11, "Invalid input; expected all"),
    ("show workers now", 13, "Invalid input; expected the end of the command"),
    ("show ip nat translations inside 10.0.0.256", 32, "Invalid input; expected an IPv4 address"),
    (
      "clear ip nat translation tcp inside 10.0.0.1 65536", 45, "Invalid input; expected a port from 0 to 65535"
    ),
    (
      "clear ip nat translation", 25,
      "Incomplete command; expected *, forced, inside, outside, tcp, udp or icmp"
    ),
    ("capture", 8, "Incomplete command; expected an interface or all"),
    ("capture all count 0", 18, "Invalid input; expected a number of frames from 1 to 1000000000"),
  ])
  func `say where they are wrong and what was expected`(text: String, caret: Int, problem: String) {
    #expect(message(text) == "\(problem)\n    \(text)\n    \(String(repeating: " ", count: caret))^")
  }

  @Test func `may be of any kind without harm`() {
    var generator = SeededGenerator(seed: 1)
    let vocabulary = [
      "show", "ip", "nat", "tr", "clear", "*", "tcp", "inside", "10.0.0.1", "99999999999999999999", "", "\u{0}", "é",
      "capture", "count", "-1", "+5", "all", "verbose", "total", "forced", "outside", "٣",
    ]
    for _ in 0..<20_000 {
      let words = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
        vocabulary.randomElement(using: &generator)!
      }
      do {
        _ = try Command.parse(words)
      } catch {
        #expect(error.position <= words.count)
        #expect(error.rendered.contains("^"))
      }
    }
  }
}
