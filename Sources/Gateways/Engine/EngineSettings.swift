package import Translation

/// What an operator says of the slow path.
package struct EngineSettings: Hashable, Sendable {
  /// What becomes of a TCP connection whose buffers reach their bound.
  package enum Overflow: String, Hashable, Sendable, CaseIterable {
    /// It goes on, and no gateway looks into it any more.
    case pass
    /// It is reset on both sides.
    case reset
  }

  /// The gateways that are on.
  package var enabled: Set<GatewayID> = []
  /// Those that say what they would do, and do nothing.
  package var dryRun: Set<GatewayID> = []
  /// Whether devices take and give TCP super-frames.
  package var superFrames = false
  /// The same over IPv6.
  package var superFramesIPv6 = false
  /// Idle times of sessions over IPv6; others are the workers'.
  package var timeouts = Timeouts()
  /// Octets that all connections of one slow-path worker may hold.
  package var maximumOctets = 256 << 20
  /// Octets that the connections of one inside host may hold, as far as half of all has room for them.
  package var octetsPerHost = 16 << 20
  /// Octets that one connection may hold.
  package var octetsPerConnection = 256 << 10
  package var overflow = Overflow.pass
  package var options = GatewayOptions()
  /// How many calls an address may begin; nil for any number.
  package var callRate: CallRate?

  package init() {}
}

/// What gateways are told of their configuration.
package struct GatewayOptions: OptionSet, Hashable, Sendable {
  package var rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }
  /// Translated DNS records get a time to live of 0 (`ip nat service dns-reset-ttl`).
  package static var resetsTTL: Self { Self(rawValue: 1) }
  /// Bodies of several parts are read (`ip nat service allow-multipart`).
  package static var readsParts: Self { Self(rawValue: 2) }
  /// RTP gets an even port outside, whatever it has inside (`ip nat service allow-sip-even-rtp-ports`).
  package static var evenMediaPorts: Self { Self(rawValue: 4) }
  /// Media of two inside hosts take the direct way (`ip nat service sip direct-media`).
  package static var directMedia: Self { Self(rawValue: 8) }
}
