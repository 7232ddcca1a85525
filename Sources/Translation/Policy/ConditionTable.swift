import Forwarding
import WireFormats

/// The conditions of all rules, resolved to numbers: access lists, or route maps over them.
struct ConditionTable: Sendable {
  /// Where a packet leaves.
  struct Egress: BitwiseCopyable {
    var interface: InterfaceID
    var nextHop: IPv4Address
  }

  /// A condition: an access list's number, or a route map's with the top bit set.
  struct Condition: BitwiseCopyable, Sendable {
    fileprivate var rawValue: UInt32
    fileprivate static var routeMap: UInt32 { 1 << 31 }
  }

  private struct MapEntry: Sendable {
    var permits: Bool
    var lists: Range<Int>
    var nextHops: Range<Int>
    /// A bit for each interface; 0 for "not asked".
    var interfaces: UInt64
  }

  let lists: AccessListTable
  private var references: [Int] = []
  private var entries: [MapEntry] = []
  private var maps: [Range<Int>] = []
  private var numbers: [String: Int] = [:]

  init(_ translation: TranslationConfiguration) {
    lists = AccessListTable(translation.accessLists)
    for (name, map) in translation.routeMaps {
      let first = entries.count
      for entry in map.entries {
        entries.append(
          MapEntry(
            permits: entry.permits, lists: refer(to: entry.accessLists), nextHops: refer(to: entry.nextHops),
            interfaces: entry.interfaces.reduce(0) { $0 | 1 << UInt64($1.rawValue & 63) }))
      }
      numbers[name] = maps.count
      maps.append(first..<entries.count)
    }
    maps.append(entries.count..<entries.count)
  }

  private mutating func refer(to names: [String]) -> Range<Int> {
    let first = references.count
    references += names.map { lists.number(of: $0) }
    return first..<references.count
  }

  func condition(_ condition: RuleCondition) -> Condition {
    switch condition {
    case .accessList(let name): Condition(rawValue: UInt32(lists.number(of: name)))
    case .routeMap(let name): Condition(rawValue: UInt32(numbers[name] ?? maps.count - 1) | Condition.routeMap)
    }
  }

  /// Whether a packet that leaves by `egress` meets the condition.
  @inline(__always)
  func holds(_ condition: Condition, _ packet: PacketFacts, _ egress: Egress) -> Bool {
    condition.rawValue & Condition.routeMap == 0
      ? lists.permits(Int(condition.rawValue), packet) : mapHolds(condition, packet, egress)
  }

  @inline(never)
  private func mapHolds(_ condition: Condition, _ packet: PacketFacts, _ egress: Egress) -> Bool {
    for index in maps[Int(condition.rawValue & ~Condition.routeMap)] {
      let entry = entries[index]
      if entry.interfaces != 0, entry.interfaces >> UInt64(egress.interface.rawValue & 63) & 1 == 0 { continue }
      if !entry.lists.isEmpty, !entry.lists.contains(where: { lists.permits(references[$0], packet) }) { continue }
      if !entry.nextHops.isEmpty {
        let hop = PacketFacts(source: egress.nextHop, destination: packet.destination, protocol: packet.protocolNumber)
        if !entry.nextHops.contains(where: { lists.permits(references[$0], hop) }) { continue }
      }
      return entry.permits
    }
    return false
  }

  /// Whether some packet from `source` could meet the condition.
  func mayHold(_ condition: Condition, source: IPv4Address) -> Bool {
    guard condition.rawValue & Condition.routeMap != 0 else {
      return lists.mayPermit(Int(condition.rawValue), source: source)
    }
    for index in maps[Int(condition.rawValue & ~Condition.routeMap)] where entries[index].permits {
      let entry = entries[index]
      if entry.lists.isEmpty || entry.lists.contains(where: { lists.mayPermit(references[$0], source: source) }) {
        return true
      }
    }
    return false
  }
}
