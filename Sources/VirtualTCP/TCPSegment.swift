package import WireFormats

extension TCPFlags {
  /// PSH.
  package static var psh: Self { Self(rawValue: 0x08) }
  /// URG.
  package static var urg: Self { Self(rawValue: 0x20) }
  /// ECE and CWR (RFC 3168 section 6.1).
  static var congestion: Self { Self(rawValue: 0xC0) }
}

/// One TCP segment (RFC 9293 section 3.1) without addresses and ports, which are nothing to a stream; so it serves IPv4
/// and IPv6 alike.
package struct TCPSegment: Sendable {
  package var sequence: UInt32
  package var acknowledgment: UInt32
  package var flags: TCPFlags
  /// As in the header, not scaled.
  package var window: UInt16
  /// "Urgent Pointer", with URG.
  package var urgent: UInt16 = 0
  package var options = TCPOptions()
  package var payload: [UInt8] = []

  package init(sequence: UInt32, acknowledgment: UInt32, flags: TCPFlags, window: UInt16) {
    self.sequence = sequence
    self.acknowledgment = acknowledgment
    self.flags = flags
    self.window = window
  }

  /// Reads a segment from its header on; nil when the header is malformed. The checksum is not looked at.
  package init?(_ octets: Span<UInt8>) {
    guard let (header, length) = Self.header(of: octets) else { return nil }
    self = header
    let body = octets.extracting(length..<octets.count)
    payload = [UInt8](capacity: body.count) { target in
      for index in body.indices { target.append(body[index]) }
    }
  }

  /// The header at the beginning of a segment, as a segment without payload, and its length; nil when it is malformed.
  package static func header(of octets: Span<UInt8>) -> (segment: TCPSegment, length: Int)? {
    guard octets.count >= TCPField.minimumLength else { return nil }
    let length = Int(octets[TCPField.dataOffset] >> 4) * 4
    guard length >= TCPField.minimumLength, length <= octets.count else { return nil }
    var segment = TCPSegment(
      sequence: octets.number32(at: TCPField.sequence), acknowledgment: octets.number32(at: TCPField.acknowledgment),
      flags: TCPFlags(rawValue: octets[TCPField.flags]), window: octets.number16(at: 14))
    segment.urgent = octets.number16(at: 18)
    segment.options = TCPOptions(octets.extracting(TCPField.minimumLength..<length))
    return (segment, length)
  }

  /// Appends header and payload; the checksum is zero.
  package func write(to octets: inout [UInt8], from source: UInt16 = 0, to destination: UInt16 = 0) {
    let options = options.octets
    let length = TCPField.minimumLength + options.count
    octets += unsafe [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
      guard let base = buffer.baseAddress else { return }
      write(to: unsafe PacketOctets(base: base, count: length), options, from: source, to: destination)
      count = length
    }
    octets += payload
  }

  /// Writes the header with these options; the checksum is zero.
  package func write(to octets: PacketOctets, _ options: [UInt8], from source: UInt16, to destination: UInt16) {
    octets.store32(UInt32(source) << 16 | UInt32(destination), at: TCPField.sourcePort)
    octets.store32(sequence, at: TCPField.sequence)
    octets.store32(acknowledgment, at: TCPField.acknowledgment)
    octets.store8(UInt8((TCPField.minimumLength + options.count) / 4) << 4, at: TCPField.dataOffset)
    octets.store8(flags.rawValue, at: TCPField.flags)
    octets.store16(window, at: 14)
    octets.store32(UInt32(urgent), at: TCPField.checksum)
    if !options.isEmpty { octets.suffix(from: TCPField.minimumLength).store(options) }
  }
}
