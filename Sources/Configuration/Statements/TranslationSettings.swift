import Translation
import WireFormats

/// The idle times that `ip nat translation` sets.
enum TranslationTimer: String, CaseIterable, Sendable {
  case simple = "timeout"
  case tcp = "tcp-timeout"
  case syn = "syn-timeout"
  case finRst = "finrst-timeout"
  case halfClosed = "half-closed-timeout"
  case udp = "udp-timeout"
  case dns = "dns-timeout"
  case icmp = "icmp-timeout"
  case pptp = "pptp-timeout"
  case esp = "esp-timeout"
  case routeMapEntry = "routemap-entry-timeout"

  var field: WritableKeyPath<Timeouts, UInt32> {
    switch self {
    case .simple: \.simple
    case .tcp: \.tcp
    case .syn: \.syn
    case .finRst: \.finRst
    case .halfClosed: \.halfClosed
    case .udp: \.udp
    case .dns: \.dns
    case .icmp: \.icmp
    case .pptp: \.pptp
    case .esp: \.esp
    case .routeMapEntry: \.routeMapEntry
    }
  }
}

/// What else it sets.
private enum OtherSetting: String, CaseIterable {
  case portTimeout = "port-timeout"
  case maximumEntries = "max-entries"
  case newSessions = "new-sessions-per-second"
}

private let noARPPing: Refusals = [
  "arp-ping-timeout": "a pool's addresses are not asked for by ARP before they are given out"
]

private enum Never: String, KeywordSet {
  case never
}

/// `ip nat translation {TIMER {SECONDS|never} | port-timeout … | max-entries … | new-sessions-per-second N}`.
@Sendable func readTranslationSetting(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let word = try reader.keyword(
    among: TranslationTimer.allCases.map(\.rawValue) + OtherSetting.allCases.map(\.rawValue), unsupported: noARPPing)
  if let timer = TranslationTimer(rawValue: word) {
    let time = reader.isBareNegation ? nil : try idleTime(&reader)
    let result = reader.isNegated ? nil : time
    return { $0.timers[timer] = result }
  }
  switch OtherSetting(rawValue: word) {
  case .portTimeout: return try portTimeout(&reader)
  case .maximumEntries: return try maximumEntries(&reader)
  case .newSessions: return try newSessions(&reader)
  case nil: preconditionFailure("a keyword without a case")
  }
}

private func idleTime(_ reader: inout StatementReader) throws(Diagnostic) -> UInt32 {
  if reader.nextBeginsWithDigit { return try reader.number("SECONDS", in: 0...Timeouts.maximum).value }
  _ = try reader.keyword(Never.self, or: ["SECONDS (0-\(Timeouts.maximum))"])
  return Timeouts.never
}

/// TCP or UDP, where nothing else has ports.
enum PortTransport: String, KeywordSet {
  case tcp
  case udp

  var number: IPProtocol { self == .tcp ? .tcp : .udp }
}

/// `port-timeout {tcp|udp} PORT {SECONDS|never}`.
private func portTimeout(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let transport = try reader.keyword(PortTransport.self).number
  let port = try reader.number("PORT", in: allPorts)
  let time = reader.isBareNegation ? nil : try idleTime(&reader)
  let result = reader.isNegated ? nil : time
  return { (draft) throws(Diagnostic) in
    let index = draft.portTimers.firstIndex { $0.transport == transport && $0.port == port.value }
    guard let result else {
      if let index { draft.portTimers.remove(at: index) }
      return
    }
    if let index {
      draft.portTimers[index].time = result
    } else {
      guard draft.portTimers.count < Timeouts.maximumPorts else {
        throw Draft.tooMany("port timeouts", Timeouts.maximumPorts, at: port.place)
      }
      draft.portTimers.append(Timeouts.PortTimeout(transport: transport, port: port.value, time: result))
    }
  }
}

/// `new-sessions-per-second N`, of each inside host.
private func newSessions(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let rate = reader.isBareNegation ? nil : try reader.number("N", in: 1...1_000_000).value
  let result = reader.isNegated ? nil : rate
  return { $0.limits.newSessionsPerSecond = result }
}

/// Whose entries a limit is about.
private enum LimitScope: String, KeywordSet {
  case host
  case allHost = "all-host"
  case vrf
  case allVRF = "all-vrf"
  case list
  static var unsupported: Refusals { ["redundancy": UnsupportedStatements.noRedundancy] }
}

/// `max-entries {N | host ADDRESS N | all-host N | vrf NAME N | all-vrf N | list LIST N}`.
private func maximumEntries(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let range = 1...ShardLayout.maximumSessions
  if reader.isBareNegation { return { $0.limits.total = nil } }
  if reader.nextBeginsWithDigit || reader.atEnd {
    let entries = try reader.number("N", in: range).value
    let result = reader.isNegated ? nil : entries
    return { $0.limits.total = result }
  }
  switch try reader.keyword(LimitScope.self, or: ["N (\(range.lowerBound)-\(range.upperBound))"]) {
  case .allHost:
    let limit = try limit(&reader)?.value
    return { $0.limits.allHosts = limit }
  case .allVRF:
    let limit = try limit(&reader)?.value
    return { $0.limits.allInstances = limit }
  case .host:
    let host = try reader.hostAddress("ADDRESS")
    let limit = try limit(&reader)?.value
    return { (draft) throws(Diagnostic) in
      if limit != nil, draft.limits.hosts[host.value] == nil, draft.limits.hosts.count == Draft.maximumLimitedHosts {
        throw Draft.tooMany("limits of hosts", Draft.maximumLimitedHosts, at: host.place)
      }
      draft.limits.hosts[host.value] = limit
    }
  case .vrf:
    let name = try reader.name("VRF")
    let limit = try limit(&reader).map { Located(value: $0.value, place: name.place) }
    return { $0.limits.instances[name.value] = limit }
  case .list:
    let list = try accessListName(&reader, allowingNames: true)
    return limiting(list, to: try limit(&reader)?.value)
  }
}

/// The number of a limit; nil after `no`.
private func limit(_ reader: inout StatementReader) throws(Diagnostic) -> Located<Int>? {
  if reader.isBareNegation { return nil }
  let limit = try reader.number("N", in: 1...2_147_483_647)
  return reader.isNegated ? nil : limit
}

private func limiting(_ list: Located<String>, to limit: Int?) -> Statement.Effect {
  { (draft) throws(Diagnostic) in
    let index = draft.limits.lists.firstIndex { $0.accessList.value == list.value }
    guard let limit else {
      if let index { draft.limits.lists.remove(at: index) }
      return
    }
    if let index {
      draft.limits.lists[index].maximum = limit
    } else {
      guard draft.limits.lists.count < EntryLimits.maximumLists else {
        throw Draft.tooMany("limits of lists", EntryLimits.maximumLists, at: list.place)
      }
      draft.limits.lists.append(LimitsDraft.ListLimit(accessList: list, maximum: limit))
    }
  }
}
