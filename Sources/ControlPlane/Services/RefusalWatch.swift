import Configuration
import Forwarding
import Translation

/// Turns counters of what the gateway could not do into log lines: at most one for each reason and each look.
struct RefusalWatch {
  /// The reasons that an operator should hear of without asking.
  private static let reasons: [DropReason] = [
    .portsExhausted, .addressesExhausted, .sessionsExhausted, .mappingsExhausted, .hostSessionsExhausted,
    .hostRateExceeded, .instanceSessionsExhausted, .listSessionsExhausted, .neighborTableFull, .handOverFull, .noBuffer,
    .transmitFailed,
  ]

  private var seen: [DropReason: UInt64] = [:]

  /// The lines for what was counted since the last look.
  mutating func look(at workers: [WorkerStatus], of configuration: GatewayConfiguration) -> [String] {
    Self.reasons.compactMap { reason in
      let count = workers.reduce(0) { $0 &+ ($1.drops[reason] ?? 0) }
      let new = count &- (seen[reason] ?? 0)
      seen[reason] = count
      guard new > 0 else { return nil }
      let refusal = workers.compactMap(\.lastRefusal).last { $0.reason == reason }
      return Self.line(reason, new, refusal, configuration)
    }
  }

  /// The line for one reason: IOS's for an address or port that could not be had, the reason's sentence otherwise.
  private static func line(
    _ reason: DropReason, _ count: UInt64, _ refusal: WorkerStatus.Refusal?, _ configuration: GatewayConfiguration
  ) -> String {
    let rules = configuration.translation.dynamicRules
    if reason == .portsExhausted || reason == .addressesExhausted, let refusal, rules.indices.contains(refusal.rule) {
      let source =
        switch rules[refusal.rule].source {
        case .pool(let name): "pool \(name)"
        case .interface(let id): "interface \(configuration.interfaces.first { $0.id == id }?.name ?? "?")"
        }
      return "%IPNAT-4-ADDR_ALLOC_FAILURE: Address allocation failed for \(refusal.host), \(source) might be exhausted"
        + others(count - 1)
    }
    let host = refusal.map { " The last host was \($0.host)." } ?? ""
    return "\(reason.name): \(reason.sentence)\(host)" + others(count - 1)
  }

  private static func others(_ count: UInt64) -> String {
    count == 0 ? "" : " (and \(count) more since the last line)"
  }
}
