import Configuration
import Dataplane
package import Forwarding
import Synchronization
import Translation

/// What the running gateway says of limits and reassembly, and how its configuration is replaced.
extension LiveGateway {
  package func limitUse(countingHosts: Bool) async -> [LimitSubject: LimitUse] {
    let configuration = configuration.translation
    var use: [LimitSubject: LimitUse] = [:]
    for (place, list) in configuration.limits.lists.prefix(EntryLimits.maximumLists).enumerated() {
      use[.list(list.accessList)] = LimitUse(
        used: gateway.limit.used(list: place), missed: gateway.limit.missed(list: place))
    }
    for number in configuration.instanceNames.indices.dropFirst() {
      let instance = RoutingInstance(rawValue: UInt16(number))
      use[.instance(instance)] = LimitUse(
        used: gateway.limit.used(instance: instance), missed: gateway.limit.missed(instance: instance))
    }
    if countingHosts {
      for worker in gateway.workers { await Self.countHosts(of: worker, into: &use) }
    }
    return use
  }

  /// Adds what a worker counts of its hosts, slice by slice.
  private static func countHosts(of worker: WorkerHandle, into use: inout [LimitSubject: LimitUse]) async {
    var cursor: UInt32? = 0
    while let start = cursor {
      let answer = await worker.ask { translator -> ([MappingRecord], UInt32?) in
        var found: [MappingRecord] = []
        found.reserveCapacity(Self.rows)
        let next = translator.listHosts(from: start, slice: Self.slice, limit: Self.rows) { found.append($1) }
        return (found, next)
      }
      guard let (found, next) = answer else { return }
      for record in found {
        use[.host(.init(record.insideLocal, record.instance))] = LimitUse(
          used: Int(record.users), missed: UInt64(record.refusals))
      }
      cursor = next
    }
  }

  package func reassembly(on interface: InterfaceID) async -> ReassemblyUse? {
    var sum = ReassemblyTally()
    for worker in gateway.workers {
      guard let tally = await worker.ask({ $0.reassembly(on: interface) }) else { return nil }
      sum += tally
    }
    return ReassemblyUse(
      datagrams: sum.datagrams, fragments: sum.fragments, completed: sum.completed, timedOut: sum.timedOut,
      refused: sum.refused)
  }

  package func reload() async throws(ReloadRefusal) -> ReloadReport {
    try await reloading.run(insteadOf: configuration) { next throws(ReloadRefusal) in
      do {
        let result = try await self.gateway.replacePolicy(with: DataplanePlan(next))
        self.current.withLock { $0 = next }
        self.exporter.adopt(next)
        return (result.kept, result.ended)
      } catch {
        throw ReloadRefusal("\(error)")
      }
    }
  }
}
