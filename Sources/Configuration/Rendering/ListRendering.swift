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

  /// A list in the form that its name asks for. Only the form of named ones has room for no lines, and for sequence
  /// numbers other than those that lines get by themselves.
  func accessListLines(_ name: String) -> [String] {
    guard let list = translation.accessLists[name] else { return [] }
    let isNumbered = zip(1..., list.entries).allSatisfy { $1.sequence == UInt32($0) * AccessListDraft.sequenceStep }
    let contents = Self.contents(list.entries, annotations.remarks[name]) { entry in
      let text = list.isExtended ? Self.extendedLine(entry) : Self.standardLine(entry)
      return isNumbered ? text : "\(entry.sequence) \(text)"
    }
    if UInt16(name) != nil, !contents.isEmpty, isNumbered { return contents.map { "access-list \(name) \($0)" } }
    return ["ip access-list \(list.isExtended ? "extended" : "standard") \(name)"] + contents.map { " " + $0 } + ["!"]
  }

  /// An IPv6 list, with sequence numbers where they are not those that lines get by themselves.
  func ipv6AccessListLines(_ name: String) -> [String] {
    guard let list = translation.ipv6AccessLists[name] else { return [] }
    let isNumbered = zip(1..., list.entries).allSatisfy { $1.sequence == UInt32($0) * IPv6AccessListDraft.sequenceStep }
    let contents = Self.contents(list.entries, annotations.ipv6Remarks[name]) { entry in
      isNumbered ? Self.ipv6Line(entry) : "sequence \(entry.sequence) \(Self.ipv6Line(entry))"
    }
    return ["ipv6 access-list \(name)"] + contents.map { " " + $0 } + ["!"]
  }

  private static func ipv6Line(_ entry: IPv6AccessList.Entry) -> String {
    func address(_ prefix: IPv6Prefix) -> String {
      switch prefix.length {
      case 0: "any"
      case 128: "host \(prefix.address)"
      default: "\(prefix)"
      }
    }
    func port(_ port: UInt16?) -> String { ports(port.map { .equal([$0]) } ?? .any, of: entry.transport) }
    let name = entry.transport.map { IOSNames.protocols.name(of: $0.rawValue) ?? "\($0.rawValue)" } ?? "ipv6"
    return [
      entry.permits ? "permit" : "deny", name, address(entry.source), port(entry.sourcePort),
      address(entry.destination), port(entry.destinationPort),
    ].filter { !$0.isEmpty }.joined(separator: " ")
  }

  /// The lines of a list, remarks among them.
  private static func contents<Entry>(
    _ entries: [Entry], _ remarks: [Annotations.Remark]?, _ line: (Entry) -> String
  ) -> [String] {
    var contents: [String] = []
    var remarks = (remarks ?? [])[...]
    for (index, entry) in entries.enumerated() {
      while let remark = remarks.first, remark.beforeEntry <= index {
        contents.append("remark \(remark.text)")
        remarks.removeFirst()
      }
      contents.append(line(entry))
    }
    return contents + remarks.map { "remark \($0.text)" }
  }

  private static func standardLine(_ entry: AccessList.Entry) -> String {
    let action = entry.permits ? "permit" : "deny"
    return switch entry.source.wildcard {
    case .max: "\(action) any"
    case 0: "\(action) \(entry.source.address)"
    default: "\(action) \(entry.source.address) \(IPv4Address(entry.source.wildcard))"
    }
  }

  private static func extendedLine(_ entry: AccessList.Entry) -> String {
    let number = entry.protocolNumber
    let name = number.map { IOSNames.protocols.name(of: $0.rawValue) ?? "\($0.rawValue)" } ?? "ip"
    var words = [
      entry.permits ? "permit" : "deny", name, address(entry.source), ports(entry.sourcePorts, of: number),
      address(entry.destination), ports(entry.destinationPorts, of: number),
    ]
    if let type = entry.icmpType {
      let message = IOSNames.Message(type, entry.icmpCode)
      words.append(IOSNames.messages.name(of: message) ?? "\(type)" + (entry.icmpCode.map { " \($0)" } ?? ""))
    }
    if entry.established { words.append("established") }
    for (name, bit) in IOSNames.flags where entry.tcpFlags & bit != 0 { words.append(name) }
    if let points = entry.codePoints { words.append(codePoints(points)) }
    if entry.fragments { words.append("fragments") }
    return words.filter { !$0.isEmpty }.joined(separator: " ")
  }

  private static func address(_ match: AccessList.AddressMatch) -> String {
    switch match.wildcard {
    case .max: "any"
    case 0: "host \(match.address)"
    default: "\(match.address) \(IPv4Address(match.wildcard))"
    }
  }

  private static func ports(_ match: AccessList.PortMatch, of number: IPProtocol?) -> String {
    let names = number.map(IOSNames.ports) ?? [:]
    func text(_ port: UInt16) -> String { names.name(of: port) ?? "\(port)" }
    return switch match {
    case .any: ""
    case .equal(let ports): "eq " + ports.map(text).joined(separator: " ")
    case .notEqual(let ports): "neq " + ports.map(text).joined(separator: " ")
    case .greater(let port): "gt \(text(port))"
    case .less(let port): "lt \(text(port))"
    case .range(let range): "range \(text(range.lowerBound)) \(text(range.upperBound))"
    }
  }

  private static func codePoints(_ range: ClosedRange<UInt8>) -> String {
    if range.count == 8 {
      let value = range.lowerBound / 8
      return "precedence \(IOSNames.precedences.name(of: value) ?? "\(value)")"
    }
    return "dscp \(IOSNames.codePoints.name(of: range.lowerBound) ?? "\(range.lowerBound)")"
  }

  /// A route map, entry by entry.
  func routeMapLines(_ name: String) -> [String] {
    guard let map = translation.routeMaps[name] else { return [] }
    return map.entries.flatMap { entry -> [String] in
      var lines = ["route-map \(name) \(entry.permits ? "permit" : "deny") \(entry.sequence)"]
      if let text = annotations.routeMaps[name]?[entry.sequence] { lines.append(" description \(text)") }
      let matches = [
        ("ip address", entry.accessLists), ("interface", entry.interfaces.map(interfaceName)),
        ("ip next-hop", entry.nextHops),
      ]
      // A line holds so many names; the parser joins what several lines match.
      for (kind, names) in matches {
        for first in stride(from: 0, to: names.count, by: 16) {
          lines.append(" match \(kind) " + names[first..<min(first + 16, names.count)].joined(separator: " "))
        }
      }
      return lines + ["!"]
    }
  }
}
