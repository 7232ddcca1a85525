import Forwarding
import WireFormats

extension Translator {
  /// An ICMP error: the packet it quotes names the session (RFC 5508 sections 4 and 7).
  mutating func translateICMPError(_ packet: inout Packet) {
    let octets = packet.octets
    let transport = Int(packet.transportOffset)
    let end = Int(packet.networkOffset) + Int(packet.totalLength)
    // RFC 5508 REQ-3: an error whose own checksum or whose quoted header's checksum is wrong is dropped.
    guard InternetChecksum.fold(octets.sum(transport..<end)) == 0xFFFF,
      let quoted = IPv4Header(quotedIn: octets.prefix(end), at: transport + ICMPField.quotation)
    else {
      packet.verdict = .drop(.badICMPChecksum)
      return
    }
    let instance = facts[packet.ingress].instance
    if policy.isOwn(packet.destination, in: instance),
      !policy.globalAddresses.contains(packet.destination, in: instance)
    {
      packet.verdict = .deliver
      return
    }
    // Behind the quotation there may be extensions (RFC 4884), and behind a short packet's quotation padding.
    let quotationEnd = min(
      ICMPExtension.quotationEnd(octets, transport: transport, end: end), max(quoted.end, quoted.payload))
    guard let session = session(of: quoted, in: &packet, end: quotationEnd) else {
      if case .pending = packet.verdict { withoutSession(&packet, quoted) }
      return
    }
    guard packet.timeToLive > 1 else {
      packet.verdict = .refuse(.timeExceeded, .timeToLiveExceeded)
      return
    }
    guard !shard.sessions[session].isInspected || packet.passage.contains(.inspected) else {
      packet.verdict = .inspect(session: session)
      return
    }
    rewriteQuotation(packet, quoted, session, quotationEnd: quotationEnd, end: end)
    // The error's own addresses: the session's, but an error that another host on the way sent keeps its sender when
    // it comes from outside, and gets the mapping's address when it comes from inside (RFC 5508 REQ-4 and REQ-5).
    let record = shard.sessions[session]
    let outbound = packet.direction == .outbound
    let source =
      outbound
      ? record.insideGlobal
      : packet.source == record.outsideGlobal ? record.outsideLocal : packet.source
    let destination = outbound ? record.outsideGlobal : record.insideLocal
    if outbound, record.flags.contains(.hairpin) {
      turnRound(&packet, record, source: source)
      return
    }
    guard
      let neighbor = findNeighbor(
        &packet, destination, outbound ? record.outsideInstance : record.insideInstance)
    else { return }
    replaceAddresses(packet, source: source, destination: destination, timeToLive: packet.timeToLive - 1)
    counters.add(to: .icmpErrorsTranslated)
    let state = neighbors.state(of: neighbor)
    guard fits(&packet, state.interface) else { return }
    packet.verdict = onward(packet, state, neighbor)
  }

  /// An error about a packet that turned round turns round itself (RFC 5508 REQ-7).
  private mutating func turnRound(_ packet: inout Packet, _ record: SessionRecord, source: IPv4Address) {
    guard let interface = outsideInterface(towards: record.outsideGlobal, in: record.outsideInstance) else {
      packet.verdict = .drop(.noRoute)
      return
    }
    replaceAddresses(packet, source: source, destination: record.outsideGlobal, timeToLive: packet.timeToLive)
    counters.add(to: .icmpErrorsTranslated)
    packet.verdict = .hairpin(interface)
  }

  /// The session of the quoted packet, which went the other way; sets the verdict when another worker owns it.
  private mutating func session(of quoted: IPv4Header, in packet: inout Packet, end: Int) -> UInt32? {
    guard quoted.fragmentField & IPv4Field.offsetMask == 0 else {
      return self.session(ofQuotedFragment: quoted, in: packet.octets, packet.direction)
    }
    guard let ports = quotedPorts(packet.octets, quoted, end: end) else { return nil }
    let instance = facts[packet.ingress].instance
    // An error from outside quotes a packet that left: its inbound key is the quotation turned round.
    let key = FlowKey(
      source: quoted.destination, sourcePort: ports.destination, destination: quoted.source,
      destinationPort: ports.source, protocol: quoted.protocolNumber, instance: instance,
      direction: packet.direction)
    if let session = shard.findSession(key, key.hash(seed: shard.seed)) { return session }
    var owner: Int?
    if packet.direction == .outbound {
      // `quoted.destination` is the inside host that the error's sender speaks for.
      owner = Ownership.worker(ofInside: quoted.destination, in: instance, of: workers)
      if quoted.protocolNumber == .tcp, policy.destinationMembers.contains(quoted.destination), !packet.wasHandedOver {
        let virtual = Ownership.worker(ofPort: ports.destination, of: workers)
        if virtual != worker { owner = virtual }
      }
    } else if let number = policy.staticEntry(
      global: quoted.source, quoted.protocolNumber, port: quoted.protocolNumber == .icmp ? 0 : ports.source,
      in: instance)
    {
      let entry = policy.statics[number]
      owner = Ownership.worker(ofInside: entry.local(of: quoted.source), in: entry.entry.instance, of: workers)
    } else if quoted.protocolNumber == .tcp, policy.destinationRule(for: quoted.source, port: ports.source) != nil {
      owner = Ownership.worker(ofPort: ports.source, of: workers)
    } else if let address = policy.globalAddresses.number(of: quoted.source, in: instance) {
      let mark = self.ports.owner(address: address, protocol: quoted.protocolNumber, port: ports.source)
      let either = mark == 0 || mark == PortMap.reserved ? self.ports.addressOwner(address) : mark
      if either != 0, either != PortMap.reserved { owner = Int(either) - 1 }
    }
    if let owner, owner != worker { _ = isHere(&packet, owner) }
    return nil
  }

  private mutating func quotedPorts(
    _ octets: PacketOctets, _ quoted: IPv4Header, end: Int
  ) -> (source: UInt16, destination: UInt16)? {
    let transport = quoted.payload
    guard quoted.protocolNumber == .tcp || quoted.protocolNumber == .udp || quoted.protocolNumber == .icmp else {
      return (0, 0)
    }
    // Eight octets of the transport header are always quoted (RFC 792).
    guard transport + 8 <= end else { return nil }
    if quoted.protocolNumber == .icmp {
      let type = octets.load8(at: transport)
      let identifier = octets.load16(at: transport + ICMPField.identifier)
      if ICMPType.isQuery(type) { return (identifier, 0) }
      return ICMPType.isReply(type) ? (0, identifier) : nil
    }
    return (octets.load16(at: transport), octets.load16(at: transport + 2))
  }

  /// An error that belongs to no session crosses the gateway only between hosts that are not translated.
  private mutating func withoutSession(_ packet: inout Packet, _ quoted: IPv4Header) {
    let instance = facts[packet.ingress].instance
    if policy.isOwn(packet.destination, in: instance) {
      packet.verdict = .deliver
      return
    }
    let inside = packet.direction == .outbound ? packet.source : packet.destination
    guard !policy.globalAddresses.contains(packet.destination, in: instance), !policy.translates(inside, in: instance),
      packet.direction == .inbound || !policy.translates(quoted.destination, in: instance)
    else {
      packet.verdict = .drop(.icmpErrorWithoutSession)
      return
    }
    route(&packet)
  }

  /// Gives the quoted packet the form its sender knows: addresses, ports or identifier, checksums as far as quoted.
  private mutating func rewriteQuotation(
    _ packet: Packet, _ quoted: IPv4Header, _ session: UInt32, quotationEnd: Int, end: Int
  ) {
    let octets = packet.octets
    let record = shard.sessions[session]
    // The quoted packet went against the error: an error from outside quotes an outbound packet, whose translation
    // is undone; an error from inside quotes an inbound one.
    let undoOutbound = packet.direction == .inbound
    let source = undoOutbound ? record.insideLocal : record.outsideGlobal
    let destination = undoOutbound ? record.outsideLocal : record.insideGlobal
    let addressChange = undoOutbound ? ~record.addressDifference : record.addressDifference
    let portChange = undoOutbound ? ~record.portDifference : record.portDifference
    let checksum = octets.load16(at: quoted.offset + IPv4Field.checksum)
    octets.store16(
      InternetChecksum.update(checksum, by: addressChange), at: quoted.offset + IPv4Field.checksum)
    octets.store32(source.rawValue, at: quoted.offset + IPv4Field.source)
    octets.store32(destination.rawValue, at: quoted.offset + IPv4Field.destination)

    let transport = quoted.payload
    var checksumOffset: Int?
    switch quoted.protocolNumber {
    // A later fragment has no transport header.
    case _ where quoted.fragmentField & IPv4Field.offsetMask != 0: break
    case .tcp, .udp:
      octets.store16(undoOutbound ? record.insideLocalPort : record.outsideGlobalPort, at: transport)
      octets.store16(undoOutbound ? record.outsideLocalPort : record.insideGlobalPort, at: transport + 2)
      checksumOffset = transport + (quoted.protocolNumber == .tcp ? TCPField.checksum : UDPField.checksum)
    case .icmp:
      // The identifier is the inside host's if it asked, and then the quoted packet is its query or the answer to it.
      if !record.flags.contains(.openedInbound) {
        octets.store16(
          undoOutbound ? record.insideLocalPort : record.insideGlobalPort, at: transport + ICMPField.identifier)
      }
      let old = octets.load16(at: transport + ICMPField.checksum)
      octets.store16(InternetChecksum.update(old, by: portChange), at: transport + ICMPField.checksum)
    default: break
    }
    if let checksumOffset, checksumOffset + 2 <= quotationEnd {
      let old = octets.load16(at: checksumOffset)
      if old != 0 || quoted.protocolNumber == .tcp {
        let new = InternetChecksum.update(old, by: InternetChecksum.add(addressChange, portChange))
        octets.store16(new == 0 && quoted.protocolNumber == .udp ? 0xFFFF : new, at: checksumOffset)
      }
    }
    if record.isShifted { moveQuotedNumbers(packet, quoted, session, quotationEnd: quotationEnd) }
    let start = Int(packet.transportOffset)
    octets.store16(0, at: start + ICMPField.checksum)
    octets.store16(InternetChecksum.finish(octets.sum(start..<end)), at: start + ICMPField.checksum)
  }

  /// Replaces the outer addresses and the time to live.
  private mutating func replaceAddresses(
    _ packet: Packet, source: IPv4Address, destination: IPv4Address, timeToLive: UInt8
  ) {
    let octets = packet.octets
    let network = Int(packet.networkOffset)
    octets.store8(timeToLive, at: network + IPv4Field.timeToLive)
    octets.store32(source.rawValue, at: network + IPv4Field.source)
    octets.store32(destination.rawValue, at: network + IPv4Field.destination)
    octets.store16(0, at: network + IPv4Field.checksum)
    octets.store16(
      InternetChecksum.finish(octets.sum(network..<Int(packet.transportOffset))), at: network + IPv4Field.checksum)
  }
}
