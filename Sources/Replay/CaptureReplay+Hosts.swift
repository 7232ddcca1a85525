import Forwarding
import Gateways
import Translation
import WireFormats

// What hosts send.
extension CaptureReplay {
  /// Has the host that sent a packet send it again.
  func play(_ packet: RecordedPacket) {
    let direction: Direction
    switch (sides.inside(packet.source), sides.inside(packet.destination)) {
    case (.some, .some): return skip(.bothInside)
    case (nil, nil): return skip(.bothOutside)
    case (.some, nil): direction = .outbound
    case (nil, .some): direction = .inbound
    }
    if let quotation = packet.quotation { return playError(packet, quotation, direction) }
    guard let conversation = conversation(of: packet, direction) else { return skip(.bothOutside) }
    guard let destination = destination(in: conversation, direction) else { return skip(.unaddressed) }
    if packet.protocolNumber == .tcp, !packet.isFragment,
      let segment = StreamSegment(packet.octets, at: packet.headerLength)
    {
      return play(packet, segment, conversation, direction, to: destination)
    }
    let source = direction == .outbound ? conversation.flow.inside : conversation.flow.outside
    send(packet.readdressed(from: source, to: destination), conversation, direction)
    report.played += 1
  }

  // MARK: Who talks to whom

  /// The conversation that a packet belongs to, which may begin with it.
  private func conversation(of packet: RecordedPacket, _ direction: Direction) -> Conversation? {
    let ports = packet.ports ?? fragmentPorts[FragmentID(packet)] ?? (0, 0)
    let isOutbound = direction == .outbound
    let flow = FlowID(
      packet.protocolNumber,
      inside: isOutbound ? Endpoint(packet.source, ports.source) : Endpoint(packet.destination, ports.destination),
      outside: isOutbound ? Endpoint(packet.destination, ports.destination) : Endpoint(packet.source, ports.source))
    var firstSequence: UInt32?
    if packet.protocolNumber == .tcp, let segment = StreamSegment(packet.octets, at: packet.headerLength),
      !packet.isLaterFragment, segment.flags.contains(.syn), !segment.flags.contains(.ack)
    {
      firstSequence = segment.sequence
    }
    if let known = conversations[flow] {
      // The same ports, and another connection.
      guard let firstSequence, known.firstSequence != firstSequence || known.opened != direction else { return known }
    }
    return begin(flow, direction, firstSequence)
  }

  private func begin(_ flow: FlowID, _ direction: Direction, _ firstSequence: UInt32?) -> Conversation? {
    guard let inside = sides.inside(flow.inside.address) else { return nil }
    let outside = sides.outside(flow.outside.address, for: inside)
    let conversation = Conversation(
      flow, opened: direction, insideInterface: inside.id, outsideInterface: outside.id,
      outsideLocal: outsideLocal(of: flow, inside, outside))
    conversation.firstSequence = firstSequence
    conversations[flow] = conversation
    localConversations[conversation.localFlow] = conversation
    order.append(conversation)
    return conversation
  }

  /// What the host inside calls the one outside.
  private func outsideLocal(of flow: FlowID, _ inside: NetworkInterface, _ outside: NetworkInterface) -> Endpoint {
    let entries = gateway.policy.outsideStatics.filter {
      $0.instance == inside.instance && $0.outsideInstance == outside.instance
        && IPv4Prefix(containing: $0.global, length: $0.prefixLength).contains(flow.outside.address)
    }
    for entry in entries {
      guard let ports = entry.ports, ports.transport == flow.protocolNumber, ports.global == flow.outside.port else {
        continue
      }
      return Endpoint(entry.local, ports.local)
    }
    if let entry = entries.filter({ $0.ports == nil }).max(by: { $0.prefixLength < $1.prefixLength }) {
      return Endpoint(entry.local(of: flow.outside.address), flow.outside.port)
    }
    let bound = gateway.addresses.outsideLocal(of: flow.outside.address, in: inside.instance, outside.instance)
    return Endpoint(bound ?? flow.outside.address, flow.outside.port)
  }

  /// Where a packet of a conversation is sent to; nil when its sender outside has no name for the other end.
  private func destination(in conversation: Conversation, _ direction: Direction) -> Endpoint? {
    guard direction == .inbound else { return conversation.outsideLocal }
    if conversation.insideGlobal == nil { conversation.insideGlobal = insideGlobal(of: conversation) }
    return conversation.insideGlobal
  }

  /// What a host outside that has not heard of an inside end can call it: as a gateway told it, as others call it, or by a
  /// static entry.
  private func insideGlobal(of conversation: Conversation) -> Endpoint? {
    let flow = conversation.flow
    let end = InsideEnd(flow.protocolNumber, flow.inside)
    if let known = granted[end] ?? seen[end] { return known }
    let instance = gateway.interface(conversation.insideInterface)?.instance
    let entries = gateway.policy.statics.filter {
      $0.entry.instance == instance
        && IPv4Prefix(containing: $0.entry.local, length: $0.entry.prefixLength).contains(flow.inside.address)
    }
    for entry in entries {
      guard let ports = entry.entry.ports, ports.transport == flow.protocolNumber, ports.local == flow.inside.port
      else {
        continue
      }
      return Endpoint(entry.global(of: flow.inside.address), ports.global)
    }
    let whole = entries.filter { $0.entry.ports == nil }.max { $0.entry.prefixLength < $1.entry.prefixLength }
    return whole.map { Endpoint($0.global(of: flow.inside.address), flow.inside.port) }
  }

  // MARK: TCP

  private func play(
    _ packet: RecordedPacket, _ segment: StreamSegment, _ conversation: Conversation, _ direction: Direction,
    to destination: Endpoint
  ) {
    // Nobody answers a SYN that has not arrived.
    let isOpening = segment.flags.contains(.syn) && !segment.flags.contains(.ack)
    if conversation.firstSequence != nil, !isOpening, conversation[sender: direction].received == nil {
      return skip(.unprompted)
    }
    // What a recorded endpoint acknowledged without the capture having it was lost by the capture.
    if conversation.gateway == .none, segment.flags.contains(.ack), conversation[sender: direction].hasEarly {
      conversation[sender: direction].skipHole(before: segment.acknowledgment)
    }
    guard !conversation[sender: direction].isRedundant(segment) else { return skip(.redundant) }
    let source = direction == .outbound ? conversation.flow.inside : conversation.flow.outside
    var changed = packet
    let options = segment.options(of: packet.octets)
    // What a recorded endpoint had out of order is not what this one has.
    if let sack = options.sack { for place in sack { changed.octets[place] = TCPOption.noOperation } }
    if segment.flags.contains(.ack) {
      changed.octets.store32(
        conversation[sender: direction].acknowledgment(of: segment), at: packet.headerLength + TCPField.acknowledgment)
    }
    conversation[sender: direction].send(segment, timestamp: options.timestamp.map { packet.octets.number32(at: $0) })
    for piece in pieces(of: changed, segment, conversation, direction) {
      send(piece.readdressed(from: source, to: destination), conversation, direction)
    }
    report.played += 1
  }

  /// A segment as it was on the wire: what a capture shows before a device has cut it is cut to the link's MTU.
  private func pieces(
    of packet: RecordedPacket, _ segment: StreamSegment, _ conversation: Conversation, _ direction: Direction
  ) -> [RecordedPacket] {
    let interface = direction == .outbound ? conversation.insideInterface : conversation.outsideInterface
    let mtu = Int(gateway.interface(interface)?.mtu ?? 1500)
    let header = segment.payload.lowerBound
    guard packet.octets.count > mtu, mtu > header else { return [packet] }
    var pieces: [RecordedPacket] = []
    var at = header
    while at < packet.octets.count {
      let end = min(at + mtu - header, packet.octets.count)
      var octets = Array(packet.octets[..<header]) + packet.octets[at..<end]
      octets.store16(UInt16(octets.count), at: IPv4Field.totalLength)
      octets.store32(
        segment.sequence &+ UInt32(at - header) &+ (segment.flags.contains(.syn) && at > header ? 1 : 0),
        at: packet.headerLength + TCPField.sequence)
      // Only the last piece ends the stream or pushes it.
      if end < packet.octets.count { octets[packet.headerLength + TCPField.flags] &= ~0x09 }
      if at > header { octets[packet.headerLength + TCPField.flags] &= ~TCPFlags.syn.rawValue }
      var piece = packet
      piece.octets = octets
      pieces.append(piece)
      at = end
    }
    return pieces
  }

  /// Has an endpoint acknowledge what no recorded segment of it has.
  func acknowledge(_ conversation: Conversation, _ direction: Direction) {
    let endpoint = conversation[sender: direction]
    guard let next = endpoint.next, let received = endpoint.received, !endpoint.isReset,
      let destination = destination(in: conversation, direction)
    else { return }
    let source = direction == .outbound ? conversation.flow.inside : conversation.flow.outside
    var packet: [UInt8] = [0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, IPProtocol.tcp.rawValue, 0, 0]
    packet += repeatElement(0, count: 28)
    packet.store32(source.address.rawValue, at: IPv4Field.source)
    packet.store32(destination.address.rawValue, at: IPv4Field.destination)
    let transport = IPv4Field.minimumLength
    packet.store16(source.port, at: transport + TCPField.sourcePort)
    packet.store16(destination.port, at: transport + TCPField.destinationPort)
    packet.store32(next, at: transport + TCPField.sequence)
    packet.store32(received, at: transport + TCPField.acknowledgment)
    packet[transport + TCPField.flags] = TCPFlags.ack.rawValue
    packet.store16(endpoint.window, at: transport + 14)
    if let timestamp = endpoint.timestamp, let echo = endpoint.echo {
      packet += [TCPOption.noOperation, TCPOption.noOperation, 8, 10] + repeatElement(0, count: 8)
      packet.store32(timestamp, at: transport + 24)
      packet.store32(echo, at: transport + 28)
    }
    packet[transport + TCPField.dataOffset] = UInt8((packet.count - transport) / 4) << 4
    packet.store16(UInt16(packet.count), at: IPv4Field.totalLength)
    packet.completeTransportChecksum(at: transport, .tcp)
    packet.completeHeaderChecksum(at: 0, length: IPv4Field.minimumLength)
    conversation[sender: direction].acknowledge()
    send(packet, conversation, direction)
  }

  // MARK: ICMP errors

  /// An ICMP error about a packet of a conversation, which went the other way.
  private func playError(_ packet: RecordedPacket, _ quotation: Quotation, _ direction: Direction) {
    let ports =
      RecordedPacket.ports(
        of: packet.octets, at: quotation.transport, quotation.protocolNumber, quotation.isLaterFragment) ?? (0, 0)
    let (source, destination) = (
      Endpoint(quotation.source, ports.source), Endpoint(quotation.destination, ports.destination)
    )
    let flow =
      direction == .inbound
      ? FlowID(quotation.protocolNumber, inside: source, outside: destination)
      : FlowID(quotation.protocolNumber, inside: destination, outside: source)
    guard let conversation = conversations[flow], let insideGlobal = conversation.insideGlobal else {
      return skip(.unaddressed)
    }
    let shift = conversation.shift(direction.opposite)
    let error =
      direction == .inbound
      ? packet.error(
        from: packet.source, to: insideGlobal.address, about: quotation, between: insideGlobal, flow.outside,
        shift: shift)
      : packet.error(
        from: packet.source, to: conversation.outsideLocal.address, about: quotation,
        between: conversation.outsideLocal, flow.inside, shift: shift)
    send(error, conversation, direction, from: packet.source)
    report.played += 1
  }

  // MARK: Onto the link

  /// Puts a packet onto the link of its sender, and follows what becomes of it.
  private func send(
    _ octets: [UInt8], _ conversation: Conversation, _ direction: Direction, from source: IPv4Address? = nil
  ) {
    let isOutbound = direction == .outbound
    let id = isOutbound ? conversation.insideInterface : conversation.outsideInterface
    guard let interface = gateway.interface(id) else { return }
    let host = source ?? (isOutbound ? conversation.flow.inside : conversation.flow.outside).address
    let station = VirtualGateway.hardwareAddress(of: sides.neighbor(of: host, on: interface))
    record(octets, on: id, from: station, to: interface.hardwareAddress)
    follow(gateway.receive(octets, by: id, from: station), of: conversation)
  }

  /// Writes down what is seen on an interface's link.
  func record(_ octets: [UInt8], on interface: InterfaceID, from source: MACAddress, to destination: MACAddress) {
    switch gateway.interface(interface)?.realm {
    case .inside?: insideFile.append(octets, from: source, to: destination, at: now)
    case .outside?: outsideFile.append(octets, from: source, to: destination, at: now)
    default: break
    }
  }
}
