import Translation
import WireFormats

extension Command {
  /// What follows `show ip nat translations`, in any order, each word once.
  static func translations(_ words: inout CommandWords) throws(CommandError) -> Command {
    var query = TranslationQuery()
    while !words.isAtEnd {
      switch try words.keyword(candidates(after: query)) {
      case "inside": query.filter.inside = try side(&words, isInside: true)
      case "outside": query.filter.outside = try side(&words, isInside: false)
      case "vrf": query.vrf = try words.name("a VRF")
      case "verbose": query.verbose = true
      case "total": query.total = true
      case "filter": query.filter.range = try range(&words)
      case "pptp": query.filter.isPPTP = true
      case let name: query.filter.protocolNumber = protocols.first { $0.name == name }?.number
      }
    }
    return .showTranslations(query)
  }

  /// The words that have not been said yet.
  private static func candidates(after query: TranslationQuery) -> [String] {
    var candidates: [String] = []
    if query.filter.protocolNumber == nil, !query.filter.isPPTP { candidates += protocols.map(\.name) + ["pptp"] }
    if query.filter.inside == nil { candidates.append("inside") }
    if query.filter.outside == nil { candidates.append("outside") }
    if query.vrf == nil { candidates.append("vrf") }
    if !query.verbose { candidates.append("verbose") }
    if !query.total { candidates.append("total") }
    if query.filter.range == nil { candidates.append("filter") }
    return candidates
  }

  /// `inside [A | GLOBAL LOCAL]` and `outside [A | LOCAL GLOBAL]`.
  private static func side(
    _ words: inout CommandWords, isInside: Bool
  ) throws(CommandError) -> TranslationFilter.SideFilter {
    guard words.isAtAddress else { return .translated }
    let first = try words.address()
    guard words.isAtAddress else { return .either(first) }
    let second = try words.address()
    return isInside ? .both(local: second, global: first) : .both(local: first, global: second)
  }

  /// `range {inside|outside} {global|local} A B`.
  private static func range(_ words: inout CommandWords) throws(CommandError) -> TranslationFilter.AddressRange {
    try words.expect("range")
    let isInside = try words.keyword(["inside", "outside"]) == "inside"
    let isGlobal = try words.keyword(["global", "local"]) == "global"
    let first = try words.address()
    let last = try words.address(notBefore: first)
    return TranslationFilter.AddressRange(isInside: isInside, isGlobal: isGlobal, addresses: first...last)
  }
}
