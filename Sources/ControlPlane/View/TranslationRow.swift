package import Forwarding
package import WireFormats

/// An address with the port or query identifier that goes with it, as a listing shows it.
package struct ListedEndpoint: Hashable, Sendable {
  package var address: IPv4Address
  /// Nil for an entry that carries every port, and for protocols without ports.
  package var port: UInt16?
  /// The prefix length of an entry for a whole network; nil for one address.
  package var prefixLength: UInt8?

  package init(_ address: IPv4Address, port: UInt16? = nil, prefixLength: UInt8? = nil) {
    self.address = address
    self.port = port
    self.prefixLength = prefixLength
  }
}

/// One line of `show ip nat translations`.
package struct TranslationRow: Hashable, Sendable {
  /// What an entry is.
  package enum Kind: String, Sendable, CaseIterable {
    /// A static entry of the configuration.
    case `static`
    /// The address that an inside host has for itself under a rule without `overload`, or that an outside host has
    /// under a rule for outside sources: the parent of its sessions.
    case address
    /// A session, which IOS calls an extended entry.
    case session
  }

  /// What one side is called by both realms.
  package struct Names: Hashable, Sendable {
    package var local: ListedEndpoint
    package var global: ListedEndpoint

    package init(local: ListedEndpoint, global: ListedEndpoint) {
      self.local = local
      self.global = global
    }

    /// Whether the two names differ.
    package var areTranslated: Bool { local != global }
  }

  /// How old an entry is and how long it lasts, in seconds.
  package struct Age: Hashable, Sendable {
    /// Since it was made.
    package var created: UInt32
    /// Since the last packet that counts as use.
    package var idle: UInt32
    /// Of idleness after which it ends; nil for an entry that never does.
    package var timeout: UInt32?

    package init(created: UInt32, idle: UInt32, timeout: UInt32?) {
      self.created = created
      self.idle = idle
      self.timeout = timeout
    }

    /// Until it ends if nothing uses it.
    package var left: UInt32? { timeout.map { $0 > idle ? $0 - idle : 0 } }
  }

  /// What else is known of an entry; the raw values are the words of listings.
  package enum Mark: String, Sendable, CaseIterable {
    /// A static entry admitted it.
    case `static`
    /// It is about an outside host.
    case outside
    /// A rule for inside destinations made it.
    case destination
    /// It was opened from outside.
    case inbound
    /// It has the timer of `dns-timeout`.
    case dns
    /// A TCP connection whose handshake is complete.
    case established
    /// A TCP connection after FIN or RST.
    case closing
  }

  /// Where an entry lies and who counts on it.
  package struct Place: Hashable, Sendable {
    /// The worker that owns it; nil for an outside host's address, which all workers share.
    package var worker: Int?
    /// Its record number in that table.
    package var record: UInt32
    /// The sessions that use it; 0 for a session.
    package var users: UInt32

    package init(worker: Int?, record: UInt32, users: UInt32 = 0) {
      self.worker = worker
      self.record = record
      self.users = users
    }
  }

  package var kind: Kind
  /// Nil for an entry of every protocol.
  package var protocolNumber: IPProtocol?
  /// Nil for an entry that is about outside hosts only.
  package var inside: Names?
  /// Nil for an entry that is not about one other end.
  package var outside: Names?
  /// The instance of the inside hosts.
  package var instance: RoutingInstance
  /// The dynamic rule that made it, by its `RuleSummary` number; nil for static entries and theirs.
  package var rule: Int?
  /// The identifier of its rule for inside sources, which stays the same across reloads; nil for other entries.
  package var ruleID: UInt16?
  /// In the order of `Mark`'s cases.
  package var marks: [Mark]
  /// Nil for a static entry, which neither begins nor ends.
  package var age: Age?
  /// Nil for a static entry, which no worker owns.
  package var place: Place?

  package init(
    kind: Kind, protocolNumber: IPProtocol?, inside: Names?, outside: Names? = nil,
    instance: RoutingInstance = .global, rule: Int? = nil, ruleID: UInt16? = nil, marks: [Mark] = [],
    age: Age? = nil, place: Place? = nil
  ) {
    self.kind = kind
    self.protocolNumber = protocolNumber
    self.inside = inside
    self.outside = outside
    self.instance = instance
    self.rule = rule
    self.ruleID = ruleID
    self.marks = marks
    self.age = age
    self.place = place
  }
}
