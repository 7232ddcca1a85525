import Forwarding
import WireFormats

extension Ownership {
  /// The worker that follows a datagram which comes from outside in fragments: any one will do, if all of them agree.
  static func worker(
    ofFragmentFrom source: IPv4Address, to destination: IPv4Address, identification: UInt16, of workers: Int
  ) -> Int {
    let hash = (source.rawValue ^ destination.rawValue &* 0x85EB_CA6B ^ UInt32(identification)) &* 0x9E37_79B9
    return Int((hash >> 16) % UInt32(workers))
  }
}

extension Translator {
  /// A fragment at an interface with `ip nat`: followed by one worker, which learns the ports from the first one, keeps
  /// those that come before it, and then treats all alike (RFC 4787 REQ-14).
  mutating func fragment(_ packet: inout Packet) {
    guard let header = IPv4Header(packet.octets, at: Int(packet.networkOffset)) else { return }
    if packet.passage.contains(.portsKnown) {
      follow(&packet, header)
      return
    }
    let facts = facts[packet.ingress]
    guard
      !policy.isOwn(packet.destination, in: facts.instance)
        || policy.globalAddresses.contains(packet.destination, in: facts.instance)
    else {
      packet.verdict = .drop(.fragment)
      return
    }
    guard !facts.reassembly.dropsFragments else {
      packet.verdict = .drop(.fragmentsRefused)
      return
    }
    let key = DatagramKey(
      source: header.source, destination: header.destination,
      identification: packet.octets.load16(at: header.offset + IPv4Field.identification), instance: facts.instance,
      protocolNumber: header.protocolNumber, direction: packet.direction)
    guard isHere(&packet, worker(following: key)) else { return }
    let start = Int(header.fragmentField & IPv4Field.offsetMask) * 8
    let range = FragmentRange(
      start: start, end: start + header.end - header.payload,
      isLast: header.fragmentField & IPv4Field.moreFragments == 0)
    switch fragments.arrive(
      key, range, from: packet.ingress, facts.reassembly, identification: { identifications.take() }, now: now)
    {
    case .drop(let reason): packet.verdict = .drop(reason)
    case .hold(let place): packet.verdict = .hold(place)
    case .first(let datagram): first(&packet, header, of: datagram, facts.instance)
    case .follower(let datagram): follow(&packet, datagram, facts.instance)
    }
  }

  /// The worker that follows a datagram: that of the inside host, whose sessions are there, or one that all agree on.
  private mutating func worker(following key: DatagramKey) -> Int {
    key.direction == .outbound
      ? Ownership.worker(ofInside: key.source, in: key.instance, of: workers)
      : Ownership.worker(
        ofFragmentFrom: key.source, to: key.destination, identification: key.identification, of: workers)
  }

  /// The first fragment: what becomes of it becomes of the others.
  private mutating func first(
    _ packet: inout Packet, _ header: IPv4Header, of datagram: UInt16, _ instance: RoutingInstance
  ) {
    guard let reason = readFirst(&packet, header) else {
      fragments.setPorts(of: datagram, packet.sourcePort, packet.destinationPort)
      packet.identification = fragments.identification(of: datagram)
      announcePorts(&packet)
      let isTranslated = translateFirst(&packet, instance)
      fragments.settle(datagram, fate(packet, isTranslated))
      fragments.leave(datagram)
      return
    }
    packet.verdict = .drop(reason)
    fragments.settle(datagram, .refused(reason))
  }

  /// Notes on the packet what another worker would have to be told: the hand-over to the session's owner comes after the
  /// one to the worker that follows the datagram.
  private mutating func announcePorts(_ packet: inout Packet) {
    packet.passage.remove(.handedOver)
    packet.passage.insert(.portsKnown)
    packet.portsOfDatagram = UInt32(packet.sourcePort) << 16 | UInt32(packet.destinationPort)
  }

  /// The way of a first fragment, which is that of a whole packet; says whether it belongs to a session here.
  private mutating func translateFirst(_ packet: inout Packet, _ instance: RoutingInstance) -> Bool {
    setKey(&packet, instance)
    if let session = shard.findSession(packet.key, packet.hash) {
      translateCarefully(&packet, session)
      return true
    }
    packet.direction == .outbound ? admitOutbound(&packet) : admitInbound(&packet)
    if case .deliver = packet.verdict { packet.verdict = .drop(.fragment) }
    if case .handOver = packet.verdict { return false }
    counters.add(to: .misses)
    return shard.findSession(packet.key, packet.hash) != nil
  }

  private mutating func fate(_ packet: Packet, _ isTranslated: Bool) -> FragmentedDatagram.Fate {
    switch packet.verdict {
    case .handOver(let worker): .elsewhere(worker)
    case .drop(let reason), .refuse(_, let reason): .refused(reason)
    default: isTranslated ? .translated : .routed
    }
  }

  private mutating func setKey(_ packet: inout Packet, _ instance: RoutingInstance) {
    packet.key = FlowKey(
      source: packet.source, sourcePort: packet.sourcePort, destination: packet.destination,
      destinationPort: packet.destinationPort, protocol: packet.protocolNumber, instance: instance,
      direction: packet.direction)
    packet.hash = packet.key.hash(seed: shard.seed)
  }

  /// A later fragment whose first one has come: it goes the same way.
  private mutating func follow(_ packet: inout Packet, _ datagram: UInt16, _ instance: RoutingInstance) {
    let record = fragments.datagram(datagram)
    packet.kind = .laterFragment
    packet.sourcePort = record.sourcePort
    packet.destinationPort = record.destinationPort
    packet.identification = record.newIdentification
    announcePorts(&packet)
    switch record.fate {
    case .unknown, .refused: packet.verdict = .drop(.fragmentWithoutFirst)
    case .routed: route(&packet)
    case .elsewhere(let worker):
      counters.add(to: .handedOver)
      packet.verdict = .handOver(worker: worker)
    case .translated: translateLater(&packet, instance)
    }
    fragments.leave(datagram)
  }

  private mutating func translateLater(_ packet: inout Packet, _ instance: RoutingInstance) {
    setKey(&packet, instance)
    guard let session = shard.findSession(packet.key, packet.hash) else {
      packet.verdict = .drop(.fragmentWithoutFirst)
      return
    }
    translateCarefully(&packet, session)
  }

  /// A fragment from the worker that followed its datagram.
  private mutating func follow(_ packet: inout Packet, _ header: IPv4Header) {
    let instance = facts[packet.ingress].instance
    packet.identification = packet.octets.load16(at: header.offset + IPv4Field.identification)
    if header.fragmentField & IPv4Field.offsetMask == 0 {
      if let reason = readFirst(&packet, header) {
        packet.verdict = .drop(reason)
      } else {
        _ = translateFirst(&packet, instance)
      }
      return
    }
    packet.kind = .laterFragment
    packet.sourcePort = UInt16(truncatingIfNeeded: packet.portsOfDatagram >> 16)
    packet.destinationPort = UInt16(truncatingIfNeeded: packet.portsOfDatagram)
    translateLater(&packet, instance)
  }

  /// Reads ports or identifier of a first fragment, whose transport header is whole: lengths in it speak of more than
  /// is here. Says what is wrong, if anything is.
  private mutating func readFirst(_ packet: inout Packet, _ header: IPv4Header) -> DropReason? {
    let octets = packet.octets
    let offset = header.payload
    let length = header.end - offset
    guard length >= FragmentTable.transportHeader(of: header.protocolNumber) else { return .fragmentTiny }
    packet.kind = .flow
    switch header.protocolNumber {
    case .tcp, .udp:
      packet.sourcePort = octets.load16(at: offset)
      packet.destinationPort = octets.load16(at: offset + 2)
      packet.transportHeaderLength = 8
      guard packet.sourcePort != 0, packet.destinationPort != 0 else { return .malformedTransport }
      guard header.protocolNumber == .tcp else { return nil }
      packet.tcpFlags = TCPFlags(rawValue: octets.load8(at: offset + TCPField.flags))
      packet.transportHeaderLength = octets.load8(at: offset + TCPField.dataOffset) >> 4 &* 4
      guard packet.transportHeaderLength >= 20 else { return .malformedTransport }
      return Int(packet.transportHeaderLength) <= length ? nil : .fragmentTiny
    case .icmp:
      packet.icmpType = octets.load8(at: offset)
      packet.transportHeaderLength = 8
      let identifier = octets.load16(at: offset + ICMPField.identifier)
      if ICMPType.isQuery(packet.icmpType) { packet.sourcePort = identifier }
      if ICMPType.isReply(packet.icmpType) { packet.destinationPort = identifier }
      return ICMPType.isQuery(packet.icmpType) || ICMPType.isReply(packet.icmpType) ? nil : .fragment
    default:
      packet.kind = .addressOnly
      return nil
    }
  }
}

extension Translator {
  /// Keeps the worker's word for a frame whose verdict was `.hold`; it is given back by `takeReleasedFragment` or by
  /// `takeAbandonedFragment`.
  package mutating func keepFragment(_ frame: UInt64, at place: FragmentPlace) { fragments.keep(frame, at: place) }

  /// Whether frames that were held are to be given back.
  package var hasFragments: Bool { fragments.hasFrames }

  /// Frames that the table has.
  package var fragmentsHeld: Int { fragments.framesHeld }

  /// The next frame whose datagram's first fragment has come; it is to be processed again, as it arrived.
  package mutating func takeReleasedFragment() -> UInt64? { fragments.takeReleased() }

  /// The next frame whose datagram will not be complete; it is to be dropped for the reason.
  package mutating func takeAbandonedFragment() -> (frame: UInt64, reason: DropReason)? { fragments.takeAbandoned() }

  /// Forgets datagrams whose time is up, a slice of the table at a time.
  package mutating func expireFragments(now: UInt32) { fragments.expire(now: now) }
}
