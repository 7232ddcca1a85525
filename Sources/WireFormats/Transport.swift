/// Offsets of a TCP header (RFC 9293 section 3.1), counted from its first octet.
@usableFromInline package enum TCPField {
  @inlinable package static var sourcePort: Int { 0 }
  @inlinable package static var destinationPort: Int { 2 }
  @inlinable package static var sequence: Int { 4 }
  @inlinable package static var acknowledgment: Int { 8 }
  /// "Data Offset" in the upper four bits.
  @inlinable package static var dataOffset: Int { 12 }
  @inlinable package static var flags: Int { 13 }
  @inlinable package static var checksum: Int { 16 }
  @inlinable package static var minimumLength: Int { 20 }
}

/// "Kind" of a TCP option (RFC 9293 section 3.1).
@usableFromInline package enum TCPOption {
  @inlinable package static var end: UInt8 { 0 }
  @inlinable package static var noOperation: UInt8 { 1 }
  @inlinable package static var maximumSegmentSize: UInt8 { 2 }
}

/// The control bits of a TCP header.
@usableFromInline package struct TCPFlags: OptionSet, Sendable, BitwiseCopyable {
  @usableFromInline package var rawValue: UInt8
  @inlinable package init(rawValue: UInt8) { self.rawValue = rawValue }
  @inlinable package static var fin: Self { Self(rawValue: 0x01) }
  @inlinable package static var syn: Self { Self(rawValue: 0x02) }
  @inlinable package static var rst: Self { Self(rawValue: 0x04) }
  @inlinable package static var ack: Self { Self(rawValue: 0x10) }
}

/// Offsets of a UDP header (RFC 768).
@usableFromInline package enum UDPField {
  @inlinable package static var sourcePort: Int { 0 }
  @inlinable package static var destinationPort: Int { 2 }
  @inlinable package static var length: Int { 4 }
  /// Zero where the sender computed none.
  @inlinable package static var checksum: Int { 6 }
  @inlinable package static var headerLength: Int { 8 }
}

/// Offsets and message types of ICMP (RFC 792).
@usableFromInline package enum ICMPField {
  @inlinable package static var type: Int { 0 }
  @inlinable package static var code: Int { 1 }
  @inlinable package static var checksum: Int { 2 }
  /// "Identifier" of a query: what RFC 5508 calls the Query Id.
  @inlinable package static var identifier: Int { 4 }
  /// "Next-Hop MTU" of a fragmentation-needed message (RFC 1191 section 4).
  @inlinable package static var nextHopMTU: Int { 6 }
  /// Where an error quotes the datagram it is about.
  @inlinable package static var quotation: Int { 8 }
  @inlinable package static var headerLength: Int { 8 }
}

/// ICMP's "Type" values that a NAT tells apart.
@usableFromInline package enum ICMPType {
  @inlinable package static var echoReply: UInt8 { 0 }
  @inlinable package static var destinationUnreachable: UInt8 { 3 }
  @inlinable package static var sourceQuench: UInt8 { 4 }
  @inlinable package static var redirect: UInt8 { 5 }
  @inlinable package static var echoRequest: UInt8 { 8 }
  @inlinable package static var timeExceeded: UInt8 { 11 }
  @inlinable package static var parameterProblem: UInt8 { 12 }
  @inlinable package static var timestampRequest: UInt8 { 13 }
  @inlinable package static var timestampReply: UInt8 { 14 }

  /// Whether the message quotes a datagram (RFC 1122 section 3.2.2).
  @inlinable package static func isError(_ type: UInt8) -> Bool {
    type == destinationUnreachable || type == timeExceeded || type == parameterProblem || type == sourceQuench
      || type == redirect
  }

  /// Whether the message asks (an echo or timestamp request).
  @inlinable package static func isQuery(_ type: UInt8) -> Bool { type == echoRequest || type == timestampRequest }

  /// Whether the message answers a query.
  @inlinable package static func isReply(_ type: UInt8) -> Bool { type == echoReply || type == timestampReply }
}
