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
    octets.append16(source)
    octets.append16(destination)
    octets.append32(sequence)
    octets.append32(acknowledgment)
    octets.append(UInt8((TCPField.minimumLength + options.count) / 4) << 4)
    octets.append(flags.rawValue)
    octets.append16(window)
    octets.append16(0)
    octets.append16(urgent)
    octets += options
    octets += payload
  }
}
