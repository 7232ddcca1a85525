package import Translation
package import WireFormats

/// What a client of the control socket can ask for.
package enum Command: Hashable, Sendable {
  /// `show ip nat translations …`.
  case showTranslations(TranslationQuery)
  /// `show ip nat statistics`.
  case showStatistics
  /// `show ip nat limits …`.
  case showLimits(LimitQuery)
  /// `show ip nat pool name P`.
  case showPool(String)
  /// `show ip nat bpa`.
  case showPortBlocks
  /// `show ip nat services`.
  case showServices
  /// `show ip nat doors [vrf V]`.
  case showDoors(vrf: String?)
  /// `show ip nat gateways [NAME]`.
  case showGateways(String?)
  /// `show ip nat gateways NAME calls`.
  case showCalls(String)
  /// `show vtcp`.
  case showConnections
  /// `trace [gateway NAME] [host ADDRESS] [count N] [seconds S]`.
  case trace(TraceRequest)
  /// `show ip virtual-reassembly [IF]`.
  case showReassembly(interface: String?)
  /// `show ip nat log`.
  case showExport
  /// `show workers`.
  case showWorkers
  /// `show interfaces`.
  case showInterfaces
  /// `show drops [all]`: with `all` also the reasons that never occurred.
  case showDrops(all: Bool)
  /// `show running-config`.
  case showRunningConfiguration
  /// `show neighbors`, `show ip arp`.
  case showNeighbors
  /// `show ipv6 neighbors`.
  case showIPv6Neighbors
  /// `show ipv6 interface [brief]`.
  case showIPv6Interfaces
  /// `show ipv6 route`.
  case showIPv6Routes
  /// `clear ip nat translation …`; `vrf` is the name of the inside hosts' instance.
  case clearTranslations(ClearRequest, vrf: String?)
  /// `clear ip nat statistics`.
  case clearStatistics
  /// `reload`.
  case reload
  /// `capture {INTERFACE | all} [count N] [seconds S]`.
  case capture(CaptureRequest)
  /// A command of IOS for something that Sallyport does not have, with the sentence that says why.
  case unavailable(String)
}

/// What `show ip nat translations` shows, and how.
package struct TranslationQuery: Hashable, Sendable {
  package var filter = TranslationFilter()
  /// The instance's name; nil for every instance.
  package var vrf: String?
  /// Whether each row has its details.
  package var verbose = false
  /// Whether only the number of rows is shown.
  package var total = false

  package init() {}
}

/// Whose limits `show ip nat limits` shows.
package enum LimitQuery: Hashable, Sendable {
  case allHosts
  case allInstances
  case host(IPv4Address)
  /// An instance, by its name.
  case instance(String)
}

/// What to capture, and for how long.
package struct CaptureRequest: Hashable, Sendable {
  /// Frames and seconds that a request may name.
  package static let maximum = 1_000_000_000

  /// An interface's name; nil for every interface.
  package var interface: String?
  /// Frames after which the capture ends; nil for no limit.
  package var count: Int?
  /// Seconds after which the capture ends; nil for no limit.
  package var seconds: Int?

  package init(interface: String?, count: Int? = nil, seconds: Int? = nil) {
    self.interface = interface
    self.count = count
    self.seconds = seconds
  }
}

/// What of the gateways' doings to tell, and for how long.
package struct TraceRequest: Hashable, Sendable {
  /// A gateway's name; nil for every gateway.
  package var gateway: String?
  /// A host, by any of its addresses; nil for every host.
  package var host: TracedHost?
  /// Messages after which the trace ends; nil for no limit.
  package var count: Int?
  /// Seconds after which the trace ends; nil for no limit.
  package var seconds: Int?

  package init() {}
}

/// A host that a trace is about.
package enum TracedHost: Hashable, Sendable {
  case ipv4(IPv4Address)
  case ipv6(IPv6Address)
}

/// Why words are not a command.
package struct CommandError: Error, Hashable, Sendable {
  package var words: [String]
  /// The word that is wrong; the number of words for one that is missing.
  package var position: Int
  /// What is wrong, in the words that IOS uses: `Invalid input`, `Ambiguous command`, `Incomplete command`.
  package var problem: String
  /// What could stand there instead.
  package var expected: [String]

  /// What is wrong and what was expected, then the command with a caret under the word.
  package var rendered: String {
    let before = words.prefix(position).reduce(0) { $0 + $1.count + 1 }
    return problem + (expected.isEmpty ? "" : "; expected " + Self.list(expected))
      + "\n    " + words.joined(separator: " ") + "\n    " + String(repeating: " ", count: before) + "^"
  }

  private static func list(_ words: [String]) -> String {
    guard let last = words.last, words.count > 1 else { return words.first ?? "" }
    return words.dropLast().joined(separator: ", ") + " or " + last
  }
}
