/// A routing instance (a VRF in Cisco's words): addresses of two instances never meet.
@usableFromInline package struct RoutingInstance: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
  @usableFromInline package var rawValue: UInt16
  @inlinable package init(rawValue: UInt16) { self.rawValue = rawValue }

  /// The instance that interfaces belong to unless their configuration says otherwise.
  @inlinable package static var global: Self { Self(rawValue: 0) }
}

/// The side of the translator that an interface faces (RFC 2663 section 2.1's address realms, in Cisco's words).
@usableFromInline package enum Realm: UInt8, Sendable, BitwiseCopyable {
  /// No `ip nat` statement: packets are routed, not translated.
  case none
  /// `ip nat inside`.
  case inside
  /// `ip nat outside`.
  case outside
}
