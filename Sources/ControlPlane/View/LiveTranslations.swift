import Dataplane
package import Translation
import WireFormats

/// The tables of the workers, by slices: each question looks at a bounded number of records between two bursts.
extension LiveGateway {
  /// Records that one question looks at.
  private static var slice: UInt32 { 4096 }
  /// Rows that one question brings: with 64 octets each, what a worker copies in a few microseconds.
  private static var rows: Int { 512 }

  package func translations(of worker: Int, from cursor: ListingCursor?) async -> TranslationSlice {
    let policy = gateway.policy
    switch cursor ?? .addressMappings(0) {
    case .addressMappings(let start):
      let answer = await gateway.workers[worker].ask { translator -> ([(UInt32, MappingRecord)], UInt32?) in
        var found: [(UInt32, MappingRecord)] = []
        found.reserveCapacity(Self.rows)
        let next = translator.listAddressMappings(from: start, slice: Self.slice, limit: Self.rows) {
          found.append(($0, $1))
        }
        return (found, next)
      }
      guard let (found, next) = answer else { return TranslationSlice(rows: [], next: nil) }
      let now = gateway.tick()
      return TranslationSlice(
        rows: found.map { TranslationRow($1, policy: policy, worker: worker, number: $0, now: now) },
        next: next.map { .addressMappings($0) } ?? .sessions(0))
    case .sessions(let start):
      let answer = await gateway.workers[worker].ask { translator -> ([(UInt32, SessionRecord)], UInt32?) in
        var found: [(UInt32, SessionRecord)] = []
        found.reserveCapacity(Self.rows)
        let next = translator.listSessions(from: start, slice: Self.slice, limit: Self.rows) {
          found.append(($0, $1))
        }
        return (found, next)
      }
      guard let (found, next) = answer else { return TranslationSlice(rows: [], next: nil) }
      let now = gateway.tick()
      return TranslationSlice(
        rows: found.map { TranslationRow($1, policy: policy, worker: worker, number: $0, now: now) },
        next: next.map { .sessions($0) })
    }
  }

  package func clear(_ request: ClearRequest) async -> ClearResult {
    var sessions = 0
    var mappings = 0
    for worker in gateway.workers {
      sessions += await Self.walk(worker) { $0.clear(request, from: $1, slice: Self.slice, cleared: &$2) }
      mappings += await Self.walk(worker) {
        $0.clearIdleMappings(request, from: $1, slice: Self.slice, cleared: &$2)
      }
    }
    return request.sparesSessions
      ? ClearResult(cleared: mappings, spared: sessions) : ClearResult(cleared: sessions + mappings)
  }

  /// Has a worker go through one of its tables slice by slice; returns what it counted.
  private static func walk(
    _ worker: WorkerHandle, _ step: @escaping @Sendable (inout Translator, UInt32, inout Int) -> UInt32?
  ) async -> Int {
    var total = 0
    var cursor: UInt32? = 0
    while let place = cursor {
      let answer = await worker.ask { translator -> (Int, UInt32?) in
        var count = 0
        let next = step(&translator, place, &count)
        return (count, next)
      }
      guard let (count, next) = answer else { break }
      total += count
      cursor = next
    }
    return total
  }
}

extension TranslationRow {
  /// The row of a host's own address.
  init(_ record: MappingRecord, policy: Policy, worker: Int, number: UInt32, now: UInt32) {
    // Only a mapping that no session uses is idle; `link` then holds the tick at which the last one ended.
    let idle = record.users == 0 ? now &- min(record.link, now) : 0
    self.init(
      kind: .address, protocolNumber: nil,
      inside: Names(local: ListedEndpoint(record.insideLocal), global: ListedEndpoint(record.insideGlobal)),
      instance: record.instance, rule: Self.number(ofRule: record.rule, in: policy), ruleID: record.rule,
      age: Age(created: now &- min(record.created, now), idle: idle, timeout: Self.listed(policy.timeouts.simple)),
      place: Place(worker: worker, record: number, users: record.users))
  }

  /// The row of a session.
  init(_ record: SessionRecord, policy: Policy, worker: Int, number: UInt32, now: UInt32) {
    let hasPorts = [.tcp, .udp, .icmp].contains(record.protocolNumber)
    // A query has one identifier on each side of the translation, which IOS shows at both ends. The record holds it
    // as the querier's port.
    let isQuery = record.protocolNumber == .icmp
    let isFromOutside = record.flags.contains(.openedInbound)
    func inside(_ own: UInt16, _ other: UInt16) -> UInt16 { isQuery && isFromOutside ? other : own }
    func outside(_ own: UInt16, _ other: UInt16) -> UInt16 { isQuery && !isFromOutside ? other : own }
    func endpoint(_ address: IPv4Address, _ port: UInt16) -> ListedEndpoint {
      ListedEndpoint(address, port: hasPorts ? port : nil)
    }
    self.init(
      kind: .session, protocolNumber: record.protocolNumber,
      inside: Names(
        local: endpoint(record.insideLocal, inside(record.insideLocalPort, record.outsideLocalPort)),
        global: endpoint(record.insideGlobal, inside(record.insideGlobalPort, record.outsideGlobalPort))),
      outside: Names(
        local: endpoint(record.outsideLocal, outside(record.outsideLocalPort, record.insideLocalPort)),
        global: endpoint(record.outsideGlobal, outside(record.outsideGlobalPort, record.insideGlobalPort))),
      instance: record.insideInstance,
      rule: record.flags.contains(.isStatic) ? nil : Self.number(ofRule: record.rule, in: policy),
      ruleID: record.rule, marks: Self.marks(of: record),
      age: Age(
        // A packet may be a tick ahead of the reader's clock.
        created: now &- min(record.created, now), idle: now &- min(record.lastUsed, now),
        timeout: Self.listed(policy.timeouts.idleTime(of: record))),
      place: Place(worker: worker, record: number))
  }

  /// The `RuleSummary` number of a rule's identifier; nil for a rule that a reload has removed.
  private static func number(ofRule id: UInt16, in policy: Policy) -> Int? {
    policy.rules.indices.contains(Int(id)) ? Int(id) + 1 : nil
  }

  private static func listed(_ timeout: UInt32) -> UInt32? { timeout == Timeouts.never ? nil : timeout }

  private static func marks(of record: SessionRecord) -> [Mark] {
    var marks: [Mark] = []
    if record.flags.contains(.isStatic) { marks.append(.static) }
    if record.flags.contains(.openedInbound) { marks.append(.inbound) }
    if record.flags.contains(.dns) { marks.append(.dns) }
    if record.protocolNumber == .tcp {
      if !record.progress.isDisjoint(with: .closing) {
        marks.append(.closing)
      } else if record.progress.contains(.established) {
        marks.append(.established)
      }
    }
    return marks
  }
}
