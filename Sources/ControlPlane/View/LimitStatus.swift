package import Forwarding
package import WireFormats

/// The session limit (`ip nat translation max-entries`) and what became of it.
package struct LimitStatus: Hashable, Sendable {
  package var maximum: Int
  package var used: Int
  /// The most sessions there ever were.
  package var peak: Int
  /// Sessions refused because of it.
  package var missed: UInt64

  package init(maximum: Int, used: Int, peak: Int, missed: UInt64) {
    self.maximum = maximum
    self.used = used
    self.peak = peak
    self.missed = missed
  }
}

/// Whose sessions a limit counts.
package enum LimitSubject: Hashable, Sendable {
  /// An inside host.
  package struct Host: Hashable, Sendable {
    package var address: IPv4Address
    package var instance: RoutingInstance

    package init(_ address: IPv4Address, _ instance: RoutingInstance = .global) {
      self.address = address
      self.instance = instance
    }
  }

  case host(Host)
  /// An access list, by its name.
  case list(String)
  case instance(RoutingInstance)
}

/// What a limit counts.
package struct LimitUse: Hashable, Sendable {
  /// Sessions now.
  package var used: Int
  /// Sessions that were refused because of it.
  package var missed: UInt64

  package init(used: Int, missed: UInt64) {
    self.used = used
    self.missed = missed
  }
}

/// How much of a pool is given out.
package struct PoolUse: Hashable, Sendable {
  /// Ports of one kind over all addresses of a pool.
  package struct Ports: Hashable, Sendable {
    package var assigned: Int
    package var available: Int

    package init(assigned: Int, available: Int) {
      self.assigned = assigned
      self.available = available
    }
  }

  /// The ports of a pool that inside hosts share: below 1024, and from 1024 on.
  package struct SharedPorts: Hashable, Sendable {
    package var udpLow: Ports
    package var tcpLow: Ports
    package var udpHigh: Ports
    package var tcpHigh: Ports

    package init(udpLow: Ports, tcpLow: Ports, udpHigh: Ports, tcpHigh: Ports) {
      self.udpLow = udpLow
      self.tcpLow = tcpLow
      self.udpHigh = udpHigh
      self.tcpHigh = tcpHigh
    }
  }

  /// Addresses of which a host has the whole or a port.
  package var assignedAddresses: Int
  /// Nil for a pool whose addresses are not shared by ports.
  package var ports: SharedPorts?

  package init(assignedAddresses: Int, ports: SharedPorts? = nil) {
    self.assignedAddresses = assignedAddresses
    self.ports = ports
  }
}

/// What virtual reassembly follows, and what became of it, on one interface.
package struct ReassemblyUse: Hashable, Sendable {
  /// Datagrams that are followed now.
  package var datagrams: Int
  /// Their fragments.
  package var fragments: Int
  /// Datagrams of which every fragment came.
  package var completed: UInt64
  /// Datagrams that were given up because fragments did not come in time.
  package var timedOut: UInt64
  /// Datagrams that were dropped for their fragments, with their first one, or to make room for others.
  package var refused: UInt64

  package init(datagrams: Int, fragments: Int, completed: UInt64, timedOut: UInt64, refused: UInt64) {
    self.datagrams = datagrams
    self.fragments = fragments
    self.completed = completed
    self.timedOut = timedOut
    self.refused = refused
  }
}

/// The doors that gateways hold open (pinholes, in other words).
package struct DoorCount: Hashable, Sendable {
  /// Opened by application-level gateways.
  package var application: Int
  /// All others.
  package var normal: Int

  package init(application: Int, normal: Int) {
    self.application = application
    self.normal = normal
  }
}

/// What `clear` did.
package struct ClearResult: Hashable, Sendable {
  /// Entries that were ended.
  package var cleared: Int
  /// Sessions that kept an entry from being cleared, because `forced` was not said.
  package var spared: Int

  package init(cleared: Int, spared: Int = 0) {
    self.cleared = cleared
    self.spared = spared
  }
}
