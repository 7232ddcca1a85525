import Dataplane
package import Forwarding
import Synchronization
import Translation

/// What the running gateway says of limits and reassembly, and how its configuration is replaced.
extension LiveGateway {
  package func limitMisses() async -> [LimitSubject: UInt64] { [:] }

  package func reassembly(on interface: InterfaceID) async -> ReassemblyUse? { nil }

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
