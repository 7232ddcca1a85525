import Forwarding
import Translation
import WireFormats

extension GatewayConfiguration {
  /// Numbered access lists by number, then named ones by name.
  static func listOrder(_ left: String, _ right: String) -> Bool {
    switch (UInt16(left), UInt16(right)) {
    case (let left?, let right?): left < right
    case (nil, nil): left < right
    case (.some, nil): true
    case (nil, .some): false
    }
  }

  /// A list in the form that its name asks for. A numbered list without lines only exists in the form of named ones.
  func accessListLines(_ name: String) -> [String] {
    guard let list = translation.accessLists[name] else { return [] }
    var contents: [String] = []
    var remarks = (annotations.remarks[name] ?? [])[...]
    for (index, entry) in list.entries.enumerated() {
      while let remark = remarks.first, remark.beforeEntry <= index {
        contents.append("remark \(remark.text)")
        remarks.removeFirst()
      }
      contents.append((entry.permits ? "permit " : "deny ") + Self.source(of: entry))
    }
    contents += remarks.map { "remark \($0.text)" }
    if UInt16(name) != nil, !contents.isEmpty { return contents.map { "access-list \(name) \($0)" } }
    return ["ip access-list standard \(name)"] + contents.map { " " + $0 } + ["!"]
  }

  private static func source(of entry: AccessList.Entry) -> String {
    switch entry.source.wildcard {
    case .max: "any"
    case 0: "\(entry.source.address)"
    default: "\(entry.source.address) \(IPv4Address(entry.source.wildcard))"
    }
  }

  /// A pool in one line when it has one range, otherwise with its ranges below it.
  func poolLines(_ name: String) -> [String] {
    guard let pool = translation.pools[name] else { return [] }
    let tail = "prefix-length \(pool.prefixLength)" + (pool.selection == .matchHost ? " type match-host" : "")
    if let range = pool.ranges.first, pool.ranges.count == 1 {
      return ["ip nat pool \(name) \(range.lowerBound) \(range.upperBound) \(tail)"]
    }
    return ["ip nat pool \(name) \(tail)"] + pool.ranges.map { " address \($0.lowerBound) \($0.upperBound)" } + ["!"]
  }

  func ruleLine(_ rule: DynamicRule) -> String {
    let source =
      switch rule.source {
      case .pool(let name): "pool \(name)"
      case .interface(let id): "interface \(interfaces[Int(id.rawValue)].name)"
      }
    return "ip nat inside source list \(rule.accessList ?? "") \(source)" + (rule.overload ? " overload" : "")
  }

  func staticLine(_ entry: StaticTranslation) -> String {
    let global =
      switch entry.global {
      case .address(let address): "\(address)"
      case .interface(let id): "interface \(interfaces[Int(id.rawValue)].name)"
      }
    var line = "ip nat inside source static "
    if let ports = entry.ports {
      line += "\(ports.transport) \(entry.local) \(ports.local) \(global) \(ports.global)"
    } else {
      line += "\(entry.local) \(global)"
    }
    if entry.extendable { line += " extendable" }
    if entry.noAlias { line += " no-alias" }
    if entry.noPayload { line += " no-payload" }
    return line
  }

  func timeoutLines() -> [String] {
    let standard = Timeouts()
    let fields: [(String, KeyPath<Timeouts, UInt32>)] = [
      ("timeout", \.simple), ("tcp-timeout", \.tcp), ("syn-timeout", \.syn), ("finrst-timeout", \.finRst),
      ("udp-timeout", \.udp), ("dns-timeout", \.dns), ("icmp-timeout", \.icmp),
    ]
    var lines = fields.compactMap { name, field -> String? in
      let value = translation.timeouts[keyPath: field]
      guard value != standard[keyPath: field] else { return nil }
      return "ip nat translation \(name) " + (value == Timeouts.never ? "never" : "\(value)")
    }
    if translation.maximumEntries != TranslationConfiguration.defaultMaximumEntries {
      lines.append("ip nat translation max-entries \(translation.maximumEntries)")
    }
    return lines
  }
}
