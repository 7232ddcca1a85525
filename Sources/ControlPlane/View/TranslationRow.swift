package import Forwarding
package import WireFormats

/// An address with the port or query identifier that goes with it, as a listing shows it.
package struct ListedEndpoint: Hashable, Sendable {
  package var address: IPv4Address
  /// Nil for an entry that carries every port, and for protocols without ports.
  package var port: UInt16?

  package init(_ address: IPv4Address, port: UInt16? = nil) {
    self.address = address
    self.port = port
  }
}

/// One line of `show ip nat translations`.
package struct TranslationRow: Hashable, Sendable {
  /// What an entry is.
  package enum Kind: String, Sendable, CaseIterable {
    /// A static entry of the configuration.
    case `static`
    /// The address that a host has for itself under a rule without `overload`: the parent of its sessions.
    case address
    /// A session, which IOS calls an extended entry.
    case session
  }

  /// The other end of a session.
  package struct Outside: Hashable, Sendable {
    package var local: ListedEndpoint
    package var global: ListedEndpoint

    package init(local: ListedEndpoint, global: ListedEndpoint) {
      self.local = local
      self.global = global
    }
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

  /// What else is known of a session; the raw values are the words of listings.
  package enum Mark: String, Sendable, CaseIterable {
    /// A static entry admitted it.
    case `static`
    /// It was opened from outside.
    case inbound
    /// It has the timer of `dns-timeout`.
    case dns
    /// A TCP connection whose handshake is complete.
    case established
    /// A TCP connection after FIN or RST.
    case closing
  }

  package var kind: Kind
  /// Nil for an entry of every protocol.
  package var protocolNumber: IPProtocol?
  package var insideGlobal: ListedEndpoint
  package var insideLocal: ListedEndpoint
  /// Nil for an entry that is not about one other end.
  package var outside: Outside?
  package var instance: RoutingInstance
  /// The dynamic rule that made it, counted from 1 in the configuration's order; nil for static entries and theirs.
  package var rule: Int?
  /// In the order of `Mark`'s cases.
  package var marks: [Mark]
  /// Nil for a static entry, which neither begins nor ends.
  package var age: Age?
  /// The worker that owns it; nil for a static entry.
  package var worker: Int?

  package init(
    kind: Kind, protocolNumber: IPProtocol?, insideGlobal: ListedEndpoint, insideLocal: ListedEndpoint,
    outside: Outside? = nil, instance: RoutingInstance = .global, rule: Int? = nil, marks: [Mark] = [],
    age: Age? = nil, worker: Int? = nil
  ) {
    self.kind = kind
    self.protocolNumber = protocolNumber
    self.insideGlobal = insideGlobal
    self.insideLocal = insideLocal
    self.outside = outside
    self.instance = instance
    self.rule = rule
    self.marks = marks
    self.age = age
    self.worker = worker
  }
}

/// Which rows a listing shows.
package struct TranslationFilter: Hashable, Sendable {
  /// Nil for every protocol.
  package var protocolNumber: IPProtocol?
  /// Only rows that show the address as inside local or inside global.
  package var inside: IPv4Address?
  /// Only rows that show the address as outside local or outside global.
  package var outside: IPv4Address?

  package init(protocolNumber: IPProtocol? = nil, inside: IPv4Address? = nil, outside: IPv4Address? = nil) {
    self.protocolNumber = protocolNumber
    self.inside = inside
    self.outside = outside
  }

  /// Whether the filter lets a row through.
  package func admits(_ row: TranslationRow) -> Bool {
    if let protocolNumber, row.protocolNumber != protocolNumber { return false }
    if let inside, row.insideLocal.address != inside, row.insideGlobal.address != inside { return false }
    if let outside, row.outside?.local.address != outside, row.outside?.global.address != outside { return false }
    return true
  }
}
