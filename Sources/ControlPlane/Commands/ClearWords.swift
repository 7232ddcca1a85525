import Translation
import WireFormats

extension Command {
  /// What follows `clear`.
  static func clear(_ words: inout CommandWords) throws(CommandError) -> Command {
    try words.expect("ip")
    try words.expect("nat")
    if try words.keyword(["translation", "statistics"]) == "statistics" { return .clearStatistics }
    let sides = ["inside", "outside"]
    let others = ["*", "forced", "vrf"] + protocols.map(\.name) + ["piggyback-internal", "redundancy"]
    switch try words.keyword(Array(others.prefix(3)) + sides + others.dropFirst(3)) {
    case "*", "forced": return .clearTranslations(ClearRequest(), vrf: nil)
    case "vrf":
      let name = try words.name("a VRF")
      return .clearTranslations(try hosts(words.keyword(sides), &words), vrf: name)
    case "piggyback-internal":
      words.skipRest()
      return .unavailable("there are no piggyback entries: every entry is in the workers' tables")
    case "redundancy":
      words.skipRest()
      return .unavailable("there are no redundancy groups")
    case let side where sides.contains(side): return .clearTranslations(try hosts(side, &words), vrf: nil)
    case let name:
      let number = protocols.first { $0.name == name }?.number ?? .tcp
      return .clearTranslations(try entry(of: number, &words), vrf: nil)
    }
  }

  /// `inside GLOBAL LOCAL [forced]` and `outside LOCAL GLOBAL [forced]`: without `forced` sessions stay.
  private static func hosts(_ side: String, _ words: inout CommandWords) throws(CommandError) -> ClearRequest {
    var request = ClearRequest()
    let first = try words.address().rawValue
    let second = try words.address().rawValue
    if side == "inside" {
      (request.insideGlobal, request.insideLocal) = (first, second)
    } else {
      (request.outsideLocal, request.outsideGlobal) = (first, second)
    }
    request.sparesSessions = words.isAtEnd
    if !words.isAtEnd { try words.expect("forced") }
    return request
  }

  /// `inside GLOBAL [PORT] LOCAL [PORT] [outside LOCAL [PORT] GLOBAL [PORT]]`: the ports, or query identifiers, of
  /// protocols that have them.
  private static func entry(
    of number: IPProtocol, _ words: inout CommandWords
  ) throws(CommandError) -> ClearRequest {
    let hasPorts = [.tcp, .udp, .icmp].contains(number)
    var request = ClearRequest()
    request.protocolNumber = number.rawValue
    try words.expect("inside")
    request.insideGlobal = try words.address().rawValue
    if hasPorts { request.insideGlobalPort = try words.port() }
    request.insideLocal = try words.address().rawValue
    if hasPorts { request.insideLocalPort = try words.port() }
    guard !words.isAtEnd else { return request }
    try words.expect("outside")
    request.outsideLocal = try words.address().rawValue
    if hasPorts { request.outsideLocalPort = try words.port() }
    request.outsideGlobal = try words.address().rawValue
    if hasPorts { request.outsideGlobalPort = try words.port() }
    if number == .icmp {
      // The identifiers that a listing shows at the outside are those of the inside, which have been named.
      request.outsideLocalPort = nil
      request.outsideGlobalPort = nil
    }
    return request
  }
}
