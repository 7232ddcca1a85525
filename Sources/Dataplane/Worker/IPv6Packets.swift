import Forwarding
import Translation
import WireFormats

// IPv6 is routed beside translated IPv4: no session, no rule, the addresses stay. Whatever a worker gets it sends on by
// itself, since packets of one flow come by one queue; only what may be a gateway's business goes to a slow path first
// (`IPv6Inspection`).
extension Worker where IO: ~Copyable {
  /// A frame with an IPv6 packet, whole or a super-frame.
  mutating func receiveIPv6(_ frame: Frame, _ octets: PacketOctets, _ network: Int, isOurs: Bool) {
    guard let link = translator.ipv6[frame.ingress] else {
      drop(frame, .ipv6)
      return
    }
    guard let header = IPv6Header(octets, at: network) else {
      drop(frame, .malformedIPv6)
      return
    }
    guard !header.source.isMartianSource, !translator.ipv6.isOwn(header.source, on: frame.ingress) else {
      drop(frame, .martianSource)
      return
    }
    if header.destination.isMulticast {
      let isForUs =
        header.destination == .allNodes || header.destination == .allRouters
        || header.destination == link.address.solicitedNode || header.destination == link.linkLocal.solicitedNode
      isForUs ? receiveOwnIPv6(frame, octets, network, header, link) : drop(frame, .multicast)
    } else if !isOurs {
      drop(frame, .notOurEthernetAddress)
    } else if translator.ipv6.isOwn(header.destination, on: frame.ingress) {
      receiveOwnIPv6(frame, octets, network, header, link)
    } else {
      forwardIPv6(frame, octets, network, header)
    }
  }

  /// A packet for somebody else.
  mutating func forwardIPv6(
    _ frame: Frame, _ octets: PacketOctets, _ network: Int, _ header: IPv6Header, isInspected: Bool = false
  ) {
    guard !header.source.isUnspecified, !header.source.isLinkLocal, !header.destination.isLinkLocal,
      !header.destination.isUnspecified, header.destination != IPv6Address(0, 1)
    else {
      drop(frame, .ipv6Scope)
      return
    }
    guard header.hopLimit > 1 else {
      refuseIPv6(frame, octets, network, header, type: ICMPv6.timeExceeded)
      drop(frame, .timeToLiveExceeded)
      return
    }
    guard let hop = translator.ipv6.nextHop(to: header.destination),
      let egress = translator.ipv6[hop.interface]
    else {
      refuseIPv6(frame, octets, network, header, type: ICMPv6.destinationUnreachable, code: ICMPv6.noRoute)
      drop(frame, .noRoute)
      return
    }
    guard let length = linkLength(of: frame, octets, network, header) else {
      drop(frame, .malformedTransport)
      return
    }
    guard length <= Int(egress.mtu) else {
      refuseIPv6(frame, octets, network, header, type: ICMPv6.packetTooBig, parameter: UInt32(egress.mtu))
      drop(frame, .packetTooBig)
      return
    }
    if !translator.ipv6Services.isEmpty, !isInspected,
      inspectIPv6(frame, octets, header, to: hop.interface, mtu: egress.mtu)
    {
      return
    }
    guard let state = plan.ipv6Neighbors.resolve(hop, now: now) else {
      drop(frame, .neighborTableFull)
      return
    }
    octets.store8(header.hopLimit - 1, at: network + IPv6Field.hopLimit)
    handle.load.add(to: .ipv6Forwarded)
    guard state.isResolved else {
      waitIPv6(frame, network: network, end: header.end, for: hop)
      return
    }
    // What waited for the same neighbour came before.
    if waitingIPv6.count > 0 { sendWaitingIPv6() }
    transmit(frame, network: network, end: header.end, to: state, type: Ethernet.typeIPv6)
  }

  /// Octets of the largest packet that a frame puts on a link; nil for a super-frame whose headers do not say.
  // Mutating, though it changes nothing: a call that only borrows would copy the worker first.
  private mutating func linkLength(
    of frame: Frame, _ octets: PacketOctets, _ network: Int, _ header: IPv6Header
  ) -> Int? {
    let virtio = memory.header(of: frame)
    let type = virtio.load8(at: VirtioHeader.gsoType) & ~VirtioHeader.gsoECN
    guard type != VirtioHeader.gsoNone else { return header.end - network }
    let transport = Int(virtio.load16(at: VirtioHeader.checksumStart).byteSwapped)
    let segment = Int(virtio.load16(at: VirtioHeader.gsoSize).byteSwapped)
    let isUDP = type == VirtioHeader.gsoUDP
    guard transport >= header.payload,
      transport + (isUDP ? UDPField.headerLength : TCPField.minimumLength) <= header.end
    else { return nil }
    let transportLength =
      isUDP ? UDPField.headerLength : Int(octets.load8(at: transport + TCPField.dataOffset) >> 4) * 4
    return transport - network + transportLength + segment
  }

  /// Tells the sender of a packet why it goes no further, at the station that it came from.
  mutating func refuseIPv6(
    _ frame: Frame, _ octets: PacketOctets, _ network: Int, _ header: IPv6Header, type: UInt8, code: UInt8 = 0,
    parameter: UInt32 = 0
  ) {
    // What a slow path has made has come from no station.
    let station = octets.macAddress(at: Ethernet.source)
    guard let link = translator.ipv6[frame.ingress], !station.isGroup, station != .zero,
      links[frame.ingress].unreachables || type != ICMPv6.destinationUnreachable,
      ICMPv6Replies.mayReport(octets, header, type: type)
    else { return }
    guard icmpLimit.take(at: nanoseconds) else {
      handle.counters.count(.replyRateLimited)
      return
    }
    guard let reply = newFrame(device: links[frame.ingress].device) else { return }
    let headerLength = headerLength(of: frame.ingress)
    let source = header.source.isLinkLocal ? link.linkLocal : link.address
    let length = ICMPv6Replies.writeError(
      type: type, code: code, parameter: parameter, about: octets, network: network, header, from: source,
      to: memory.octets(of: reply.buffer).suffix(from: Int(reply.start) + VirtioHeader.size + headerLength))
    handle.load.add(to: .icmpErrorsSent)
    transmit(
      reply, network: headerLength, end: headerLength + length,
      to: NeighborState(interface: frame.ingress, address: station), type: Ethernet.typeIPv6)
  }

  /// Octets of the Ethernet header of what leaves by an interface.
  func headerLength(of interface: InterfaceID) -> Int {
    links[interface].vlan == 0 ? Ethernet.headerLength : Ethernet.headerLength + Ethernet.tagLength
  }

  // MARK: Packets for the gateway itself

  private mutating func receiveOwnIPv6(
    _ frame: Frame, _ octets: PacketOctets, _ network: Int, _ header: IPv6Header, _ link: IPv6Links.Link
  ) {
    guard header.nextHeader == IPv6Field.icmp else {
      let isUDP = header.nextHeader == IPProtocol.udp.rawValue
      if isUDP, !header.destination.isMulticast, links[frame.ingress].realm != .outside {
        refuseIPv6(
          frame, octets, network, header, type: ICMPv6.destinationUnreachable, code: ICMPv6.portUnreachable)
      }
      drop(frame, .notForUs)
      return
    }
    if ICMPv6Replies.answerEcho(octets, network: network, header, from: link.address) {
      let station = octets.macAddress(at: Ethernet.source)
      guard !station.isGroup else {
        drop(frame, .notForUs)
        return
      }
      transmit(
        frame, network: network, end: header.end, to: NeighborState(interface: frame.ingress, address: station),
        type: Ethernet.typeIPv6)
      return
    }
    guard ICMPv6.isSound(octets, network: network, length: header.end - header.payload) else {
      drop(frame, .badICMPChecksum)
      return
    }
    if let message = NeighborMessage(octets, header) {
      receive(message, from: header, on: frame.ingress, link)
      release(frame.buffer)
    } else if octets.load8(at: header.payload) == ICMPv6.routerSolicitation, header.hopLimit == 255, link.advertises {
      advertise(on: frame.ingress, link)
      release(frame.buffer)
    } else {
      drop(frame, .notForUs)
    }
  }

  // MARK: Packets that wait

  /// Keeps a packet until its neighbour has answered, and asks.
  private mutating func waitIPv6(_ frame: Frame, network: Int, end: Int, for hop: IPv6NextHop) {
    if plan.ipv6Neighbors.shouldRequest(hop, now: now) { solicit(hop) }
    let entry = WaitingFrames<IPv6NextHop>.Entry(
      frame: frame, network: UInt16(network), end: UInt32(end), exceedsLink: false, hop: hop, since: now)
    if !waitingIPv6.add(entry) { drop(frame, .neighborQueueFull) }
  }

  /// Sends the packets whose neighbours have answered, in order, and gives up on those that have waited too long.
  mutating func sendWaitingIPv6() {
    let neighbors = plan.ipv6Neighbors
    var state = NeighborState(rawValue: 0)
    while let entry = waitingIPv6.takeFirst(where: { entry in
      guard let found = neighbors.state(of: entry.hop), found.isResolved else { return false }
      state = found
      return true
    }) {
      transmit(
        entry.frame, network: Int(entry.network), end: Int(entry.end), to: state, type: Ethernet.typeIPv6)
    }
    let now = now
    while let entry = waitingIPv6.takeFirst(where: { now &- $0.since > WaitingFrames<IPv6NextHop>.patience }) {
      let octets = memory.octets(of: entry.frame)
      if let header = IPv6Header(octets, at: Int(entry.network)) {
        refuseIPv6(
          entry.frame, octets, Int(entry.network), header, type: ICMPv6.destinationUnreachable,
          code: ICMPv6.addressUnreachable)
      }
      drop(entry.frame, .neighborUnresolved)
    }
  }
}
