/// An ARP message for IPv4 over Ethernet (RFC 826).
///
///     0       2       4    5    6         8              14          18             24          28
///     | hw type | proto | 6 | 4 | operation | sender MAC | sender IP | target MAC | target IP |
package struct ARPPacket: Equatable, Sendable {
  /// "ar$op".
  package enum Operation: UInt16, Sendable {
    case request = 1
    case reply = 2
  }

  package var operation: Operation
  package var senderMAC: MACAddress
  package var sender: IPv4Address
  package var targetMAC: MACAddress
  package var target: IPv4Address

  /// Octets of the message without its Ethernet header.
  package static let length = 28

  package init(
    operation: Operation, senderMAC: MACAddress, sender: IPv4Address, targetMAC: MACAddress, target: IPv4Address
  ) {
    self.operation = operation
    self.senderMAC = senderMAC
    self.sender = sender
    self.targetMAC = targetMAC
    self.target = target
  }

  /// Reads the message at `offset`; nil for other hardware or protocol types, other lengths or operations, and for a
  /// sender with a group address.
  package init?(_ octets: PacketOctets, at offset: Int) {
    guard offset >= 0, octets.count >= offset + Self.length,
      octets.load16(at: offset) == 1, octets.load16(at: offset + 2) == Ethernet.typeIPv4,
      octets.load16(at: offset + 4) == 0x0604,
      let operation = Operation(rawValue: octets.load16(at: offset + 6))
    else { return nil }
    self.operation = operation
    senderMAC = octets.macAddress(at: offset + 8)
    sender = octets.address(at: offset + 14)
    targetMAC = octets.macAddress(at: offset + 18)
    target = octets.address(at: offset + 24)
    guard !senderMAC.isGroup else { return nil }
  }

  /// Writes the message at `offset`.
  package func write(to octets: PacketOctets, at offset: Int) {
    octets.store16(1, at: offset)
    octets.store16(Ethernet.typeIPv4, at: offset + 2)
    octets.store16(0x0604, at: offset + 4)
    octets.store16(operation.rawValue, at: offset + 6)
    octets.store(senderMAC, at: offset + 8)
    octets.store32(sender.rawValue, at: offset + 14)
    octets.store(targetMAC, at: offset + 18)
    octets.store32(target.rawValue, at: offset + 24)
  }
}
