import Translation

/// What `ip nat translation` sets.
private enum TranslationSetting: String, KeywordSet {
  case simple = "timeout"
  case tcp = "tcp-timeout"
  case syn = "syn-timeout"
  case finRst = "finrst-timeout"
  case udp = "udp-timeout"
  case dns = "dns-timeout"
  case icmp = "icmp-timeout"
  case maximumEntries = "max-entries"

  static var unsupported: [String] {
    ["port-timeout", "pptp-timeout", "routemap-entry-timeout", "arp-ping-timeout"]
  }

  /// The field of a timeout; nil for `max-entries`.
  var timeout: WritableKeyPath<Timeouts, UInt32>? {
    switch self {
    case .simple: \.simple
    case .tcp: \.tcp
    case .syn: \.syn
    case .finRst: \.finRst
    case .udp: \.udp
    case .dns: \.dns
    case .icmp: \.icmp
    case .maximumEntries: nil
    }
  }
}

private enum Never: String, KeywordSet {
  case never
}

/// `ip nat translation {timeout|tcp-timeout|…} {SECONDS|never}` and `ip nat translation max-entries N`.
@Sendable func readTranslationSetting(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let setting = try reader.keyword(TranslationSetting.self)
  guard let field = setting.timeout else { return try maximumEntries(&reader) }
  let standard = Timeouts()[keyPath: field]
  if reader.isBareNegation { return { $0.timeouts[keyPath: field] = standard } }
  let seconds: UInt32
  if reader.nextBeginsWithDigit {
    seconds = try reader.number("SECONDS", in: 0...Timeouts.maximum).value
  } else {
    _ = try reader.keyword(Never.self, or: ["SECONDS (0-\(Timeouts.maximum))"])
    seconds = Timeouts.never
  }
  let result = reader.isNegated ? standard : seconds
  return { $0.timeouts[keyPath: field] = result }
}

/// The limits that IOS has beside the one for the whole gateway.
private let partialLimits = ["all-host", "all-vrf", "host", "list", "redundancy", "vrf"]

private func maximumEntries(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let standard = TranslationConfiguration.defaultMaximumEntries
  if reader.isBareNegation { return { $0.maximumEntries = standard } }
  let range = 1...ShardLayout.maximumSessions
  if !reader.nextBeginsWithDigit, !reader.atEnd {
    _ = try reader.keyword(
      among: [], unsupported: partialLimits, or: ["N (\(range.lowerBound)-\(range.upperBound))"])
  }
  let entries = try reader.number("N", in: range).value
  let result = reader.isNegated ? standard : entries
  return { $0.maximumEntries = result }
}
