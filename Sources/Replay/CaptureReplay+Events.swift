import Forwarding
import Gateways
import Translation
import WireFormats

// What becomes of what hosts send.
extension CaptureReplay {
  /// Delivers what left the gateway, and notes what did not. `conversation` is the one that a packet was just sent of; nil
  /// when time alone has brought the events about.
  func follow(_ events: [GatewayEvent], of conversation: Conversation?) {
    // What gateways tell comes before what they let pass.
    readLedger()
    for door in gateway.takeRefusedDoors() { report.problems.append(.doorRefused(door.request, door.refusal)) }
    for event in events {
      switch event {
      case .inspected(let gateway): conversation?.gateway = gateway
      case .passed(let packet):
        recordFrames(of: packet)
        deliver(packet)
      case .answered(let packet): recordFrames(of: packet)
      case .dropped(let packet): note(packet)
      case .held: break
      }
    }
  }

  private func recordFrames(of packet: PassedPacket) {
    let source = gateway.interface(packet.egress)?.hardwareAddress ?? .zero
    for octets in packet.frames { record(octets, on: packet.egress, from: source, to: packet.neighbor) }
  }

  private func note(_ packet: DroppedPacket) {
    report.drops[packet.reason, default: 0] += 1
    guard report.firstDrops.count < ReplayReport.maximumDetails,
      case .success(let read) = RecordedPacket.read(packet.octets.span, time: now)
    else { return }
    let ports = read.ports ?? (0, 0)
    report.firstDrops.append(
      ReplayReport.Drop(
        time: now / 1000, protocolNumber: read.protocolNumber, source: Endpoint(read.source, ports.source),
        destination: Endpoint(read.destination, ports.destination), reason: packet.reason))
  }

  // MARK: Delivery

  /// Gives a packet that left the gateway to the host that it is for.
  private func deliver(_ packet: PassedPacket) {
    guard case .success(let before) = RecordedPacket.read(packet.before.span, time: now),
      case .success(let after) = RecordedPacket.read(packet.after.span, time: now), let new = after.ports,
      let old = before.ports
    else { return }
    if gateway.interface(packet.egress)?.realm == .outside {
      let flow = FlowID(
        before.protocolNumber, inside: Endpoint(before.source, old.source),
        outside: Endpoint(before.destination, old.destination))
      guard let conversation = localConversations[flow] else { return }
      conversation.passed.outbound += 1
      name(conversation, Endpoint(after.source, new.source))
      deliver(after, to: conversation, .outbound)
    } else {
      let flow = FlowID(
        after.protocolNumber, inside: Endpoint(after.destination, new.destination),
        outside: Endpoint(after.source, new.source))
      guard let conversation = localConversations[flow] else { return }
      conversation.passed.inbound += 1
      name(conversation, Endpoint(before.destination, old.destination))
      deliver(after, to: conversation, .inbound)
    }
  }

  /// The host outside has learned what the other end is called.
  private func name(_ conversation: Conversation, _ global: Endpoint) {
    conversation.insideGlobal = global
    seen[InsideEnd(conversation.flow.protocolNumber, conversation.flow.inside)] = global
    if global.address == conversation.flow.inside.address { untranslated.insert(global.address) }
  }

  private func deliver(_ packet: RecordedPacket, to conversation: Conversation, _ direction: Direction) {
    var octets: [UInt8] = []
    switch packet.protocolNumber {
    case .tcp:
      guard let segment = StreamSegment(packet.octets, at: packet.headerLength) else { return }
      let receiver = direction.opposite
      let timestamp = segment.options(of: packet.octets).timestamp.map { packet.octets.number32(at: $0) }
      let before = conversation[sender: receiver].acknowledgeAt
      octets = conversation[sender: receiver].receive(
        segment, packet.octets[segment.payload], timestamp: timestamp, now: gateway.now)
      if let due = conversation[sender: receiver].acknowledgeAt, due != before {
        acknowledgments.append(DueAcknowledgment(time: due, conversation: conversation, direction: receiver))
      }
    case .udp: octets = Array(packet.octets.dropFirst(packet.headerLength + UDPField.headerLength))
    default: break
    }
    guard direction == .outbound, conversation.isAnswered, !octets.isEmpty else { return }
    if packet.protocolNumber == .udp {
      searchDatagram(octets, conversation)
    } else {
      search(conversation.unread.add(octets), conversation)
    }
  }

  // MARK: Addresses that are still there

  /// Looks for inside local addresses in lines that went out.
  func search(_ lines: [[UInt8]], _ conversation: Conversation) {
    for line in lines {
      for address in AddressSearch.addresses(in: line)
      where sides.inside(address) != nil && !untranslated.contains(address) {
        let flow = ReplayedFlow(conversation.flow)
        if ControlLines.mustBeTranslated(line, of: conversation.gateway) {
          report.problems.append(.leak(flow, address, text: line))
        } else if report.mentions.count < ReplayReport.maximumDetails {
          report.mentions.append(ReplayReport.Mention(flow: flow, address: address, text: line))
        }
      }
    }
  }

  private func searchDatagram(_ octets: [UInt8], _ conversation: Conversation) {
    guard conversation.gateway == DNSGateway.id else {
      var lines = LineBuffer()
      return search(lines.add(octets) + [lines.takeRest()], conversation)
    }
    // RFC 2694 has addresses of records translated that stand for whole hosts; others are nobody's business.
    guard let inside = gateway.interface(conversation.insideInterface)?.instance,
      let outside = gateway.interface(conversation.outsideInterface)?.instance
    else { return }
    for address in DNSGateway.addresses(in: octets.span) {
      guard let global = gateway.addresses.insideGlobal(of: address, in: inside, outside), global != address else {
        continue
      }
      report.problems.append(.leak(ReplayedFlow(conversation.flow), address, text: octets))
    }
  }

  // MARK: What gateways tell

  private func readLedger() {
    guard gateway.ledger.newest > readEntries else { return }
    for entry in gateway.ledger.entries(after: readEntries) {
      readEntries = entry.number
      report.entries.append(entry)
      take(entry)
    }
  }

  private func take(_ entry: LedgerEntry) {
    let session = entry.session
    if let reason = entry.steppedAside {
      let flow = FlowID(session.transport, inside: session.insideLocal, outside: session.outsideLocal)
      localConversations[flow]?.steppedAside = reason
    }
    if entry.isDryRun {
      if !entry.edits.isEmpty { report.problems.append(.dryRun(entry)) }
      return
    }
    for door in entry.doors where door.request.direction == .inbound {
      for offset in 0..<UInt16(door.request.count) {
        let end = InsideEnd(
          door.request.protocolNumber, Endpoint(door.request.insideLocal, door.request.insideLocalPort &+ offset))
        granted[end] = Endpoint(door.grant.insideGlobal, door.grant.insideGlobalPort &+ offset)
      }
    }
    guard let message = entry.malformed else { return }
    if let address = AddressSearch.addresses(in: message).first(where: hosts.contains) {
      report.problems.append(.malformed(entry, address))
    }
  }
}
