import Translation
import WireFormats

extension Command {
  /// Reads a command from its words. Every keyword may be abbreviated as long as it is the only one that fits, as in
  /// IOS: `sh ip nat tr`.
  package static func parse(_ words: [String]) throws(CommandError) -> Command {
    var words = CommandWords(words)
    let command =
      switch try words.keyword(["show", "clear", "capture"]) {
      case "show": try show(&words)
      case "clear": try clear(&words)
      default: try capture(&words)
      }
    try words.end()
    return command
  }

  private static func show(_ words: inout CommandWords) throws(CommandError) -> Command {
    switch try words.keyword(["ip", "workers", "interfaces", "drops", "neighbors", "running-config"]) {
    case "ip":
      if try words.keyword(["nat", "arp"]) == "arp" { return .showNeighbors }
      switch try words.keyword(["translations", "statistics", "log"]) {
      case "statistics": return .showStatistics
      case "log": return .showExport
      default: return try translations(&words)
      }
    case "workers": return .showWorkers
    case "interfaces": return .showInterfaces
    case "drops":
      guard !words.isAtEnd else { return .showDrops(all: false) }
      try words.expect("all")
      return .showDrops(all: true)
    case "neighbors": return .showNeighbors
    default: return .showRunningConfiguration
    }
  }

  /// The protocols that a listing can be narrowed to.
  private static let protocols: [(name: String, number: IPProtocol)] = [
    ("tcp", .tcp), ("udp", .udp), ("icmp", .icmp), ("gre", IPProtocol(rawValue: 47)), ("esp", IPProtocol(rawValue: 50)),
  ]

  /// What follows `show ip nat translations`, in any order, each word once.
  private static func translations(_ words: inout CommandWords) throws(CommandError) -> Command {
    var filter = TranslationFilter()
    var verbose = false
    var total = false
    while !words.isAtEnd {
      var candidates: [String] = []
      if filter.protocolNumber == nil { candidates += protocols.map(\.name) }
      if filter.inside == nil { candidates.append("inside") }
      if filter.outside == nil { candidates.append("outside") }
      if !verbose { candidates.append("verbose") }
      if !total { candidates.append("total") }
      switch try words.keyword(candidates) {
      case "inside": filter.inside = try words.address()
      case "outside": filter.outside = try words.address()
      case "verbose": verbose = true
      case "total": total = true
      case let name: filter.protocolNumber = protocols.first { $0.name == name }?.number
      }
    }
    return .showTranslations(filter, verbose: verbose, total: total)
  }

  private static func clear(_ words: inout CommandWords) throws(CommandError) -> Command {
    try words.expect("ip")
    try words.expect("nat")
    try words.expect("translation")
    var request = ClearRequest()
    switch try words.keyword(["*", "forced", "inside", "outside", "tcp", "udp", "icmp"]) {
    case "*", "forced": break
    case "inside":
      request.insideGlobal = try words.address().rawValue
      request.insideLocal = try words.address().rawValue
      try skipForced(&words)
    case "outside":
      request.outsideLocal = try words.address().rawValue
      request.outsideGlobal = try words.address().rawValue
      try skipForced(&words)
    case let name:
      request.protocolNumber = protocols.first { $0.name == name }?.number.rawValue
      try endpoints(of: &request, &words)
    }
    return .clearTranslations(request)
  }

  /// `forced` asks that sessions be cleared with their parent, which is done anyway.
  private static func skipForced(_ words: inout CommandWords) throws(CommandError) {
    if !words.isAtEnd { try words.expect("forced") }
  }

  /// `inside GLOBAL PORT LOCAL PORT [outside LOCAL PORT GLOBAL PORT]`.
  private static func endpoints(of request: inout ClearRequest, _ words: inout CommandWords) throws(CommandError) {
    try words.expect("inside")
    request.insideGlobal = try words.address().rawValue
    request.insideGlobalPort = try words.port()
    request.insideLocal = try words.address().rawValue
    request.insideLocalPort = try words.port()
    guard !words.isAtEnd else { return }
    try words.expect("outside")
    request.outsideLocal = try words.address().rawValue
    request.outsideLocalPort = try words.port()
    request.outsideGlobal = try words.address().rawValue
    request.outsideGlobalPort = try words.port()
    if request.protocolNumber == IPProtocol.icmp.rawValue {
      // The identifiers that a listing shows at the outside are those of the inside, which have been named.
      request.outsideLocalPort = nil
      request.outsideGlobalPort = nil
    }
  }

  private static func capture(_ words: inout CommandWords) throws(CommandError) -> Command {
    let name = try words.name("an interface or all")
    var request = CaptureRequest(interface: name == "all" ? nil : name)
    while !words.isAtEnd {
      var candidates: [String] = []
      if request.count == nil { candidates.append("count") }
      if request.seconds == nil { candidates.append("seconds") }
      if try words.keyword(candidates) == "count" {
        request.count = try words.number("a number of frames", in: 1...CaptureRequest.maximum)
      } else {
        request.seconds = try words.number("a number of seconds", in: 1...CaptureRequest.maximum)
      }
    }
    return .capture(request)
  }
}
