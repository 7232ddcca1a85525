package import Forwarding
package import WireFormats

/// How many entries there may be (`ip nat translation max-entries …`) beside the total.
package struct EntryLimits: Hashable, Sendable {
  /// Sessions of one access list's hosts.
  package struct ListLimit: Hashable, Sendable {
    package var accessList: String
    package var maximum: Int

    package init(accessList: String, maximum: Int) {
      self.accessList = accessList
      self.maximum = maximum
    }
  }

  /// Access lists that limits may name.
  package static let maximumLists = 15

  /// Sessions of named inside hosts, in whatever instance.
  package var hosts: [IPv4Address: Int] = [:]
  /// Sessions of every other inside host.
  package var allHosts: Int?
  /// Sessions of named instances.
  package var instances: [RoutingInstance: Int] = [:]
  /// Sessions of every other instance but the global one.
  package var allInstances: Int?
  /// In the order of the configuration: a session counts in the first list that permits its inside host.
  package var lists: [ListLimit] = []
  /// New sessions that one inside host may open in a second, with bursts of twice that (RFC 6888 REQ-4c).
  package var newSessionsPerSecond: Int?

  package init() {}

  /// Whether anything asks how many sessions an inside host has.
  package var limitsHosts: Bool { !hosts.isEmpty || allHosts != nil || newSessionsPerSecond != nil }
}

/// Ports given to a host in sets (`ip nat settings pap … bpa …`; RFC 6888 section 4, "port block allocation").
package struct PortBlocks: Hashable, Sendable, BitwiseCopyable {
  /// Ports of a set: 64, 128, 256, 512 or 1024.
  package var setSize: UInt16 = 64
  /// The distance between two ports of a set: 1, 2, 4, 8 or 16.
  package var stepSize: UInt16 = 1
  /// Whether a host gets one set only.
  package var singleSet = false

  package init() {}
}

/// What holds for all rules.
package struct TranslationSettings: Hashable, Sendable {
  /// Inside hosts that share one inside global address at most (`ip nat settings pap limit N`); nil for any number.
  package var hostsPerAddress: Int?
  package var portBlocks: PortBlocks?
  /// Seconds that a freed port of a mapping with endpoint-independent filtering rests before another host gets it
  /// (RFC 6888 REQ-8); 0 for none.
  package var holdDown: UInt32 = 0
  /// Ports that no dynamic mapping gets on an interface's address (`interface-overload block port`).
  package var blockedPorts: [BlockedPort] = []
  /// The ports that dynamic mappings get on an interface's address (`interface-overload port range`).
  package var interfacePorts: ClosedRange<UInt16>?
  /// The ICMP code that tells a sender that limits or pools are used up: 13 (RFC 5508 REQ-8) or 1 (RFC 6888 REQ-11).
  package var refusalCode: UInt8 = 13
  /// Seconds for which an unsolicited SYN waits for the inside host's own before its sender is told that nobody is
  /// there (RFC 5382 REQ-4); 0 for never telling.
  package var unsolicitedSYN: UInt32 = 0
  /// Source ports below 512 that may be substituted by any port (`ip nat service fullrange`).
  package var fullRange: [BlockedPort] = []
  /// Whether inbound packets of a session that is already there keep it alive (RFC 4787 REQ-6a).
  package var inboundRefresh = true

  package init() {}

  /// A port of TCP or UDP.
  package struct BlockedPort: Hashable, Sendable {
    package var transport: IPProtocol
    package var port: UInt16

    package init(transport: IPProtocol, port: UInt16) {
      self.transport = transport
      self.port = port
    }
  }
}

/// What is written down of mappings and sessions (`ip nat log translations …`).
package struct TranslationLogging: Hashable, Sendable {
  /// What a log speaks of.
  package enum Scope: Hashable, Sendable {
    /// Mappings only (`bind-only`, RFC 6888 REQ-12).
    case bindings
    /// Sessions too.
    case sessions
  }

  /// A collector of NetFlow version 9 records.
  package struct Collector: Hashable, Sendable {
    package var address: IPv4Address
    package var port: UInt16
    package var scope: Scope
    /// The interface whose address the datagrams come from.
    package var source: InterfaceID

    package init(address: IPv4Address, port: UInt16, scope: Scope, source: InterfaceID) {
      self.address = address
      self.port = port
      self.scope = scope
      self.source = source
    }
  }

  /// Collectors that a configuration may name.
  package static let maximumCollectors = 4

  /// `ip nat log translations syslog [bind-only]`.
  package var syslog: Scope?
  package var collectors: [Collector] = []

  package init() {}

  /// Whether anybody wants to hear of translations.
  package var isOn: Bool { syslog != nil || !collectors.isEmpty }
}

/// One switch of `ip nat service …`, kept for the gateways that it is about.
package struct ServiceStatement: Hashable, Sendable {
  /// The words after `service` in full, such as `["sip", "udp", "port", "5060"]`.
  package var words: [String]
  /// False for `no ip nat service …`.
  package var isOn: Bool

  package init(words: [String], isOn: Bool) {
    self.words = words
    self.isOn = isOn
  }
}
