import Forwarding
import Translation
import WireFormats

// Neighbor Discovery (RFC 4861): who has which Ethernet address, and that there is a router.
extension Worker where IO: ~Copyable {
  /// Seconds between two advertisements that nobody asked for (RFC 4861 section 6.2.1: at most 1800).
  static var advertisementInterval: UInt64 { 200 }

  /// A question about one of the gateway's addresses, or an answer to one of its own.
  mutating func receive(
    _ message: NeighborMessage, from header: IPv6Header, on interface: InterfaceID, _ link: IPv6Links.Link
  ) {
    guard link.isNear(message.target) else { return }
    guard message.isSolicitation else {
      if let address = message.hardwareAddress {
        plan.ipv6Neighbors.learn(
          IPv6NextHop(interface: interface, neighbor: message.target), address: address,
          overrides: message.flags.contains(.override), now: now)
      }
      return
    }
    guard link.isOwn(message.target) else { return }
    // Who asks is who will be answered: its address is learned, unless it is somewhere else.
    if let address = message.hardwareAddress, link.isNear(header.source) {
      plan.ipv6Neighbors.hear(
        IPv6NextHop(interface: interface, neighbor: header.source), address: address, now: now)
    }
    let isFromNobody = header.source.isUnspecified
    let answer = NeighborMessage(
      isSolicitation: false, flags: isFromNobody ? [.router, .override] : [.router, .solicited, .override],
      target: message.target, hardwareAddress: links[interface].hardwareAddress)
    let destination = isFromNobody ? .allNodes : header.source
    let station = isFromNobody ? IPv6Address.allNodes.group : message.hardwareAddress
    guard
      let station = station
        ?? plan.ipv6Neighbors.state(of: IPv6NextHop(interface: interface, neighbor: destination))?.address
    else { return }
    sendDiscovery(on: interface, from: message.target, to: destination, at: station, NeighborMessage.length) {
      answer.write(to: $0, at: $1)
    }
  }

  /// Asks for a neighbour's Ethernet address.
  mutating func solicit(_ hop: IPv6NextHop) {
    guard let link = translator.ipv6[hop.interface] else { return }
    let question = NeighborMessage(
      isSolicitation: true, target: hop.neighbor, hardwareAddress: links[hop.interface].hardwareAddress)
    let group = hop.neighbor.solicitedNode
    sendDiscovery(
      on: hop.interface, from: hop.neighbor.isLinkLocal ? link.linkLocal : link.address, to: group, at: group.group,
      NeighborMessage.length
    ) { question.write(to: $0, at: $1) }
  }

  /// Tells a link the gateway's Ethernet address for one of its addresses, as gratuitous ARP does (section 7.2.6).
  private mutating func announceIPv6(_ address: IPv6Address, on interface: InterfaceID) {
    let message = NeighborMessage(
      isSolicitation: false, flags: [.router, .override], target: address,
      hardwareAddress: links[interface].hardwareAddress)
    sendDiscovery(
      on: interface, from: address, to: .allNodes, at: IPv6Address.allNodes.group, NeighborMessage.length
    ) { message.write(to: $0, at: $1) }
  }

  /// Tells the hosts of a link that there is a router, and in which network they are.
  mutating func advertise(on interface: InterfaceID, _ link: IPv6Links.Link) {
    guard icmpLimit.take(at: nanoseconds) else {
      handle.counters.count(.replyRateLimited)
      return
    }
    let message = RouterAdvertisement(
      hardwareAddress: links[interface].hardwareAddress, mtu: link.mtu, prefix: link.network)
    sendDiscovery(
      on: interface, from: link.linkLocal, to: .allNodes, at: IPv6Address.allNodes.group, RouterAdvertisement.length
    ) { message.write(to: $0, at: $1) }
  }

  /// At start: what the gateway's addresses are.
  mutating func announceIPv6() {
    for interface in plan.interfaces {
      guard let link = translator.ipv6[interface.id] else { continue }
      announceIPv6(link.linkLocal, on: interface.id)
      announceIPv6(link.address, on: interface.id)
    }
  }

  /// About ten times a second, by one worker: asks old neighbours again, and advertises where it is time.
  mutating func keepIPv6() {
    for hop in plan.ipv6Neighbors.age(from: &ipv6Cursor, now: now) { solicit(hop) }
    guard nanoseconds >= nextAdvertisement else { return }
    nextAdvertisement = nanoseconds + Self.advertisementInterval * 1_000_000_000
    for interface in plan.interfaces {
      guard let link = translator.ipv6[interface.id], link.advertises else { continue }
      advertise(on: interface.id, link)
    }
  }

  /// Sends a message of Neighbor Discovery: ICMPv6 with the hop limit that says that no router forwarded it.
  private mutating func sendDiscovery(
    on interface: InterfaceID, from source: IPv6Address, to destination: IPv6Address, at station: MACAddress,
    _ length: Int, _ write: (PacketOctets, Int) -> Void
  ) {
    guard let frame = newFrame(device: links[interface].device) else { return }
    let network = headerLength(of: interface)
    let octets = memory.octets(of: frame.buffer).suffix(from: Int(frame.start) + VirtioHeader.size + network)
    IPv6Header.write(
      to: octets, at: 0, nextHeader: IPv6Field.icmp, hopLimit: 255, source: source, destination: destination,
      length: length)
    write(octets, IPv6Field.length)
    ICMPv6.finish(octets, network: 0, length: length)
    handle.load.add(to: .neighborMessagesSent)
    transmit(
      frame, network: network, end: network + IPv6Field.length + length,
      to: NeighborState(interface: interface, address: station), type: Ethernet.typeIPv6)
  }
}
