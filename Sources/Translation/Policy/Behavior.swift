/// Which packets of one inside endpoint share an inside global endpoint (RFC 4787 section 4.1).
package enum MappingBehavior: UInt8, Hashable, Sendable, BitwiseCopyable {
  /// All of them, whomever they go to (REQ-1).
  case endpointIndependent
  /// Those to one outside address.
  case addressDependent
  /// Those to one outside address and port.
  case addressAndPortDependent
}

/// Which packets from outside an inside global endpoint admits (RFC 4787 section 5).
package enum FilteringBehavior: UInt8, Hashable, Sendable, BitwiseCopyable {
  /// From anybody, while the mapping exists.
  case endpointIndependent
  /// From hosts that the inside endpoint has sent to.
  case addressDependent
  /// From endpoints that the inside endpoint has sent to; IOS's behavior.
  case addressAndPortDependent
}

/// Whether all sessions of one inside host use one inside global address (RFC 4787 section 4.1, REQ-2).
package enum PoolingBehavior: UInt8, Hashable, Sendable, BitwiseCopyable {
  case paired
  case arbitrary
}

/// How an inside port gets its substitute.
package enum PortAssignment: Hashable, Sendable {
  /// The inside port itself where it is free, otherwise a random one of its class.
  case preserve
  /// Always a random one of its class (RFC 6056, RFC 6888 REQ-15).
  case random
  /// Computable from the inside address (RFC 7422): each inside host has a fixed range of `portsPerHost` ports of one
  /// address, from 1024 plus `reserved` on.
  case deterministic(portsPerHost: UInt16, reserved: UInt16)
}
