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
      let answer = await gateway.workers[worker].ask { translator -> ([MappingRecord], UInt32?) in
        var found: [MappingRecord] = []
        found.reserveCapacity(Self.rows)
        let next = translator.listAddressMappings(
          from: start, slice: Self.slice, limit: Self.rows, into: &found)
        return (found, next)
      }
      guard let (found, next) = answer else { return TranslationSlice(rows: [], next: nil) }
      let now = gateway.tick()
      return TranslationSlice(
        rows: found.map { TranslationRow($0, policy: policy, worker: worker, now: now) },
        next: next.map { .addressMappings($0) } ?? .sessions(0))
    case .sessions(let start):
      let answer = await gateway.workers[worker].ask { translator -> ([SessionRecord], UInt32?) in
        var found: [SessionRecord] = []
        found.reserveCapacity(Self.rows)
        let next = translator.listSessions(from: start, slice: Self.slice, limit: Self.rows, into: &found)
        return (found, next)
      }
      guard let (found, next) = answer else { return TranslationSlice(rows: [], next: nil) }
      let now = gateway.tick()
      return TranslationSlice(
        rows: found.map { TranslationRow($0, policy: policy, worker: worker, now: now) },
        next: next.map { .sessions($0) })
    }
  }

  package func usage(of worker: Int) async -> TranslationUsage {
    var usage = TranslationUsage()
    var cursor: ListingCursor? = .addressMappings(0)
    while let place = cursor {
      let slice = await translations(of: worker, from: place)
      for row in slice.rows {
        if row.kind == .address { usage.addressMappings += 1 } else { usage.sessions += 1 }
        if let rule = row.rule { usage.note(rule: rule - 1, address: row.insideGlobal.address) }
      }
      cursor = slice.next
    }
    return usage
  }

  package func clear(_ request: ClearRequest) async -> Int {
    var cleared = 0
    for worker in gateway.workers {
      var cursor: UInt32? = 0
      while let place = cursor {
        let answer = await worker.ask { translator -> (Int, UInt32?) in
          var count = 0
          let next = translator.clear(request, from: place, slice: Self.slice, cleared: &count)
          return (count, next)
        }
        guard let (count, next) = answer else { break }
        cleared += count
        cursor = next
      }
      cursor = 0
      while let place = cursor {
        let answer = await worker.ask { translator -> (Int, UInt32?) in
          var count = 0
          let next = translator.clearIdleMappings(request, from: place, slice: Self.slice, cleared: &count)
          return (count, next)
        }
        guard let (count, next) = answer else { break }
        cleared += count
        cursor = next
      }
    }
    return cleared
  }
}

extension TranslationRow {
  /// The row of a static entry.
  init(_ entry: CompiledStatic) {
    let ports = entry.entry.ports
    self.init(
      kind: .static, protocolNumber: ports?.transport,
      insideGlobal: ListedEndpoint(entry.global, port: ports?.global),
      insideLocal: ListedEndpoint(entry.entry.local, port: ports?.local), instance: entry.entry.instance)
  }

  /// The row of a host's own address.
  init(_ record: MappingRecord, policy: Policy, worker: Int, now: UInt32) {
    // Only a mapping that no session uses is idle; `link` then holds the tick at which the last one ended.
    let idle = record.users == 0 ? now &- min(record.link, now) : 0
    self.init(
      kind: .address, protocolNumber: nil, insideGlobal: ListedEndpoint(record.insideGlobal),
      insideLocal: ListedEndpoint(record.insideLocal), instance: record.instance, rule: Int(record.rule) + 1,
      age: Age(created: now &- min(record.created, now), idle: idle, timeout: Self.listed(policy.timeouts.simple)),
      worker: worker)
  }

  /// The row of a session.
  init(_ record: SessionRecord, policy: Policy, worker: Int, now: UInt32) {
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
      insideGlobal: endpoint(record.insideGlobal, inside(record.insideGlobalPort, record.outsideGlobalPort)),
      insideLocal: endpoint(record.insideLocal, inside(record.insideLocalPort, record.outsideLocalPort)),
      outside: Outside(
        local: endpoint(record.outsideLocal, outside(record.outsideLocalPort, record.insideLocalPort)),
        global: endpoint(record.outsideGlobal, outside(record.outsideGlobalPort, record.insideGlobalPort))),
      instance: record.insideInstance,
      rule: record.flags.contains(.isStatic) ? nil : Int(record.rule) + 1, marks: Self.marks(of: record),
      age: Age(
        // A packet may be a tick ahead of the reader's clock.
        created: now &- min(record.created, now), idle: now &- min(record.lastUsed, now),
        timeout: Self.listed(policy.timeouts.idleTime(of: record))),
      worker: worker)
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
