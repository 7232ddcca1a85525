import TestSupport
import Testing
import Translation
import WireFormats

@testable import ControlPlane

@Suite struct `The words of a command` {
  private func parse(_ text: String) throws -> Command {
    try Command.parse(text.split(separator: " ").map(String.init))
  }

  private static let natWords =
    "translations, statistics, limits, pool, bpa, services, log, doors, gateways, redundancy or nvi"

  private func message(_ text: String) -> String {
    do {
      return "\(try parse(text))"
    } catch let error as CommandError {
      return error.rendered
    } catch {
      return "\(error)"
    }
  }

  private static func query(_ change: (inout TranslationQuery) -> Void = { _ in }) -> Command {
    var query = TranslationQuery()
    change(&query)
    return .showTranslations(query)
  }

  private static func clearing(vrf: String? = nil, _ change: (inout ClearRequest) -> Void = { _ in }) -> Command {
    var request = ClearRequest()
    change(&request)
    return .clearTranslations(request, vrf: vrf)
  }

  @Test(arguments: [
    ("show ip nat translations", query()), ("sh ip nat tr", query()),
    ("SHOW IP NAT TRANSLATIONS VERBOSE", query { $0.verbose = true }),
    ("sh ip n t tot verb", query { ($0.verbose, $0.total) = (true, true) }),
    ("sh ip nat tr vrf Red", query { $0.vrf = "Red" }), ("sh ip nat tr pptp", query { $0.filter.isPPTP = true }),
    ("sh ip nat tr inside", query { $0.filter.inside = .translated }),
    ("sh ip nat tr outside total", query { ($0.filter.outside, $0.total) = (.translated, true) }),
    ("sh ip nat stat", .showStatistics), ("show workers", .showWorkers), ("sh int", .showInterfaces),
    ("sh ip nat lim all-h", .showLimits(.allHosts)), ("sh ip nat lim all-v", .showLimits(.allInstances)),
    ("sh ip nat limits host 10.0.0.1", .showLimits(.host(IPv4Address("10.0.0.1")!))),
    ("sh ip nat limits vrf RED", .showLimits(.instance("RED"))), ("sh ip nat pool name P", .showPool("P")),
    ("sh ip nat bpa", .showPortBlocks), ("sh ip nat serv", .showServices),
    ("sh ip nat log", .showExport), ("sh ip virt", .showReassembly(interface: nil)),
    ("sh ip virtual-reassembly inside0", .showReassembly(interface: "inside0")),
    ("show drops", .showDrops(all: false)), ("show drops all", .showDrops(all: true)),
    ("sh run", .showRunningConfiguration), ("sh ip arp", .showNeighbors), ("show neighbors", .showNeighbors),
    ("clear ip nat translation *", clearing()), ("cl ip nat trans forced", clearing()),
    ("clear ip nat statistics", .clearStatistics), ("reload", .reload), ("r", .reload),
    ("capture inside0", .capture(CaptureRequest(interface: "inside0"))),
    ("capture all seconds 3 count 5", .capture(CaptureRequest(interface: nil, count: 5, seconds: 3))),
  ])
  func `stand for a command, abbreviated or not`(text: String, command: Command) throws {
    #expect(try parse(text) == command)
  }

  @Test func `narrow a listing by protocol and address`() throws {
    let (alice, global) = (IPv4Address("10.10.10.10")!, IPv4Address("203.0.113.100")!)
    let (carol, local) = (IPv4Address("203.0.113.10")!, IPv4Address("10.99.0.10")!)
    let either = Self.query {
      $0.filter = TranslationFilter(protocolNumber: .udp, inside: .either(alice), outside: .either(carol))
    }
    #expect(try parse("show ip nat translations udp inside 10.10.10.10 outside 203.0.113.10") == either)
    #expect(try parse("sh ip nat tr o 203.0.113.10 in 10.10.10.10 ud") == either)
    let both = Self.query {
      $0.filter = TranslationFilter(
        inside: .both(local: alice, global: global), outside: .both(local: local, global: carol))
    }
    #expect(try parse("sh ip nat tr inside \(global) \(alice) outside \(local) \(carol)") == both)
    let range = Self.query {
      $0.filter.range = .init(isInside: false, isGlobal: true, addresses: carol...global)
      $0.total = true
    }
    #expect(try parse("sh ip nat tr filter range outside global \(carol) \(global) total") == range)
  }

  @Test func `name one translation to clear`() throws {
    func raw(_ text: String) -> UInt32? { IPv4Address(text)?.rawValue }
    let bob = Self.clearing {
      ($0.insideGlobal, $0.insideLocal, $0.sparesSessions) = (raw("203.0.113.100"), raw("10.10.10.10"), true)
    }
    #expect(try parse("clear ip nat translation inside 203.0.113.100 10.10.10.10") == bob)
    var request = ClearRequest()
    (request.insideGlobal, request.insideLocal) = (raw("203.0.113.100"), raw("10.10.10.10"))
    let forced = "inside 203.0.113.100 10.10.10.10 forced"
    #expect(try parse("clear ip nat translation " + forced) == .clearTranslations(request, vrf: nil))
    #expect(try parse("clear ip nat translation vrf RED " + forced) == .clearTranslations(request, vrf: "RED"))
    let outside = Self.clearing {
      ($0.outsideLocal, $0.outsideGlobal, $0.sparesSessions) = (raw("10.99.0.10"), raw("203.0.113.10"), true)
    }
    #expect(try parse("clear ip nat translation outside 10.99.0.10 203.0.113.10") == outside)
    request.protocolNumber = 50
    #expect(
      try parse("clear ip nat translation esp inside 203.0.113.100 10.10.10.10")
        == .clearTranslations(request, vrf: nil))
    request.protocolNumber = 6
    request.insideGlobalPort = 1024
    request.insideLocalPort = 40000
    let inside = "clear ip nat translation tcp inside 203.0.113.100 1024 10.10.10.10 40000"
    #expect(try parse(inside) == .clearTranslations(request, vrf: nil))
    request.outsideLocal = raw("203.0.113.10")
    request.outsideLocalPort = 80
    request.outsideGlobal = raw("203.0.113.10")
    request.outsideGlobalPort = 81
    #expect(
      try parse(inside + " outside 203.0.113.10 80 203.0.113.10 81") == .clearTranslations(request, vrf: nil))
  }

  @Test(arguments: [
    ("show ip nat redundancy 1", "there are no redundancy groups"),
    ("show ip nat nvi translations", "there is no NAT virtual interface"),
    ("clear ip nat translation redundancy 1 *", "there are no redundancy groups"),
    ("clear ip nat translation piggyback-internal inside", "there are no piggyback entries"),
  ])
  func `for what Sallyport does not have are refused with a sentence`(text: String, sentence: String) async throws {
    let sink = try await answer(text, from: StubGateway())
    guard case .error(let refusal) = sink.all.first else {
      Issue.record("no error")
      return
    }
    #expect(refusal.hasPrefix(sentence))
  }

  @Test(arguments: [
    ("", 0, "Incomplete command; expected show, clear, reload, capture or trace"),
    ("show ip nat", 12, "Incomplete command; expected \(natWords)"),
    ("show ip nat trx", 12, "Invalid input; expected \(natWords)"),
    (
      "sh ip nat tr filter range inside global 10.0.0.9 10.0.0.8", 49,
      "Invalid input; expected an IPv4 address that is not below 10.0.0.9"
    ),
    ("sh ip nat tr v", 13, "Ambiguous command; expected vrf or verbose"),
    ("clear ip nat translation vrf RED tcp", 33, "Invalid input; expected inside or outside"),
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
      "Incomplete command; expected *, forced, vrf, inside, outside, tcp, udp, icmp, gre, esp, "
        + "piggyback-internal or redundancy"
    ),
    ("capture", 8, "Incomplete command; expected an interface or all"),
    ("capture all count 0", 18, "Invalid input; expected a number of frames from 1 to 1000000000"),
  ])
  func `say where they are wrong and what was expected`(text: String, caret: Int, problem: String) {
    #expect(message(text) == "\(problem)\n    \(text)\n    \(String(repeating: " ", count: caret))^")
  }

  @Test func `may be of any kind without harm`() {
    var generator = SeededRandom(seed: 1)
    let vocabulary = [
      "show", "ip", "nat", "tr", "clear", "*", "tcp", "inside", "10.0.0.1", "99999999999999999999", "", "\u{0}", "é",
      "capture", "count", "-1", "+5", "all", "verbose", "total", "forced", "outside", "٣", "vrf",
      "filter", "range", "local", "limits", "pool", "esp",
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
