import Forwarding
import WireFormats

extension Translator {
  /// A packet from outside that belongs to no session: admitted by a static entry or an address mapping, for the
  /// gateway, for another worker, routed as it is, or filtered (RFC 4787 section 5: address and port-dependent).
  @inline(never)
  mutating func admitInbound(_ packet: inout Packet) {
    let outside = facts[packet.ingress].instance
    let isHairpin = packet.passage.contains(.hairpin)
    if !isHairpin, policy.isOwn(packet.source) || policy.globalAddresses.contains(packet.source) {
      packet.verdict = .drop(.martianSource)
      return
    }
    let port = packet.protocolNumber == .icmp ? 0 : packet.destinationPort
    if let number = policy.staticEntry(global: packet.destination, packet.protocolNumber, port: port) {
      admit(&packet, byStatic: number, outside)
      return
    }
    if let address = policy.globalAddresses.number(of: packet.destination) {
      admitToGlobal(&packet, address, outside)
      return
    }
    if policy.isOwn(packet.destination) {
      packet.verdict = .deliver
      return
    }
    let hop = policy.routes.nextHop(to: packet.destination, in: outside)
    if let hop, facts[hop.interface].realm == .inside,
      policy.translates(packet.destination, in: facts[hop.interface].instance)
    {
      packet.verdict = .drop(.insideLocalFromOutside)
      return
    }
    route(&packet)
  }

  /// A packet to an inside global address that no static entry covers.
  private mutating func admitToGlobal(_ packet: inout Packet, _ address: Int, _ outside: RoutingInstance) {
    let mark = ports.owner(
      address: address, protocol: packet.protocolNumber, port: packet.destinationPort)
    let owner = mark == 0 || mark == PortMap.reserved ? ports.addressOwner(address) : mark
    if owner != 0, owner != PortMap.reserved {
      guard isHere(&packet, Int(owner) - 1) else { return }
    }
    if let mapping = shard.findAddressMapping(global: packet.destination) {
      let map = shard.mappings[mapping]
      guard !packet.tcpFlags.contains(.rst) else {
        packet.verdict = .drop(.filtered)
        return
      }
      var record = SessionRecord(inbound: packet, map.instance, outside)
      record.insideLocal = map.insideLocal
      record.mapping = mapping
      record.rule = map.rule
      record.flags.insert(.addressOnly)
      openInbound(&packet, record)
    } else if policy.isOwn(packet.destination) {
      packet.verdict = .deliver
    } else {
      if packet.protocolNumber == .tcp, packet.tcpFlags.intersection([.syn, .ack]) == .syn, policy.unsolicitedSYN > 0 {
        heldSYNs.hold(packet, now)
      }
      packet.verdict = .drop(.filtered)
    }
  }

  /// A packet that a static entry admits.
  private mutating func admit(_ packet: inout Packet, byStatic number: Int, _ outside: RoutingInstance) {
    let entry = policy.statics[number]
    guard
      isHere(
        &packet, Ownership.worker(ofInside: entry.entry.local, in: entry.entry.instance, of: workers))
    else { return }
    guard !packet.tcpFlags.contains(.rst), packet.protocolNumber != .icmp || !ICMPType.isReply(packet.icmpType) else {
      packet.verdict = .drop(.filtered)
      return
    }
    var record = SessionRecord(inbound: packet, entry.entry.instance, outside)
    record.insideLocal = entry.entry.local
    if let ports = entry.entry.ports { record.insideLocalPort = ports.local }
    record.rule = UInt16(truncatingIfNeeded: number)
    record.flags.insert(.isStatic)
    openInbound(&packet, record)
  }

  private mutating func openInbound(_ packet: inout Packet, _ record: SessionRecord) {
    guard packet.timeToLive > 1 else {
      packet.verdict = .refuse(.timeExceeded, .timeToLiveExceeded)
      return
    }
    open(&packet, record)
  }
}
