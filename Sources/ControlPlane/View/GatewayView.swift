package import Configuration
package import Dataplane
package import Forwarding
package import Gateways
package import Translation

/// What the control plane asks of a running gateway, in plain values. `LiveGateway` answers from the workers; a test
/// answers from arrays.
package protocol GatewayView: Sendable {
  /// The configuration in force.
  var configuration: GatewayConfiguration { get }
  /// The layer-3 interfaces with their counters, in the configuration's order.
  var interfaces: [InterfaceStatus] { get }
  /// The workers with their counters, by their numbers.
  var workers: [WorkerStatus] { get }
  /// The neighbours (ARP cache), in no particular order.
  var neighbors: [NeighborRow] { get }
  /// What the gateway is to IPv6.
  var ipv6: IPv6Status { get }
  /// What has been written down of translations.
  var export: ExportStatus { get }
  /// What the gateway knows of the session limit.
  var limit: LimitStatus { get }
  /// How many doors are open.
  var doors: DoorCount { get }
  /// The slow paths with their counters, by their numbers.
  var slowPaths: [SlowPathStatus] { get }

  /// The doors that are open, in no particular order.
  func openDoors() async -> [DoorRow]

  /// The TCP connections that go by the slow paths, at most `limit`.
  func connections(limit: Int) async -> [ConnectionRow]

  /// The calls and registrations that a gateway knows of, at most `limit`.
  func calls(of gateway: GatewayID, limit: Int) async -> [MemoryRow]

  /// The next rows of a worker's tables, by bounded slices: `nil` begins, and a slice without `next` is the last.
  func translations(of worker: Int, from cursor: ListingCursor?) async -> TranslationSlice

  /// What limits other than the total count; who is not in it has no session and was refused none. Hosts are left out
  /// unless they are asked for, since there may be many.
  func limitUse(countingHosts: Bool) async -> [LimitSubject: LimitUse]

  /// How much of a pool is given out.
  func use(of pool: AddressPool) async -> PoolUse

  /// What virtual reassembly does on an interface; nil where nothing counts it.
  func reassembly(on interface: InterfaceID) async -> ReassemblyUse?

  /// Ends the translations that a request names.
  func clear(_ request: ClearRequest) async -> ClearResult

  /// Reads the configuration's file again and puts it in force.
  func reload() async throws(ReloadRefusal) -> ReloadReport

  /// Begins to capture frames, on every interface for nil; false when a capture is under way.
  func startCapture(on interface: InterfaceID?) -> Bool
  /// Hands over the frames captured since the last call.
  func drainCapture(_ body: (CapturedFrame) -> Void)
  /// Frames that any capture lost so far because they were not fetched in time.
  var captureLost: UInt64 { get }
  /// Ends the capture that `startCapture` began.
  func endCapture()
}

/// A place in a worker's tables.
package enum ListingCursor: Hashable, Sendable {
  /// Among the outside hosts' addresses, which come with the first worker's entries.
  case outsideBindings(UInt32)
  /// In the table of mappings, at a record number.
  case addressMappings(UInt32)
  /// In the table of sessions, at a record number.
  case sessions(UInt32)
}

/// Some rows of a worker's tables.
package struct TranslationSlice: Sendable {
  package var rows: [TranslationRow]
  /// Where to go on; nil at the end.
  package var next: ListingCursor?

  package init(rows: [TranslationRow], next: ListingCursor?) {
    self.rows = rows
    self.next = next
  }
}
