import Forwarding
import Translation
import WireFormats

extension Worker where IO: ~Copyable {
  /// Datagrams of the gateway's own that one turn sends, so that they do not take the frames' buffers.
  static var ownDatagramsPerTurn: Int { 16 }

  /// Sends what other threads left.
  mutating func sendOwnDatagrams() {
    for datagram in handle.outbox.take(Self.ownDatagramsPerTurn) {
      sendOwn(datagram) ? datagram.tally.countSent() : datagram.tally.countUnsent()
    }
  }

  /// Sends one datagram to its next hop, or lets it wait until that has said its Ethernet address. False when it has no
  /// way: no address to come from, no route, no buffer, no room to wait, or larger than the link's MTU.
  private mutating func sendOwn(_ datagram: OwnDatagram) -> Bool {
    let source = links[datagram.source].address
    let total = IPv4Field.minimumLength + UDPField.headerLength + datagram.payload.count
    guard source != .unspecified,
      let hop = translator.policy.routes.nextHop(to: datagram.destination, in: datagram.instance),
      let egress = plan.interfaces.first(where: { $0.id == hop.interface }), total <= Int(egress.mtu)
    else { return false }
    guard let neighbor = plan.neighbors.findOrAdd(hop, now: now) else {
      handle.counters.count(.neighborTableFull)
      return false
    }
    let link = links[hop.interface]
    let network = link.vlan == 0 ? Ethernet.headerLength : Ethernet.headerLength + Ethernet.tagLength
    guard total + VirtioHeader.size + network <= Int(memory.readCapacity), var frame = newFrame(device: link.device)
    else { return false }
    frame.ingress = hop.interface
    frame.length = UInt32(VirtioHeader.size + network + total)
    ownPacketIdentification &+= 1
    datagram.write(to: memory.octets(of: frame).suffix(from: network), from: source, ownPacketIdentification)
    let state = plan.neighbors.state(of: neighbor)
    guard state.isResolved else {
      return wait(frame, network: network, end: network + total, exceedsLink: false, for: neighbor)
    }
    transmit(frame, network: network, end: network + total, to: state)
    return true
  }
}

extension OwnDatagram {
  /// Writes the datagram from its IPv4 header on. It may be fragmented on its way, since nobody here would hear that it
  /// was too large; `identification` is what tells its fragments from others'.
  func write(to target: PacketOctets, from address: IPv4Address, _ identification: UInt16) {
    let total = IPv4Field.minimumLength + UDPField.headerLength + payload.count
    target.store16(0x4500, at: IPv4Field.versionAndIHL)
    target.store16(UInt16(total), at: IPv4Field.totalLength)
    target.store16(identification, at: IPv4Field.identification)
    target.store16(0, at: IPv4Field.fragment)
    target.store8(ICMPReplies.timeToLive, at: IPv4Field.timeToLive)
    target.store8(IPProtocol.udp.rawValue, at: IPv4Field.protocolNumber)
    target.store16(0, at: IPv4Field.checksum)
    target.store32(address.rawValue, at: IPv4Field.source)
    target.store32(destination.rawValue, at: IPv4Field.destination)
    target.store16(InternetChecksum.finish(target.sum(0..<IPv4Field.minimumLength)), at: IPv4Field.checksum)

    let transport = IPv4Field.minimumLength
    let length = UDPField.headerLength + payload.count
    target.store16(sourcePort, at: transport + UDPField.sourcePort)
    target.store16(destinationPort, at: transport + UDPField.destinationPort)
    target.store16(UInt16(length), at: transport + UDPField.length)
    target.store16(0, at: transport + UDPField.checksum)
    for (offset, octet) in payload.enumerated() { target.store8(octet, at: transport + UDPField.headerLength + offset) }
    let sum =
      InternetChecksum.pseudoHeader(source: address, destination: destination, protocol: .udp, length: length)
      &+ target.sum(transport..<total)
    let checksum = InternetChecksum.finish(sum)
    // Zero would say that there is none (RFC 768).
    target.store16(checksum == 0 ? 0xFFFF : checksum, at: transport + UDPField.checksum)
  }
}
