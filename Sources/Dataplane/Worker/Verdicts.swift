import Forwarding
import Translation
import WireFormats

extension Worker where IO: ~Copyable {
  /// Does what a packet's verdict says.
  @inline(__always)
  mutating func execute(_ frame: Frame, _ packet: Packet) {
    if case .forward(let state) = packet.verdict {
      transmit(frame, network: Int(packet.networkOffset), end: packet.end, to: state)
    } else {
      executeRare(frame, packet)
    }
  }

  @inline(never)
  private mutating func executeRare(_ frame: Frame, _ packet: Packet) {
    switch packet.verdict {
    case .forward, .pending: preconditionFailure("a packet without a verdict")
    case .resolve(let neighbor):
      wait(
        frame, network: Int(packet.networkOffset), end: packet.end, exceedsLink: packet.exceedsLink, for: neighbor)
    case .cut(let state): cut(frame, network: Int(packet.networkOffset), end: packet.end, to: state)
    case .handOver(let worker): handOver(frame, packet, to: Int(worker))
    case .hairpin(let interface): hairpin(frame, packet, at: interface)
    case .hold(let place): hold(frame, packet, at: place)
    case .inspect(let session): inspect(frame, packet, of: session)
    case .deliver: deliver(frame, packet)
    case .refuse(let refusal, let reason):
      refuse(refusal, about: packet, on: frame)
      drop(frame, reason)
    case .drop(let reason): drop(frame, reason)
    }
  }

  /// Sends an IP packet of a frame to a resolved neighbour.
  ///
  /// The packet stays where it is; the Ethernet header is written right before it, with a tag or without, and the
  /// virtio header before that.
  @inline(__always)
  mutating func transmit(
    _ frame: Frame, network: Int, end: Int, to neighbor: NeighborState, type: UInt16 = Ethernet.typeIPv4
  ) {
    let link = links[neighbor.interface]
    let headerLength = link.vlan == 0 ? Ethernet.headerLength : Ethernet.headerLength + Ethernet.tagLength
    var sent = frame
    if network != headerLength { moveHeader(&sent, from: network, to: headerLength) }
    sent.length = UInt32(VirtioHeader.size + headerLength + end - network)
    let octets = memory.octets(of: sent)
    octets.store(neighbor.address, at: Ethernet.destination)
    octets.store(link.hardwareAddress, at: Ethernet.source)
    if link.vlan != 0 {
      octets.store16(Ethernet.typeVLAN, at: Ethernet.type)
      octets.store16(link.vlan, at: Ethernet.type + 2)
    }
    octets.store16(type, at: headerLength - 2)
    send(sent, octets, on: neighbor.interface, device: link.device)
  }

  /// Queues a finished frame.
  @inline(__always)
  mutating func send(_ frame: Frame, _ octets: PacketOctets, on interface: InterfaceID, device: UInt8) {
    handle.traffic.count(.sentPackets, on: interface, octets: octets.count)
    if captured != 0 { capture(octets, interface, .sent) }
    unsafe io.write(
      file: UInt32(device), from: memory.address(frame.buffer, at: Int(frame.start)), count: frame.length,
      buffer: UInt16(frame.buffer.worker), token: Token(.write, buffer: frame.buffer).rawValue)
  }

  /// Moves the virtio header so that an Ethernet header of another length fits between it and the packet; the offsets
  /// in it count from the Ethernet header.
  @inline(never)
  private mutating func moveHeader(_ frame: inout Frame, from old: Int, to new: Int) {
    let header = memory.header(of: frame)
    let buffer = memory.octets(of: frame.buffer)
    let start = Int(frame.start) + old - new
    precondition(start >= 0)
    func shift(_ field: Int) {
      let value = header.load16(at: field).byteSwapped
      if value != 0 { header.store16((value &+ UInt16(new) &- UInt16(old)).byteSwapped, at: field) }
    }
    shift(VirtioHeader.headerLength)
    shift(VirtioHeader.checksumStart)
    buffer.copy(VirtioHeader.size, from: buffer, at: Int(frame.start), to: start)
    frame.start = UInt16(start)
  }

  /// A packet for the gateway itself: it answers pings, and says that it has no UDP service; to hosts outside it
  /// says nothing.
  private mutating func deliver(_ frame: Frame, _ packet: Packet) {
    let network = Int(packet.networkOffset)
    let octets = packet.octets
    guard !octets.macAddress(at: Ethernet.source).isGroup else {
      drop(frame, .notForUs)
      return
    }
    if ICMPReplies.answerEcho(octets.prefix(packet.end), network: network) {
      if packet.passage.contains(.hairpin) {
        reentries.add(annotate(frame, FrameAnnotation(ingress: packet.ingress, passage: .hairpin)))
        return
      }
      octets.store(octets.macAddress(at: Ethernet.source), at: Ethernet.destination)
      octets.store(links[frame.ingress].hardwareAddress, at: Ethernet.source)
      var sent = frame
      sent.length = UInt32(VirtioHeader.size + packet.end)
      let reply = memory.octets(of: sent)
      send(sent, reply, on: frame.ingress, device: frame.device)
      return
    }
    if links[frame.ingress].realm != .outside, octets.load8(at: network + IPv4Field.protocolNumber) == 17 {
      refuse(.portUnreachable, about: packet, on: frame)
    }
    drop(frame, .notForUs)
  }

  /// Sends an ICMP error to the station that a frame came from. One about a hairpinned packet is for an inside global
  /// address, so it arrives at the outside interface as a packet of the gateway's would.
  mutating func refuse(_ refusal: ICMPRefusal, about packet: Packet, on frame: Frame) {
    let octets = packet.octets
    let network = Int(packet.networkOffset)
    let link = links[frame.ingress]
    guard link.address != .unspecified, !octets.macAddress(at: Ethernet.source).isGroup, link.reports(refusal),
      ICMPReplies.mayReport(octets, network: network)
    else { return }
    guard icmpLimit.take(at: nanoseconds) else {
      handle.counters.count(.replyRateLimited)
      return
    }
    guard let reply = newFrame(device: link.device) else { return }
    let isHairpin = packet.passage.contains(.hairpin)
    let headerLength =
      link.vlan == 0 || isHairpin ? Ethernet.headerLength : Ethernet.headerLength + Ethernet.tagLength
    let target = memory.octets(of: reply.buffer)
    let message = target.suffix(from: Int(reply.start) + VirtioHeader.size + headerLength)
    let length = ICMPReplies.writeError(
      type: refusal.type, code: refusal.code, nextHopMTU: refusal.nextHopMTU, about: octets, network: network,
      from: link.address, to: message)
    handle.load.add(to: .icmpErrorsSent)
    if isHairpin {
      var entering = reply
      entering.length = UInt32(VirtioHeader.size + headerLength + length)
      writeOwnHeader(entering)
      reentries.add(annotate(entering, FrameAnnotation(ingress: packet.ingress, passage: .hairpin)))
      return
    }
    transmit(
      reply, network: headerLength, end: headerLength + length,
      to: NeighborState(interface: frame.ingress, address: octets.macAddress(at: Ethernet.source)))
  }

  /// A fresh buffer with an empty virtio header; nil, and counted, when there is none.
  mutating func newFrame(device: UInt8) -> Frame? {
    guard let buffer = pool.take() else {
      handle.counters.count(.noBuffer)
      return nil
    }
    let frame = Frame(
      buffer: buffer, start: UInt16(FrameMemory.readOffset), device: device, length: UInt32(memory.readCapacity))
    let header = memory.header(of: frame)
    for offset in 0..<VirtioHeader.size { header.store8(0, at: offset) }
    return frame
  }
}
