import Dataplane
package import Translation
import WireFormats

/// The tables of the workers, by slices: each question looks at a bounded number of records between two bursts.
extension LiveGateway {
  /// Records that one question looks at.
  static var slice: UInt32 { 4096 }
  /// Rows that one question brings: with 64 octets each, what a worker copies in a few microseconds.
  static var rows: Int { 512 }

  package func translations(of worker: Int, from cursor: ListingCursor?) async -> TranslationSlice {
    let policy = gateway.policy
    switch cursor ?? (worker == 0 ? .outsideBindings(0) : .addressMappings(0)) {
    case .outsideBindings(let start):
      // All workers share them, without a lock: no worker has to be asked.
      var rows: [TranslationRow] = []
      let now = gateway.tick()
      let next = gateway.bindings.list(from: start, slice: Self.slice, limit: Self.rows) {
        rows.append(TranslationRow($1, policy: policy, number: $0, now: now))
      }
      return TranslationSlice(rows: rows, next: next.map { .outsideBindings($0) } ?? .addressMappings(0))
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
    // Those that sessions held until now are free already.
    mappings += gateway.bindings.removeAll { request.matches($0) }
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

  /// The row of an outside host's address.
  init(_ binding: OutsideBinding, policy: Policy, number: UInt32, now: UInt32) {
    let rule = Int(binding.rule)
    self.init(
      kind: .address, protocolNumber: nil, inside: nil,
      outside: Names(local: ListedEndpoint(binding.local), global: ListedEndpoint(binding.global)),
      instance: binding.inside,
      rule: policy.outsideRules.indices.contains(rule)
        ? policy.rules.count + policy.destinationRules.count + rule + 1 : nil,
      marks: [.outside],
      age: Age(
        created: now &- min(binding.created, now), idle: binding.users == 0 ? now &- min(binding.lastUsed, now) : 0,
        timeout: Self.listed(policy.timeouts.simple)),
      place: Place(worker: nil, record: number, users: binding.users))
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
      rule: Self.rule(of: record, in: policy), ruleID: record.flags.contains(.isStatic) ? nil : record.rule,
      marks: Self.marks(of: record),
      age: Age(
        // A packet may be a tick ahead of the reader's clock.
        created: now &- min(record.created, now), idle: now &- min(record.lastUsed, now),
        timeout: Self.listed(policy.timeouts.idleTime(of: record))),
      place: Place(worker: worker, record: number))
  }

  /// The `RuleSummary` number of a rule's identifier; nil for a rule that a reload has removed.
  private static func number(ofRule id: UInt16, in policy: Policy) -> Int? {
    policy.ruleNumber(ofID: id).map { $0 + 1 }
  }

  /// The `RuleSummary` number of the rule that made a session; nil for one of a static entry.
  private static func rule(of record: SessionRecord, in policy: Policy) -> Int? {
    if record.flags.contains(.rotary) {
      let rule = policy.destinationRule(for: record.insideGlobal, port: record.insideGlobalPort)
      return rule.map { policy.rules.count + $0 + 1 }
    }
    return record.flags.contains(.isStatic) ? nil : number(ofRule: record.rule, in: policy)
  }

  private static func listed(_ timeout: UInt32) -> UInt32? { timeout == Timeouts.never ? nil : timeout }

  private static func marks(of record: SessionRecord) -> [Mark] {
    var marks: [Mark] = []
    if record.flags.contains(.rotary) {
      marks.append(.destination)
    } else if record.flags.contains(.isStatic) {
      marks.append(.static)
    }
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
