package import WireFormats

/// Writes the frames of one side in the classic pcap format with nanoseconds, as Ethernet.
package struct CaptureWriter: Sendable {
  /// Octets that are not fetched yet.
  package private(set) var octets: [UInt8] = []
  /// The frames written.
  package private(set) var count = 0

  /// The start of a file: nanosecond magic, version 2.4, the longest snap length, LINKTYPE_ETHERNET.
  package init() {
    octets.append(little: 0xA1B2_3C4D)
    octets.append(little: 4 << 16 | 2)
    octets.append(little: 0)
    octets.append(little: 0)
    octets.append(little: 262_144)
    octets.append(little: 1)
  }

  /// Appends an IPv4 packet as a frame between two stations; `time` is in nanoseconds since 1970.
  package mutating func append(
    _ packet: some Collection<UInt8>, from source: MACAddress, to destination: MACAddress, at time: UInt64
  ) {
    let length = UInt32(clamping: Ethernet.headerLength + packet.count)
    octets.append(little: UInt32(truncatingIfNeeded: time / 1_000_000_000))
    octets.append(little: UInt32(time % 1_000_000_000))
    octets.append(little: length)
    octets.append(little: length)
    for address in [destination, source] {
      for shift in stride(from: UInt64(40), through: 0, by: -8) {
        octets.append(UInt8(truncatingIfNeeded: address.rawValue >> shift))
      }
    }
    octets += [UInt8(Ethernet.typeIPv4 >> 8), UInt8(Ethernet.typeIPv4 & 255)]
    octets += packet
    count += 1
  }

  /// Takes what has been written.
  package mutating func take() -> [UInt8] {
    defer { octets = [] }
    return octets
  }
}

extension [UInt8] {
  fileprivate mutating func append(little value: UInt32) {
    for shift in stride(from: 0, to: 32, by: 8) { append(UInt8(truncatingIfNeeded: value >> shift)) }
  }
}
