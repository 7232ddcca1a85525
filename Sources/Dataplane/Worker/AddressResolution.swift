import Forwarding
import Translation
import WireFormats

extension Worker where IO: ~Copyable {
  /// An ARP message (RFC 826): answers for the gateway's own and translated addresses, learns from who asks for them
  /// and from answers that were asked for.
  mutating func receiveARP(_ frame: Frame, _ octets: PacketOctets, _ network: Int) {
    guard let message = ARPPacket(octets, at: network) else {
      drop(frame, .malformedARP)
      return
    }
    let link = links[frame.ingress]
    // A probe for a duplicate address (RFC 5227) has no sender yet.
    let isProbe = message.sender == .unspecified
    guard isProbe || (link.network.contains(message.sender) && !translator.policy.isOwn(message.sender)) else {
      drop(frame, .arpSenderOffLink)
      return
    }
    let sender = NextHop(interface: frame.ingress, neighbor: message.sender)
    let isForUs =
      message.operation == .request && translator.policy.answersARP(for: message.target, on: frame.ingress)
    if !isProbe {
      if isForUs { _ = plan.neighbors.findOrAdd(sender, now: now) }
      plan.neighbors.learn(sender, address: message.senderMAC, now: now)
    }
    guard isForUs else {
      release(frame.buffer)
      return
    }
    ARPPacket(
      operation: .reply, senderMAC: link.hardwareAddress, sender: message.target, targetMAC: message.senderMAC,
      target: message.sender
    ).write(to: octets, at: network)
    octets.store(message.senderMAC, at: Ethernet.destination)
    octets.store(link.hardwareAddress, at: Ethernet.source)
    var sent = frame
    sent.length = UInt32(VirtioHeader.size + network + ARPPacket.length)
    handle.load.add(to: .arpSent)
    send(sent, memory.octets(of: sent), on: frame.ingress, device: frame.device)
  }

  /// Asks for a neighbour's Ethernet address, or, with `announcing`, tells the segment the gateway's for an address.
  mutating func sendARPRequest(for target: IPv4Address, on interface: InterfaceID, announcing: Bool = false) {
    let link = links[interface]
    guard link.address != .unspecified, var frame = newFrame(device: link.device) else { return }
    let headerLength = link.vlan == 0 ? Ethernet.headerLength : Ethernet.headerLength + Ethernet.tagLength
    frame.length = UInt32(VirtioHeader.size + headerLength + ARPPacket.length)
    let octets = memory.octets(of: frame)
    octets.store(MACAddress.broadcast, at: Ethernet.destination)
    octets.store(link.hardwareAddress, at: Ethernet.source)
    if link.vlan != 0 {
      octets.store16(Ethernet.typeVLAN, at: Ethernet.type)
      octets.store16(link.vlan, at: Ethernet.type + 2)
    }
    octets.store16(Ethernet.typeARP, at: headerLength - 2)
    ARPPacket(
      operation: .request, senderMAC: link.hardwareAddress, sender: announcing ? target : link.address,
      targetMAC: .zero, target: target
    ).write(to: octets, at: headerLength)
    handle.load.add(to: .arpSent)
    send(frame, octets, on: interface, device: link.device)
  }

  /// Keeps a packet until its neighbour has answered, and asks.
  ///
  /// - Returns: false when it was dropped instead.
  @discardableResult
  mutating func wait(_ frame: Frame, network: Int, end: Int, exceedsLink: Bool, for neighbor: NeighborID) -> Bool {
    guard let hop = plan.neighbors.hop(of: neighbor) else {
      drop(frame, .neighborUnresolved)
      return false
    }
    let state = plan.neighbors.state(of: neighbor)
    guard !state.isResolved else {
      // It has answered another worker just now; packets that were decided on since may not overtake this one.
      sendWaiting()
      leave(frame, network: network, end: end, exceedsLink: exceedsLink, to: state)
      return true
    }
    if plan.neighbors.shouldRequest(neighbor, now: now) { sendARPRequest(for: hop.neighbor, on: hop.interface) }
    let entry = WaitingFrames<NextHop>.Entry(
      frame: frame, network: UInt16(network), end: UInt32(end), exceedsLink: exceedsLink, hop: hop, since: now)
    let isWaiting = waiting.add(entry)
    if !isWaiting { drop(frame, .neighborQueueFull) }
    handle.load.set(.waiting, to: waiting.count)
    return isWaiting
  }

  /// Sends the packets whose neighbours have answered, in order, and gives up on those that have waited too long.
  mutating func sendWaiting() {
    let neighbors = plan.neighbors
    // The state is read once: between two looks another worker may forget the neighbour.
    var state = NeighborState(rawValue: 0)
    while let entry = waiting.takeFirst(where: { entry in
      guard let neighbor = neighbors.find(entry.hop) else { return false }
      state = neighbors.state(of: neighbor)
      return state.isResolved
    }) {
      leave(
        entry.frame, network: Int(entry.network), end: Int(entry.end), exceedsLink: entry.exceedsLink, to: state)
    }
    let now = now
    while let entry = waiting.takeFirst(where: { now &- $0.since > WaitingFrames<NextHop>.patience }) {
      reportUnreachable(entry)
      drop(entry.frame, .neighborUnresolved)
    }
    handle.load.set(.waiting, to: waiting.count)
  }

  private mutating func leave(_ frame: Frame, network: Int, end: Int, exceedsLink: Bool, to neighbor: NeighborState) {
    if exceedsLink {
      cut(frame, network: network, end: end, to: neighbor)
    } else {
      transmit(frame, network: network, end: end, to: neighbor)
    }
  }

  /// Tells the sender of a packet that its next hop does not answer (RFC 1812 section 5.2.7.1).
  ///
  /// The packet has been translated already, so the error is written as the next hop's segment would see it and goes
  /// back through the translator, which gives it the form that the sender knows.
  private mutating func reportUnreachable(_ entry: WaitingFrames<NextHop>.Entry) {
    let octets = memory.octets(of: entry.frame)
    let network = Int(entry.network)
    let link = links[entry.hop.interface]
    guard link.address != .unspecified, links[entry.frame.ingress].reports(.hostUnreachable),
      ICMPReplies.mayReport(octets, network: network)
    else { return }
    guard icmpLimit.take(at: nanoseconds) else {
      handle.counters.count(.replyRateLimited)
      return
    }
    guard var frame = newFrame(device: link.device) else { return }
    frame.ingress = entry.hop.interface
    let start = Int(frame.start) + VirtioHeader.size + Ethernet.headerLength
    let length = ICMPReplies.writeError(
      type: ICMPRefusal.hostUnreachable.type, code: ICMPRefusal.hostUnreachable.code, nextHopMTU: 0, about: octets,
      network: network, from: link.address, to: memory.octets(of: frame.buffer).suffix(from: start))
    frame.length = UInt32(VirtioHeader.size + Ethernet.headerLength + length)
    writeOwnHeader(frame)
    handle.load.add(to: .icmpErrorsSent)
    // It came from no device, and other workers look at a frame's device, so it must not be handed over.
    let packet = Packet(
      octets: memory.octets(of: frame), networkOffset: Ethernet.headerLength, ingress: entry.hop.interface,
      passage: .handedOver)
    var one = InlineArray<1, Packet>(repeating: packet)
    var burst = one.mutableSpan
    translator.process(&burst, now: now)
    execute(frame, one[0])
  }
}
