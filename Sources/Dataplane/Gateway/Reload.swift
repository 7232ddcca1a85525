import Forwarding
import Gateways
import Synchronization
package import Translation

/// What a reload did.
package typealias ReloadResult = Reconciled

/// Why a configuration cannot replace the one in force; nothing has changed then.
package enum ReloadError: Error, Equatable, CustomStringConvertible {
  /// What differs is settled when the daemon starts.
  case needsRestart(what: String)
  /// The tables were laid out for fewer sessions.
  case maximumEntries(wanted: Int, room: Int)
  /// The port map has no room for so many addresses beside those that have been in use.
  case addresses(room: Int)
  /// Another reload is under way.
  case busy
  /// The rules' numbers could not be stored for a later run.
  case state(String)
  /// The gateway has ended.
  case ended

  package var description: String {
    switch self {
    case .needsRestart(let what): "\(what) cannot change while the gateway runs; restart it"
    case .maximumEntries(let wanted, let room):
      "max-entries \(wanted): the tables have room for \(room) since the start; restart the gateway to enlarge them"
    case .addresses(let room):
      "there is room for \(room) inside global addresses since the start, old ones included; restart the gateway"
    case .state(let sentence): sentence
    case .busy: "another reload is under way"
    case .ended: "the gateway has ended"
    }
  }
}

extension DataplanePlan {
  /// What of a new plan this one, which is in force, cannot become without a restart; nil when it can.
  func obstacle(to next: DataplanePlan) -> String? {
    let settings: [(Bool, String)] = [
      (workerCores == next.workerCores, "worker-cores"), (algCores == next.algCores, "alg-cores"),
      (ringEntries == next.ringEntries, "ring-entries"),
      (burst == next.burst, "burst"), (poll == next.poll, "poll"), (offload == next.offload, "offload"),
      (hugePages == next.hugePages, "memory"), (stateDirectory == next.stateDirectory, "state-directory"),
    ]
    for (isSame, name) in settings where !isSame { return "the dataplane's \(name)" }
    guard devices.count == next.devices.count, interfaces.count == next.interfaces.count else {
      return "the set of interfaces and their devices"
    }
    for (old, new) in zip(devices, next.devices) where old != new {
      return "device \(old.name), its MTU, its network namespace or whether it stays"
    }
    for (old, new) in zip(interfaces, next.interfaces) {
      guard old.id == new.id, old.name == new.name else { return "the set of interfaces" }
      if let part = old.obstacle(to: new) { return "the \(part) of interface \(old.name)" }
    }
    // Sessions know their instance by its number.
    guard zip(translation.instanceNames, next.translation.instanceNames).allSatisfy({ $0 == $1 }),
      translation.instanceNames.count <= next.translation.instanceNames.count
    else { return "the order of VRFs" }
    return nil
  }
}

extension NetworkInterface {
  fileprivate func obstacle(to next: NetworkInterface) -> String? {
    let parts: [(Bool, String)] = [
      (device == next.device, "device"), (vlan == next.vlan, "VLAN"),
      (hardwareAddress == next.hardwareAddress, "Ethernet address"),
      (address == next.address && prefixLength == next.prefixLength, "address"), (realm == next.realm, "ip nat side"),
      (instance == next.instance, "VRF"),
    ]
    return parts.first { !$0.0 }?.1
  }
}

extension Gateway {
  /// Records that one question reconciles, so that no packet waits longer than some tens of microseconds.
  private static var slice: UInt32 { 256 }

  /// Replaces rules, pools, static entries, limits, timeouts and routes by those of `next`, all at once for each worker
  /// and between two of its bursts; sessions whose rule still stands go on, the others end and are counted.
  ///
  /// What takes a restart is refused, and then nothing has changed.
  package func replacePolicy(with next: DataplanePlan) async throws(ReloadError) -> ReloadResult {
    let isFirst = isReloading.withLock { reloading in
      defer { reloading = true }
      return !reloading
    }
    guard isFirst else { throw .busy }
    defer { isReloading.withLock { $0 = false } }
    if let what = plan.obstacle(to: next) { throw .needsRestart(what: what) }
    guard next.translation.maximumEntries <= tableEntries else {
      throw .maximumEntries(wanted: next.translation.maximumEntries, room: tableEntries)
    }
    let old = policy
    let interfaces = settled(next.interfaces)
    var book = current.withLock { $0.book }
    func compile() -> Policy {
      Policy(
        interfaces: interfaces, routes: RoutingTable(next.routes), translation: next.translation,
        ipv6Routes: next.ipv6Routes, book: &book, replacing: old)
    }
    let new = compile()
    guard new.globalAddresses.count <= ports.addressCount else { throw .addresses(room: ports.addressCount) }
    // Each worker has a copy of its own, compiled before the first of them changes over.
    let copies = workers.map { _ in compile() }
    new.reserveStaticPorts(in: ports)
    do throws(MemoryError) {
      try store(book)
    } catch {
      throw .state(error.description)
    }
    limit.setMaximum(next.translation.maximumEntries)
    for (worker, copy) in zip(workers, copies) {
      // The policy so far comes back and is freed here.
      guard await worker.ask({ $0.adopt(copy) }) != nil else { throw .ended }
    }
    let addresses = PolicyBook(policy: new, bindings: bindings) { [origin] in GatewayParts.tick(since: origin) }
    let settings = next.engineSettings
    for slowPath in slowPaths {
      let answer: Void? = await slowPath.ask { engine in
        engine.adopt(settings, addresses: addresses, now: monotonicNanoseconds() / 1000)
      }
      guard answer != nil else { throw .ended }
    }
    neighbors.invalidate()
    current.withLock { $0 = Current(plan: next, policy: new, interfaces: interfaces, book: book) }
    var result = ReloadResult()
    for worker in workers { result += try await reconcile(worker) }
    old.releaseStaticPorts(in: ports, keeping: new)
    // Ports that sessions held until now are those of static entries from here on; one that another session took
    // meanwhile is waited for.
    for _ in 0..<8 where new.reserveStaticPorts(in: ports) > 0 {
      for worker in workers { result += try await reconcile(worker) }
    }
    return result
  }

  private func reconcile(_ worker: WorkerHandle) async throws(ReloadError) -> ReloadResult {
    var result = ReloadResult()
    var cursor: UInt32? = 0
    while let from = cursor {
      let answer = await worker.ask { translator -> (UInt32?, ReloadResult) in
        var part = ReloadResult()
        let next = translator.reconcile(from: from, slice: Self.slice, into: &part)
        return (next, part)
      }
      guard let answer else { throw .ended }
      cursor = answer.0
      result += answer.1
    }
    // Doors before mappings, which may have no other users.
    try await walk(worker) { $0.reconcileDoors(from: $1, slice: Self.slice) }
    try await walk(worker) { $0.reconcileMappings(from: $1, slice: Self.slice) }
    return result
  }

  /// Has a worker walk a table of its own, a slice between two bursts.
  private func walk(
    _ worker: WorkerHandle, _ visit: @escaping @Sendable (inout Translator, UInt32) -> UInt32?
  ) async throws(ReloadError) {
    var cursor: UInt32? = 0
    while let from = cursor {
      let answer = await worker.ask { (next: visit(&$0, from), isAnswer: true) }
      guard let answer else { throw .ended }
      cursor = answer.next
    }
  }

  /// The interfaces of a plan as they are in use: with their Ethernet addresses, and no larger MTU than their devices'.
  private func settled(_ next: [NetworkInterface]) -> [NetworkInterface] {
    zip(next, interfaces).map { new, old in
      var result = new
      result.hardwareAddress = old.hardwareAddress
      result.mtu = min(new.mtu, UInt16(clamping: devices[old.device].mtu))
      return result
    }
  }
}
