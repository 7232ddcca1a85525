import Forwarding
import Translation
import WireFormats

extension Worker where IO: ~Copyable {
  /// Tells the senders of unsolicited SYNs, after a while, that nobody is there (RFC 5382 REQ-4).
  mutating func answerSYNs() {
    let patience = translator.policy.unsolicitedSYN
    guard patience > 0 else { return }
    while let syn = translator.takeUnansweredSYN(after: patience, now: now) { answer(syn) }
  }

  private mutating func answer(_ syn: HeldSYN) {
    let link = links[syn.ingress]
    guard link.address != .unspecified, link.reports(.portUnreachable) else { return }
    guard icmpLimit.take(at: nanoseconds) else {
      handle.counters.count(.replyRateLimited)
      return
    }
    guard var frame = newFrame(device: link.device) else { return }
    frame.ingress = syn.ingress
    // The packet's beginning lies in the same buffer, well behind the message that quotes it.
    let original = memory.octets(of: frame.buffer).suffix(from: 512).prefix(HeldSYN.quotedOctets)
    syn.write(to: original, at: 0)
    let start = Int(frame.start) + VirtioHeader.size + Ethernet.headerLength
    let length = ICMPReplies.writeError(
      type: ICMPRefusal.portUnreachable.type, code: ICMPRefusal.portUnreachable.code, nextHopMTU: 0, about: original,
      network: 0, from: link.address, to: memory.octets(of: frame.buffer).suffix(from: start))
    frame.length = UInt32(VirtioHeader.size + Ethernet.headerLength + length)
    handle.load.add(to: .icmpErrorsSent)
    sendOwn(frame, length: length, to: original.address(at: IPv4Field.source), from: syn.ingress)
  }

  /// Sends a packet of the gateway's own, which lies behind an untagged Ethernet header's place, by the routes of the
  /// interface that it answers for.
  private mutating func sendOwn(_ frame: Frame, length: Int, to destination: IPv4Address, from interface: InterfaceID) {
    guard let instance = plan.interfaces.first(where: { $0.id == interface })?.instance,
      let hop = translator.policy.routes.nextHop(to: destination, in: instance),
      let neighbor = plan.neighbors.findOrAdd(hop, now: now)
    else {
      drop(frame, .noRoute)
      return
    }
    let end = Ethernet.headerLength + length
    let state = plan.neighbors.state(of: neighbor)
    if state.isResolved {
      transmit(frame, network: Ethernet.headerLength, end: end, to: state)
    } else {
      wait(frame, network: Ethernet.headerLength, end: end, exceedsLink: false, for: neighbor)
    }
  }
}
