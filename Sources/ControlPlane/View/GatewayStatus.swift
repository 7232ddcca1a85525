package import Forwarding
package import Translation
package import WireFormats

/// An interface as `show interfaces` shows it.
package struct InterfaceStatus: Sendable {
  /// The kernel's device under an interface.
  package struct Device: Sendable {
    package var name: String
    /// The network namespace of the kernel's end; nil for the gateway's own.
    package var networkNamespace: String?
    package var queues: Int
    /// The link's MTU in octets.
    package var mtu: Int
    /// The offloads in force.
    package var offload: String
    /// How frames find their worker: `ebpf`, or `software` and why.
    package var steering: String

    package init(
      name: String, networkNamespace: String? = nil, queues: Int, mtu: Int, offload: String, steering: String
    ) {
      self.name = name
      self.networkNamespace = networkNamespace
      self.queues = queues
      self.mtu = mtu
      self.offload = offload
      self.steering = steering
    }
  }

  package var interface: NetworkInterface
  package var device: Device
  package var receivedPackets: UInt64
  package var receivedOctets: UInt64
  package var sentPackets: UInt64
  package var sentOctets: UInt64

  package init(
    interface: NetworkInterface, device: Device, receivedPackets: UInt64 = 0, receivedOctets: UInt64 = 0,
    sentPackets: UInt64 = 0, sentOctets: UInt64 = 0
  ) {
    self.interface = interface
    self.device = device
    self.receivedPackets = receivedPackets
    self.receivedOctets = receivedOctets
    self.sentPackets = sentPackets
    self.sentOctets = sentOctets
  }
}

/// A counter with the name that `--json` gives it.
package struct NamedCount: Hashable, Sendable {
  package var name: String
  package var value: UInt64

  package init(_ name: String, _ value: UInt64) {
    self.name = name
    self.value = value
  }
}

/// A worker as `show workers` shows it.
package struct WorkerStatus: Sendable {
  package var index: Int
  package var core: Int
  /// The memory node of the core.
  package var node: Int
  /// How it moves frames: `io_uring`, or `read/write` and why.
  package var engine: String
  /// What pages its tables and buffers lie in.
  package var pageKind: String
  /// What its translator counts.
  package var translation: [TranslationCounter: UInt64]
  /// What its loop counts, in the order of the dataplane's counters.
  package var load: [NamedCount]
  /// Its drops; reasons that never occurred may be absent.
  package var drops: [DropReason: UInt64]
  /// The last host that a dynamic rule refused a session.
  package var lastRefusal: Refusal?

  /// Whom a dynamic rule refused a session, and why.
  package struct Refusal: Hashable, Sendable {
    package var host: IPv4Address
    /// The rule's number from 0.
    package var rule: Int
    package var reason: DropReason

    package init(host: IPv4Address, rule: Int, reason: DropReason) {
      self.host = host
      self.rule = rule
      self.reason = reason
    }
  }

  package init(
    index: Int, core: Int, node: Int = 0, engine: String, pageKind: String,
    translation: [TranslationCounter: UInt64] = [:], load: [NamedCount] = [], drops: [DropReason: UInt64] = [:],
    lastRefusal: Refusal? = nil
  ) {
    self.index = index
    self.core = core
    self.node = node
    self.engine = engine
    self.pageKind = pageKind
    self.translation = translation
    self.load = load
    self.drops = drops
    self.lastRefusal = lastRefusal
  }
}

/// A neighbour as `show ip arp` shows it.
package struct NeighborRow: Hashable, Sendable {
  package var address: IPv4Address
  package var interface: String
  /// Nil while it has not answered.
  package var hardwareAddress: MACAddress?
  /// Seconds since it last answered, or since the first request; nil for the gateway's own address.
  package var age: UInt32?

  package init(address: IPv4Address, interface: String, hardwareAddress: MACAddress?, age: UInt32?) {
    self.address = address
    self.interface = interface
    self.hardwareAddress = hardwareAddress
    self.age = age
  }
}
