package import Configuration
package import Dataplane
package import Forwarding
import Synchronization
package import Translation

/// The running gateway as a view: counters are read where they stand, tables are asked for by slices.
package final class LiveGateway: GatewayView {
  let gateway: Gateway
  /// What is in force; a reload replaces it.
  let current: Mutex<GatewayConfiguration>
  let reloading: ConfigurationReload
  /// Follows every configuration that is put in force.
  let exporter: ExportService
  private let isCapturing = Mutex(false)

  /// A view of `gateway`, which was started with the configuration of the file at `path`.
  package init(_ gateway: Gateway, configuration: GatewayConfiguration, path: String, exporter: ExportService) {
    self.gateway = gateway
    current = Mutex(configuration)
    reloading = ConfigurationReload(path: path)
    self.exporter = exporter
  }

  package var configuration: GatewayConfiguration { current.withLock { $0 } }

  package var interfaces: [InterfaceStatus] {
    gateway.interfaces.map { interface in
      let device = gateway.devices[interface.device]
      func sum(_ counter: InterfaceCounter) -> UInt64 {
        gateway.workers.reduce(0) { $0 &+ $1.traffic.value(interface.id, counter) }
      }
      return InterfaceStatus(
        interface: interface,
        device: InterfaceStatus.Device(
          name: device.name, networkNamespace: device.networkNamespace, queues: device.queues, mtu: device.mtu,
          offload: "\(device.offload)", steering: device.steering),
        receivedPackets: sum(.receivedPackets), receivedOctets: sum(.receivedOctets),
        sentPackets: sum(.sentPackets), sentOctets: sum(.sentOctets))
    }
  }

  package var workers: [WorkerStatus] {
    gateway.workers.map { worker in
      WorkerStatus(
        index: worker.index, core: worker.core, node: worker.node, engine: worker.engine, pageKind: worker.pageKind,
        translation: Dictionary(
          uniqueKeysWithValues: TranslationCounter.allCases.map { ($0, worker.counters.value(of: $0)) }),
        load: LoadCounter.allCases.map { NamedCount("\($0)", worker.load.value($0)) },
        drops: Dictionary(uniqueKeysWithValues: DropReason.allCases.map { ($0, worker.counters.drops(for: $0)) }),
        lastRefusal: worker.counters.lastRefusal.map {
          WorkerStatus.Refusal(host: $0.host, rule: $0.rule, reason: $0.reason)
        })
    }
  }

  package var neighbors: [NeighborRow] {
    let names = Dictionary(uniqueKeysWithValues: gateway.interfaces.map { ($0.id, $0.name) })
    let own = gateway.interfaces.compactMap { interface in
      interface.address.map {
        NeighborRow(address: $0, interface: interface.name, hardwareAddress: interface.hardwareAddress, age: nil)
      }
    }
    let now = gateway.tick()
    let others = (0..<NeighborTable.capacity).compactMap { slot -> NeighborRow? in
      let neighbor = NeighborID(rawValue: UInt16(slot))
      guard let hop = gateway.neighbors.hop(of: neighbor) else { return nil }
      let state = gateway.neighbors.state(of: neighbor)
      return NeighborRow(
        address: hop.neighbor, interface: names[hop.interface] ?? "?",
        hardwareAddress: state.isResolved ? state.address : nil, age: gateway.neighbors.age(of: neighbor, now: now))
    }
    return own + others
  }

  package var ipv6: IPv6Status {
    let links = gateway.policy.ipv6
    let names = Dictionary(uniqueKeysWithValues: gateway.interfaces.map { ($0.id, $0.name) })
    let now = gateway.tick()
    var status = IPv6Status()
    status.links = gateway.interfaces.compactMap { interface in
      links[interface.id].map {
        IPv6Status.Link(
          interface: interface.name, address: $0.address, linkLocal: $0.linkLocal, network: $0.network)
      }
    }
    status.neighbors = (0..<IPv6NeighborTable.capacity).compactMap { slot in
      gateway.ipv6Neighbors.entry(slot, now: now).map {
        IPv6Status.Neighbor(
          address: $0.hop.neighbor, interface: names[$0.hop.interface] ?? "?",
          hardwareAddress: $0.state.isResolved ? $0.state.address : nil, age: $0.age)
      }
    }
    return status
  }

  package var limit: LimitStatus {
    let usage = gateway.limit.usage
    return LimitStatus(maximum: gateway.limit.maximum, used: usage.used, peak: usage.peak, missed: usage.missed)
  }

  package func use(of pool: AddressPool) async -> PoolUse {
    PoolUse(of: pool, isShared: configuration.translation.shares(pool), gateway.policy.globalAddresses, gateway.ports)
  }

  package var export: ExportStatus { exporter.status }

  // MARK: Capture

  package func startCapture(on interface: InterfaceID?) -> Bool {
    let begins = isCapturing.withLock { capturing in
      defer { capturing = true }
      return !capturing
    }
    guard begins else { return false }
    // What an earlier capture left behind is not of this one.
    gateway.drainCapture { _ in }
    for id in interface.map({ [$0] }) ?? gateway.interfaces.map(\.id) { gateway.setCapture(interface: id, on: true) }
    return true
  }

  package func drainCapture(_ body: (CapturedFrame) -> Void) { gateway.drainCapture(body) }

  package var captureLost: UInt64 { gateway.captureLost }

  package func endCapture() {
    gateway.setCapture(interface: nil, on: false)
    isCapturing.withLock { $0 = false }
  }
}
