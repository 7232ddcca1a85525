import WireFormats

/// The two sides of a gateway.
enum Realm {
  case inside
  case outside
}

/// A lane's share of one end: a queue, the frames on their way to and from it, and the hosts behind it, who answer
/// address resolutions.
final class Side {
  let realm: Realm
  private let port: any FramePort
  private let network: SimulatedNetwork
  private let outgoing = FrameBatch()
  private let incoming = FrameBatch()
  /// Our Ethernet address, and the one that frames go to: the gateway's, as far as it is known.
  private(set) var link: LinkAddresses
  /// Frames that the device refused since this was last asked.
  private var refused: UInt64 = 0

  init(_ realm: Realm, port: any FramePort, network: SimulatedNetwork) {
    self.realm = realm
    self.port = port
    self.network = network
    link = LinkAddresses(
      source: realm == .inside ? SimulatedNetwork.insideMAC : SimulatedNetwork.outsideMAC, destination: .broadcast)
  }

  var descriptor: Int32 { port.descriptor }

  /// Frames that arrived and found no room on the generator's own side since this was last asked.
  func overruns() -> UInt64 { port.overruns() }

  /// Frames that the device had no room for since this was last asked: the gateway behind it did not keep up.
  func refusals() -> UInt64 {
    defer { refused = 0 }
    return refused
  }

  /// Frames to the gateway go to this address from now on.
  func learn(_ gateway: MACAddress) { link.destination = gateway }

  // MARK: Sending

  /// Room for a frame, which leaves with the next `flush`. Whole batches leave by themselves.
  func room(_ length: Int) -> PacketOctets {
    if outgoing.count == FrameBatch.capacity { flush() }
    return outgoing.add(length)
  }

  /// Says of the frame written last that it is a super-frame to be cut into segments of `size` octets of payload.
  func markSuperFrame(segmentSize size: Int, headerLength: Int) {
    let header = outgoing.header(outgoing.count - 1)
    header.store8(VirtioHeader.needsChecksum, at: VirtioHeader.flags)
    header.store8(VirtioHeader.gsoTCPv4, at: VirtioHeader.gsoType)
    header.store16(UInt16(headerLength).byteSwapped, at: VirtioHeader.headerLength)
    header.store16(UInt16(size).byteSwapped, at: VirtioHeader.gsoSize)
    header.store16(
      UInt16(Ethernet.headerLength + IPv4Field.minimumLength).byteSwapped, at: VirtioHeader.checksumStart)
    header.store16(UInt16(TCPField.checksum).byteSwapped, at: VirtioHeader.checksumOffset)
  }

  /// Sends what is written.
  func flush() {
    guard outgoing.count > 0 else { return }
    refused += UInt64(outgoing.count - port.send(outgoing))
    outgoing.count = 0
  }

  // MARK: Receiving

  /// Receives one batch, answers what asks for addresses, and gives the rest to `body`; answers how many frames came.
  func receive(_ body: (Arrival.Reading) -> Void) -> Int {
    port.receive(into: incoming)
    for place in 0..<incoming.count {
      let frame = incoming.frame(place)
      guard frame.count >= Ethernet.headerLength else { continue }
      if frame.load16(at: Ethernet.type) == Ethernet.typeARP {
        answer(frame)
        continue
      }
      let isUnfinished = incoming.header(place).load8(at: VirtioHeader.flags) & VirtioHeader.needsChecksum != 0
      let reading = Arrival.read(frame, to: link.source, isUnfinished: isUnfinished)
      // Whoever brings packets from inside is the gateway: answers go back to where they came from.
      if realm == .outside, case .packet = reading { link.destination = frame.macAddress(at: Ethernet.source) }
      body(reading)
    }
    return incoming.count
  }

  /// Answers for every host on this side; what answers our own question tells where the gateway is.
  private func answer(_ frame: PacketOctets) {
    guard let message = ARPPacket(frame, at: Ethernet.headerLength) else { return }
    let isOurs = realm == .inside ? network.isInside(message.target) : network.isOutside(message.target)
    switch message.operation {
    case .request where isOurs && message.sender != message.target:
      write(
        ARPPacket(
          operation: .reply, senderMAC: link.source, sender: message.target, targetMAC: message.senderMAC,
          target: message.sender), to: message.senderMAC)
    case .reply where realm == .inside && message.sender == network.gateway: learn(message.senderMAC)
    default: break
    }
  }

  /// Asks for an address in the name of one of ours.
  func ask(for address: IPv4Address, as sender: IPv4Address) {
    write(
      ARPPacket(operation: .request, senderMAC: link.source, sender: sender, targetMAC: .zero, target: address),
      to: .broadcast)
  }

  private func write(_ message: ARPPacket, to target: MACAddress) {
    let frame = room(Ethernet.headerLength + ARPPacket.length)
    frame.store(target, at: Ethernet.destination)
    frame.store(link.source, at: Ethernet.source)
    frame.store16(Ethernet.typeARP, at: Ethernet.type)
    message.write(to: frame, at: Ethernet.headerLength)
  }
}
