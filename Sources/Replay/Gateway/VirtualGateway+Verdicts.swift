import Forwarding
import Translation
import WireFormats

extension VirtualGateway {
  /// Does what a packet's verdict says; `before` is the packet as it arrived.
  func execute(_ packet: Packet, _ before: [UInt8]) {
    switch packet.verdict {
    case .forward(let state): send(packet, before, to: state, isCut: false)
    case .cut(let state): send(packet, before, to: state, isCut: true)
    case .resolve(let neighbor):
      // Every neighbour answers at once.
      guard let hop = neighbors.hop(of: neighbor) else { return drop(before, packet, .neighborUnresolved) }
      neighbors.learn(hop, address: Self.hardwareAddress(of: hop.neighbor), now: clock.tick)
      send(packet, before, to: neighbors.state(of: neighbor), isCut: packet.exceedsLink)
    case .hairpin(let interface):
      guard !packet.passage.contains(.hairpin) else { return drop(before, packet, .hairpin) }
      process(octets(of: packet), by: interface, passage: .hairpin)
    case .hold(let place):
      holds += 1
      held[holds] = HeldFragment(octets: before, ingress: packet.ingress, passage: packet.passage)
      translator.keepFragment(holds, at: place)
      events.append(.held)
      releaseFragments()
    case .inspect(let session): inspect(packet, before, of: session)
    case .deliver: deliver(packet, before)
    case .refuse(let refusal, let reason):
      refuse(refusal, packet, before)
      drop(before, packet, reason)
    case .drop(let reason): drop(before, packet, reason)
    case .handOver, .pending: preconditionFailure("one worker owns everything, and gives everything a verdict")
    }
    releaseFragments()
  }

  private func octets(of packet: Packet) -> [UInt8] {
    packet.octets.prefix(packet.end).suffix(from: Int(packet.networkOffset)).copied
  }

  private func drop(_ before: [UInt8], _ packet: Packet, _ reason: DropReason) {
    events.append(.dropped(DroppedPacket(octets: before, ingress: packet.ingress, reason: reason)))
  }

  // MARK: Sending

  private func send(_ packet: Packet, _ before: [UInt8], to state: NeighborState, isCut: Bool) {
    var passed = PassedPacket(
      before: before, after: octets(of: packet), ingress: packet.ingress, egress: state.interface,
      neighbor: state.address)
    if isCut {
      guard let fragments = cut(packet, to: state) else { return drop(before, packet, .fragmentationRequired) }
      passed.fragments = fragments
    }
    events.append(.passed(passed))
  }

  /// The fragments of a packet that is larger than its link; nil when it cannot be cut.
  private func cut(_ packet: Packet, to state: NeighborState) -> [[UInt8]]? {
    let network = Int(packet.networkOffset)
    let octets = packet.octets.prefix(packet.end)
    let mtu = Int(interface(state.interface)?.mtu ?? 1500)
    guard let cut = IPv4Fragmentation(octets, at: network, mtu: mtu) else { return nil }
    let target = FrameRoom()
    var later: [[UInt8]] = []
    for number in 1..<cut.count {
      let length = cut.write(number, of: octets, to: target.octets(FrameRoom.capacity), at: 0)
      later.append(target.octets(length).copied)
    }
    let first = cut.trimFirst(octets)
    return [octets.prefix(network + first).suffix(from: network).copied] + later
  }

  /// A packet for the gateway itself: it answers pings.
  private func deliver(_ packet: Packet, _ before: [UInt8]) {
    let isFromHairpin = packet.passage.contains(.hairpin)
    guard ICMPReplies.answerEcho(packet.octets.prefix(packet.end), network: Int(packet.networkOffset)) else {
      if interface(packet.ingress)?.realm != .outside, before[IPv4Field.protocolNumber] == IPProtocol.udp.rawValue {
        refuse(.portUnreachable, packet, before)
      }
      return drop(before, packet, .notForUs)
    }
    let reply = octets(of: packet)
    if isFromHairpin { return process(reply, by: packet.ingress, passage: .hairpin) }
    answer(reply, packet)
  }

  /// Tells a packet's sender why it went no further.
  private func refuse(_ refusal: ICMPRefusal, _ packet: Packet, _ before: [UInt8]) {
    guard let link = interface(packet.ingress), let address = link.address,
      link.unreachables || refusal.type != ICMPType.destinationUnreachable,
      ICMPReplies.mayReport(packet.octets, network: Int(packet.networkOffset))
    else { return }
    let target = FrameRoom()
    let length = ICMPReplies.writeError(
      type: refusal.type, code: refusal.code, nextHopMTU: refusal.nextHopMTU, about: packet.octets,
      network: Int(packet.networkOffset), from: address, to: target.octets(FrameRoom.capacity))
    let error = target.octets(length).copied
    if packet.passage.contains(.hairpin) { return process(error, by: packet.ingress, passage: .hairpin) }
    answer(error, packet)
  }

  private func answer(_ message: [UInt8], _ packet: Packet) {
    events.append(
      .answered(
        PassedPacket(
          before: [], after: message, ingress: packet.ingress, egress: packet.ingress,
          neighbor: packet.octets.macAddress(at: Ethernet.source))))
  }

  // MARK: Fragments

  /// Sends the fragments on their way that the translator gives back, and tells of those that it gives up.
  func releaseFragments() {
    while let word = translator.takeReleasedFragment() {
      guard let fragment = held.removeValue(forKey: word) else { continue }
      process(fragment.octets, by: fragment.ingress, passage: fragment.passage)
    }
    while let (word, reason) = translator.takeAbandonedFragment() {
      guard let fragment = held.removeValue(forKey: word) else { continue }
      events.append(.dropped(DroppedPacket(octets: fragment.octets, ingress: fragment.ingress, reason: reason)))
    }
  }
}
