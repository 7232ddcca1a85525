import Forwarding
import Translation
import WireFormats

/// What limits allow and how much of it is used: `show ip nat limits`, and the limits in `show ip nat statistics`.
struct LimitListing {
  /// One limit with its use.
  struct Row {
    /// Whom it is about, as the first column shows it.
    var name: String
    var maximum: Int
    var used: Int
    var missed: UInt64
  }

  private let use: [LimitSubject: LimitUse]
  private let configuration: TranslationConfiguration

  init(_ use: [LimitSubject: LimitUse], of configuration: TranslationConfiguration) {
    self.use = use
    self.configuration = configuration
  }

  private var limits: EntryLimits { configuration.limits }

  private func row(_ name: String, _ maximum: Int, _ subject: LimitSubject) -> Row {
    Row(name: name, maximum: maximum, used: use[subject]?.used ?? 0, missed: use[subject]?.missed ?? 0)
  }

  // MARK: Hosts

  /// The hosts that have a limit and sessions, or were refused one, and those that the configuration names; by instance
  /// and address. Needs a use that counts hosts.
  func hosts(_ address: IPv4Address? = nil) -> [Row] {
    var hosts: Set<LimitSubject.Host> = []
    for case .host(let host) in use.keys { hosts.insert(host) }
    let seen = Set(hosts.map(\.address))
    for named in limits.hosts.keys where !seen.contains(named) { hosts.insert(LimitSubject.Host(named)) }
    if let address {
      if !seen.contains(address) { hosts.insert(LimitSubject.Host(address)) }
      hosts = hosts.filter { $0.address == address }
    }
    let ordered = hosts.sorted { ($0.instance.rawValue, $0.address) < ($1.instance.rawValue, $1.address) }
    return ordered.compactMap { host in
      guard let maximum = limits.hosts[host.address] ?? limits.allHosts else { return nil }
      let vrf = host.instance == .global ? "" : "%" + name(of: host.instance)
      return row("\(host.address)\(vrf)", maximum, .host(host))
    }
  }

  // MARK: Instances

  /// The instances that have a limit, in the order of their numbers.
  func instances(_ only: RoutingInstance? = nil) -> [Row] {
    configuration.instanceNames.indices.compactMap { number in
      let instance = RoutingInstance(rawValue: UInt16(number))
      guard only == nil || only == instance else { return nil }
      let forAll = instance == .global ? nil : limits.allInstances
      guard let maximum = limits.instances[instance] ?? forAll else { return nil }
      return row(name(of: instance), maximum, .instance(instance))
    }
  }

  private func name(of instance: RoutingInstance) -> String {
    let names = configuration.instanceNames
    let number = Int(instance.rawValue)
    guard number > 0 else { return "global" }
    return names.indices.contains(number) ? names[number] : "\(number)"
  }

  // MARK: Statistics

  private var lists: [Row] {
    limits.lists.map { row($0.accessList, $0.maximum, .list($0.accessList)) }
  }

  /// The lines after the total one in `nat-limit statistics`.
  var statistics: String {
    func line(_ what: String, _ row: Row) -> String {
      " \(what) \(row.name): max allowed \(row.maximum), used \(row.used), missed \(row.missed)\n"
    }
    var text = lists.map { line("access-list", $0) }.joined()
    if let maximum = limits.allHosts { text += " All Host Max allowed: \(maximum)\n" }
    if let maximum = limits.allInstances { text += " All VRF Max allowed: \(maximum)\n" }
    text += instances().map { line("vrf", $0) }.joined()
    if let rate = limits.newSessionsPerSecond { text += " New sessions per second of a host: \(rate)\n" }
    return text
  }

  /// The members `listLimits` and `vrfLimits`.
  func writeStatistics(to json: inout JSONText) {
    json.member("listLimits", each: lists) { Self.write($1, as: "accessList", to: &$0) }
    json.member("vrfLimits", each: instances()) { Self.write($1, as: "vrf", to: &$0) }
  }

  // MARK: show ip nat limits

  /// The table of IOS, with a heading for the first column.
  static func text(_ heading: String, _ rows: [Row]) -> String {
    let width = max(16, (rows.map(\.name.count).max() ?? 0) + 1)
    var text = OctetText()
    text.cell(width) { $0.append(heading) }
    text.append("Max Entries Use Count  Miss Count\n")
    text.append(String(repeating: "-", count: width + 33) + "\n")
    for row in rows {
      text.cell(width) { $0.append(row.name) }
      text.cell(12) { $0.append(UInt64(row.maximum)) }
      text.cell(11) { $0.append(UInt64(row.used)) }
      text.append(row.missed)
      text.newline()
    }
    text.append("Total number of limit entries: \(rows.count)\n")
    return String(decoding: text.octets, as: UTF8.self)
  }

  static func write(_ row: Row, as name: String, to json: inout JSONText) {
    json.object { json in
      json.member(name, row.name)
      json.member("maximum", row.maximum)
      json.member("used", row.used)
      json.member("missed", row.missed)
    }
  }
}
