package import WireFormats

/// What a test says of a packet, from which `frame()` makes its octets: IPv4 over Ethernet with right checksums,
/// unless it is told otherwise.
package struct Datagram: Sendable {
  /// What the packet carries.
  package enum Body: Sendable {
    case tcp(TCPFlags)
    case udp
    /// An ICMP message of the first eight octets `type`, `code`, checksum, and four more.
    case icmp(type: UInt8, code: UInt8, rest: UInt32)
    /// Another protocol, whose octets are the payload alone.
    case other(UInt8)
  }

  package var source: SocketAddress
  package var destination: SocketAddress
  package var body: Body
  package var payload: [UInt8] = Array("sallyport".utf8)
  package var timeToLive: UInt8 = 64
  package var dontFragment = false
  /// MF and "Fragment Offset" as in the header.
  package var fragment: UInt16 = 0
  /// "Identification".
  package var identification: UInt16 = 0x1234
  /// IPv4 options, a multiple of four octets.
  package var options: [UInt8] = []
  /// TCP options, a multiple of four octets.
  package var tcpOptions: [UInt8] = []
  /// "Sequence Number" and "Acknowledgment Number" of a TCP segment.
  package var sequence: UInt32 = 1
  package var acknowledgment: UInt32 = 2
  /// The 802.1Q tag, if any.
  package var vlan: UInt16?
  /// Octets after the packet, as Ethernet pads short frames.
  package var padding = 0
  /// Leaves the transport checksum to the device: the field holds the pseudo-header's sum.
  package var partialChecksum = false
  /// The payload octets of each segment of a super-frame; 0 for an ordinary frame.
  package var segmentSize: UInt16 = 0
  /// A UDP packet whose sender computed no checksum.
  package var withoutChecksum = false

  package init(from source: SocketAddress, to destination: SocketAddress, _ body: Body) {
    self.source = source
    self.destination = destination
    self.body = body
  }

  /// A TCP segment; without flags an acknowledgment.
  package static func tcp(
    from source: SocketAddress, to destination: SocketAddress, _ flags: TCPFlags = .ack
  ) -> Self {
    Self(from: source, to: destination, .tcp(flags))
  }

  /// A UDP datagram.
  package static func udp(from source: SocketAddress, to destination: SocketAddress) -> Self {
    Self(from: source, to: destination, .udp)
  }

  /// An echo request with an identifier.
  package static func echoRequest(
    from source: Host, to destination: IPv4Address, identifier: UInt16
  ) -> Self {
    Self(
      from: source.at(0), to: SocketAddress(destination, 0),
      .icmp(type: 8, code: 0, rest: UInt32(identifier) << 16 | 7))
  }

  /// An echo reply with an identifier.
  package static func echoReply(
    from source: Host, to destination: IPv4Address, identifier: UInt16
  ) -> Self {
    Self(
      from: source.at(0), to: SocketAddress(destination, 0),
      .icmp(type: 0, code: 0, rest: UInt32(identifier) << 16 | 7))
  }

  /// An ICMP error about `packet`, which it quotes up to `quoting` octets (RFC 792 asks for the header and eight more).
  package static func icmpError(
    type: UInt8, code: UInt8 = 0, rest: UInt32 = 0, from source: IPv4Address, to destination: IPv4Address,
    about packet: [UInt8], quoting limit: Int = 548
  ) -> Self {
    var error = Self(
      from: SocketAddress(source, 0), to: SocketAddress(destination, 0), .icmp(type: type, code: code, rest: rest))
    error.payload = Array(packet.prefix(limit))
    return error
  }

  /// The packet with a change: `.udp(…).with { $0.timeToLive = 1 }`.
  package func with(_ change: (inout Self) -> Void) -> Self {
    var copy = self
    change(&copy)
    return copy
  }

  /// The packet that answers this one: ends swapped.
  package var reversed: Self {
    with { ($0.source, $0.destination) = (destination, source) }
  }
}
