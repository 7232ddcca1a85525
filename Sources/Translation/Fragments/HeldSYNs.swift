package import Forwarding
package import WireFormats

/// A SYN from outside that nothing admitted, and that nobody has been told of yet (RFC 5382 REQ-4).
package struct HeldSYN: BitwiseCopyable, Sendable {
  /// Octets that an ICMP error must quote: a header without options and the first eight octets behind it (RFC 792).
  package static let quotedOctets = 28

  /// The key of the connection's inbound packets.
  var key: FlowKey
  /// Where it arrived.
  package var ingress: InterfaceID
  /// The tick of its arrival.
  var since: UInt32
  /// The beginning of the packet as it arrived; the last four octets are of the place.
  private var octets: InlineArray<4, UInt64>

  /// Notes the packet, whose header has no options.
  init(_ packet: Packet, now: UInt32) {
    key = packet.key
    ingress = packet.ingress
    since = now
    let network = Int(packet.networkOffset)
    octets = InlineArray { word in
      word < 3
        ? packet.octets.load64(at: network + word * 8) : UInt64(packet.octets.load32(at: network + 24)) << 32
    }
  }

  /// Writes the first `quotedOctets` of the packet.
  package func write(to target: PacketOctets, at offset: Int) {
    for word in 0..<3 { target.store64(octets[word], at: offset + word * 8) }
    target.store32(UInt32(octets[3] >> 32), at: offset + 24)
  }
}

/// The unsolicited SYNs of one worker: a few, and few of one sender. They are dropped when they arrive; what is kept is
/// enough to tell the sender later that nobody is there, unless the inside host has opened the connection meanwhile.
package struct HeldSYNs: ~Copyable {
  /// SYNs that are remembered at one time, and those of one sender.
  package static var capacity: Int { 256 }
  package static var maximumPerSource: Int { 8 }

  /// In the order of arrival, from `head` on.
  private var places: [HeldSYN] = []
  private var head = 0
  /// SYNs that are remembered.
  package private(set) var count = 0

  init() { places.reserveCapacity(Self.capacity) }

  /// Remembers a SYN to an inside global address, as it arrived. One too many, one with IPv4 options, and one that is
  /// remembered already (a retransmission) are not.
  package mutating func hold(_ packet: Packet, _ now: UInt32) {
    let header = Int(packet.transportOffset) - Int(packet.networkOffset)
    guard count < Self.capacity, header == IPv4Field.minimumLength,
      packet.octets.count >= Int(packet.networkOffset) + HeldSYN.quotedOctets
    else { return }
    var ofSource = 0
    for number in 0..<count {
      let other = places[(head + number) % Self.capacity].key
      if other == packet.key { return }
      if other.addresses >> 32 == packet.key.addresses >> 32 { ofSource += 1 }
    }
    guard ofSource < Self.maximumPerSource else { return }
    let syn = HeldSYN(packet, now: now)
    let place = (head + count) % Self.capacity
    if place < places.count { places[place] = syn } else { places.append(syn) }
    count += 1
  }

  /// The oldest SYN, once it has waited for `seconds`.
  mutating func takeDue(_ seconds: UInt32, now: UInt32) -> HeldSYN? {
    guard count > 0 else { return nil }
    let oldest = places[head]
    // A tick is a second that may have been nearly over when the SYN came.
    guard now &- oldest.since > seconds else { return nil }
    head = (head + 1) % Self.capacity
    count -= 1
    return oldest
  }
}

extension Translator {
  /// The next SYN whose sender is to be told that nobody is there: it has waited for as long as the settings say, and
  /// neither is there a session of its connection nor does another worker have its port.
  ///
  /// - Parameters:
  ///   - seconds: how long a SYN waits, at least 6 (RFC 5382 REQ-4).
  ///   - now: the tick.
  package mutating func takeUnansweredSYN(after seconds: UInt32, now: UInt32) -> HeldSYN? {
    while let syn = heldSYNs.takeDue(seconds, now: now) {
      if shard.findSession(syn.key, syn.key.hash(seed: shard.seed)) == nil, !isElsewhere(syn) { return syn }
    }
    return nil
  }

  /// Whether a session of the connection may be at another worker.
  private func isElsewhere(_ syn: HeldSYN) -> Bool {
    let destination = IPv4Address(UInt32(truncatingIfNeeded: syn.key.addresses))
    guard let address = policy.globalAddresses.number(of: destination) else { return false }
    let port = UInt16(truncatingIfNeeded: syn.key.rest >> 32)
    let mark = ports.owner(address: address, protocol: .tcp, port: port)
    return mark != 0 && mark != PortMap.reserved && Int(mark) - 1 != worker
  }
}
