import Forwarding
import Gateways
import Translation
import WireFormats

// IPv6 packets on their way to a slow path and back. A worker says only which packets may be a gateway's business, by their
// ports; which sessions there are the slow path knows, since nothing else needs to.
extension Worker where IO: ~Copyable {
  /// Gives a packet that crosses from inside to outside or back to the slow path of its inside host, if it may be a
  /// gateway's business. False where it is not, and goes on.
  @inline(never)
  mutating func inspectIPv6(
    _ frame: Frame, _ octets: PacketOctets, _ header: IPv6Header, to egress: InterfaceID, mtu: UInt16
  ) -> Bool {
    let isOutbound: Bool
    switch (links[frame.ingress].realm, links[egress].realm) {
    case (.inside, .outside): isOutbound = true
    case (.outside, .inside): isOutbound = false
    default: return false
    }
    guard let upper = header.upperLayer(in: octets), let flow = flow(octets, header, upper),
      let gateway = translator.ipv6Services.gateway(of: flow)
    else { return false }
    guard !upper.isFragment, !upper.hasOtherEnds else {
      handle.load.add(to: .ipv6Unread)
      return false
    }
    // An error goes the other way than what it quotes, and so belongs to the same host.
    let isQuoted = upper.protocolNumber == IPv6Field.icmp
    let host = isOutbound != isQuoted ? flow.source : flow.destination
    var annotation = FrameAnnotation(ingress: frame.ingress, passage: [])
    annotation.egress = egress
    annotation.gateway = gateway
    let ring = plan.ring(to: plan.workers + Self.slowPath(of: host, among: plan.slowPaths))
    guard ring.hasRoom, ring.stage(annotate(frame, annotation)) else {
      drop(frame, .slowPathFull)
      return true
    }
    handle.load.add(to: .ipv6Inspected)
    return true
  }

  /// The flow of a packet, or of the one that an error quotes.
  private func flow(_ octets: PacketOctets, _ header: IPv6Header, _ upper: IPv6UpperLayer) -> IPv6Flow? {
    octets.withSpan { span in
      upper.protocolNumber == IPv6Field.icmp
        ? IPv6Flow.quoted(by: span, at: upper.offset, to: header.end)?.flow
        : IPv6Flow(span, from: header.payload - IPv6Field.length, carrying: upper, to: header.end)
    }
  }

  /// The slow path that has the sessions of an inside host's network, whose connections share a bound of memory.
  private static func slowPath(of host: IPv6Address, among slowPaths: Int) -> Int {
    slowPaths == 1 ? 0 : Int((host.high &* 0x9E37_79B9_7F4A_7C15) >> 32 % UInt64(slowPaths))
  }

  /// A packet comes back from its slow path, or from a waiting queue of one: it goes on like any other, and is not looked
  /// into again.
  @inline(never)
  mutating func receiveInspectedIPv6(_ frame: Frame, _ octets: PacketOctets, _ network: Int) {
    guard let header = IPv6Header(octets, at: network) else {
      drop(frame, .malformedIPv6)
      return
    }
    forwardIPv6(frame, octets, network, header, isInspected: true)
  }
}
