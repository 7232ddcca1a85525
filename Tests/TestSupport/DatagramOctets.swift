package import WireFormats

/// The octets of a frame and what the device says of them.
package struct Frame: Sendable {
  package var octets: [UInt8]
  /// Where the IPv4 header begins.
  package var networkOffset: Int
  package var offload: FrameOffload

  package init(octets: [UInt8], networkOffset: Int = 14, offload: FrameOffload = .none) {
    self.octets = octets
    self.networkOffset = networkOffset
    self.offload = offload
  }
}

extension Datagram {
  private static func big16(_ value: Int) -> [UInt8] { [UInt8(value >> 8 & 255), UInt8(value & 255)] }
  private static func big32(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  /// The Ethernet frame.
  package func frame() -> Frame {
    // The destination is the gateway's; nothing in translation reads the Ethernet addresses.
    var octets: [UInt8] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2]
    if let vlan { octets += [0x81, 0x00] + Self.big16(Int(vlan)) }
    octets += [0x08, 0x00]
    let network = octets.count
    octets += packet() + [UInt8](repeating: 0, count: padding)
    return Frame(
      octets: octets, networkOffset: network,
      offload: FrameOffload(partialChecksum: partialChecksum, segmentSize: segmentSize))
  }

  /// The IPv4 packet.
  package func packet() -> [UInt8] {
    let transport = segment()
    let headerLength = 20 + options.count
    var header: [UInt8] = [0x40 | UInt8(headerLength / 4), 0]
    header += Self.big16(headerLength + transport.count) + Self.big16(Int(identification))
    header += Self.big16(Int((dontFragment ? 0x4000 : 0) | fragment))
    header += [timeToLive, protocolNumber, 0, 0]
    header += Self.big32(source.address.rawValue) + Self.big32(destination.address.rawValue) + options
    header.replaceSubrange(10..<12, with: Self.big16(Int(NaiveChecksum.checksum(header))))
    return header + transport
  }

  /// The number in the header's "Protocol" field.
  package var protocolNumber: UInt8 {
    switch body {
    case .tcp: 6
    case .udp: 17
    case .icmp: 1
    case .other(let number): number
    }
  }

  /// The transport header and the payload.
  private func segment() -> [UInt8] {
    let ports = Self.big16(Int(source.port)) + Self.big16(Int(destination.port))
    switch body {
    case .tcp(let flags):
      let offset = UInt8((20 + tcpOptions.count) / 4) << 4
      let numbers = Self.big32(sequence) + Self.big32(acknowledgment)
      let fixed = ports + numbers + [offset, flags.rawValue, 0xFF, 0xFF, 0, 0, 0, 0]
      return checksummed(fixed + tcpOptions + payload, at: 16)
    case .udp:
      let message = ports + Self.big16(8 + payload.count) + [0, 0] + payload
      return withoutChecksum ? message : checksummed(message, at: 6)
    case .icmp(let type, let code, let rest):
      var message = [type, code, 0, 0] + Self.big32(rest) + payload
      message.replaceSubrange(2..<4, with: Self.big16(Int(NaiveChecksum.checksum(message))))
      return message
    case .other: return payload
    }
  }

  /// Puts the checksum, or the pseudo-header's sum alone, into the field at `offset`.
  private func checksummed(_ message: [UInt8], at offset: Int) -> [UInt8] {
    let pseudo = NaiveChecksum.pseudoHeader(
      source: Self.big32(source.address.rawValue), destination: Self.big32(destination.address.rawValue),
      protocolNumber: protocolNumber, length: message.count)
    var field = partialChecksum ? NaiveChecksum.sum(pseudo) : NaiveChecksum.checksum(pseudo + message)
    if field == 0, protocolNumber == 17 { field = 0xFFFF }
    var result = message
    result.replaceSubrange(offset..<offset + 2, with: Self.big16(Int(field)))
    return result
  }
}
