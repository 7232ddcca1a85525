package import Gateways

/// A slow path: where it runs, what it counts, and what its gateways have done. The last two are shared with its thread.
package struct SlowPathStatus: Sendable {
  package var index: Int
  /// The core that it is pinned to; nil for whichever the kernel chooses.
  package var core: Int?
  package var counters: GatewayCounters
  package var ledger: Ledger

  package init(index: Int, core: Int?, counters: GatewayCounters, ledger: Ledger) {
    self.index = index
    self.core = core
    self.counters = counters
    self.ledger = ledger
  }
}
