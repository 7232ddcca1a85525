/// Why a packet went no further. Every drop has one of these; each has a counter a worker and a sentence.
package enum DropReason: UInt8, CaseIterable, Sendable, BitwiseCopyable {
  // What the frame is.
  case frameTooShort
  case unknownVLAN
  case notOurEthernetAddress
  case unsupportedEtherType
  case ipv6
  case malformedIPv6
  case ipv6Scope
  case malformedARP
  case arpSenderOffLink
  case malformedIPv4
  case badIPv4Checksum
  case martianSource
  case martianDestination
  case malformedTransport
  case fragment
  case fragmentsRefused
  case fragmentMalformed
  case fragmentTiny
  case fragmentOverlap
  case fragmentDuplicate
  case fragmentsTooMany
  case fragmentTableFull
  case fragmentTimeout
  case fragmentWithoutFirst
  case badICMPChecksum
  // What the gateway may do with it.
  case timeToLiveExceeded
  case noRoute
  case packetTooBig
  case fragmentationRequired
  case neighborUnresolved
  case neighborTableFull
  case neighborQueueFull
  case notForUs
  case multicast
  // What translation says.
  case filtered
  case insideLocalFromOutside
  case noSession
  case icmpErrorWithoutSession
  case protocolNotTranslated
  case hairpin
  case portsExhausted
  case addressesExhausted
  case sessionsExhausted
  case mappingsExhausted
  case hostSessionsExhausted
  case hostRateExceeded
  case instanceSessionsExhausted
  case listSessionsExhausted
  case cleared
  // What the machine could not do.
  case handOverFull
  case handOverTwice
  case slowPathFull
  case noBuffer
  case transmitFailed
  case transmitQueueFull
  case replyRateLimited

  /// The word that counters and listings use, such as `neighbor-unresolved` or `unknown-vlan`.
  package var name: String {
    // "IPv4" and "IPv6" are one word with a capital in its middle; other runs of capitals are one word as they stand.
    let letters = Array("\(self)".replacing("IPv4", with: "Ipv4").replacing("IPv6", with: "Ipv6"))
    var result = ""
    for (index, letter) in letters.enumerated() {
      let isFirstOfWord =
        letter.isUppercase
        && (letters[index - 1].isLowercase || index + 1 < letters.count && letters[index + 1].isLowercase)
      if isFirstOfWord { result += "-" }
      result += letter.lowercased()
    }
    return result
  }

  /// What happened, for an operator.
  package var sentence: String {
    switch self {
    case .frameTooShort: "The frame is shorter than its headers say."
    case .unknownVLAN: "No sub-interface has the frame's 802.1Q tag."
    case .notOurEthernetAddress: "The frame's destination is another station's Ethernet address."
    case .unsupportedEtherType: "The frame carries neither IPv4, IPv6 nor ARP."
    case .ipv6: "The frame carries IPv6, and its interface has no IPv6 address."
    case .malformedIPv6: "The IPv6 header's version or length is wrong."
    case .ipv6Scope: "The IPv6 packet's source or destination does not reach beyond its link."
    case .malformedARP: "The ARP message is truncated or not for IPv4 over Ethernet."
    case .arpSenderOffLink: "The ARP message's sender is not in the interface's network."
    case .malformedIPv4: "The IPv4 header's version or lengths are wrong."
    case .badIPv4Checksum: "The IPv4 header's checksum is wrong."
    case .martianSource: "The source address may not appear on the wire, or is the gateway's own."
    case .martianDestination: "The destination address may not appear on the wire."
    case .malformedTransport: "The TCP, UDP or ICMP header is truncated or its lengths are wrong."
    case .fragment: "The packet is a fragment of an ICMP error, or for the gateway itself, which reassembles nothing."
    case .fragmentsRefused: "The interface refuses fragments (ip virtual-reassembly drop-fragments)."
    case .fragmentMalformed: "The fragment's length or offset is one that no sender makes."
    case .fragmentTiny: "The fragment cuts the transport header in two (RFC 1858)."
    case .fragmentOverlap: "The fragment has octets that another one of its datagram has too (RFC 5722)."
    case .fragmentDuplicate: "The fragment has come before."
    case .fragmentsTooMany: "The datagram has more fragments than the interface's limit."
    case .fragmentTableFull: "The interface or the source has too many datagrams in fragments, or too many that wait."
    case .fragmentTimeout: "The fragment's datagram was not complete in time."
    case .fragmentWithoutFirst: "The datagram's first fragment belonged to no session, or the session is gone."
    case .badICMPChecksum: "The ICMP error's checksum, or that of the header it quotes, is wrong (RFC 5508 REQ-3)."
    case .timeToLiveExceeded: "The packet's time to live ran out here; its sender was told."
    case .noRoute: "No route leads to the destination; the sender was told."
    case .packetTooBig: "The packet does not fit the next link and must not be fragmented; its sender was told."
    case .fragmentationRequired: "The packet does not fit the next link and could not be cut to its size."
    case .neighborUnresolved: "The next hop did not say its Ethernet address."
    case .neighborTableFull: "The neighbour table has no room."
    case .neighborQueueFull: "Too many packets were already waiting for the neighbour's Ethernet address."
    case .notForUs: "The packet is for the gateway itself, which has no service there."
    case .multicast: "The packet is multicast or broadcast, which is not forwarded."
    case .filtered: "No session, static entry or mapping admits the packet from outside."
    case .insideLocalFromOutside: "A host outside addressed a translated host by its inside local address."
    case .noSession: "A TCP reset or stray answer from inside belongs to no session."
    case .icmpErrorWithoutSession: "The ICMP error quotes a packet of no session (RFC 5508 REQ-4)."
    case .protocolNotTranslated: "The protocol has no ports, and the rule shares addresses by ports."
    case .hairpin: "A host inside addressed an inside global address, and no rule translates its own."
    case .portsExhausted: "No port was free on the host's inside global address; the sender was told."
    case .addressesExhausted: "No address was free in the pool; the sender was told."
    case .sessionsExhausted: "The session table is full; the sender was told."
    case .mappingsExhausted: "The mapping table is full; the sender was told."
    case .hostSessionsExhausted: "The inside host has as many sessions as it may; the sender was told."
    case .hostRateExceeded: "The inside host opens sessions faster than it may; the sender was told."
    case .instanceSessionsExhausted: "The routing instance has as many sessions as it may; the sender was told."
    case .listSessionsExhausted: "The hosts of an access list have as many sessions as they may; the sender was told."
    case .cleared: "The session was cleared while the packet waited."
    case .handOverFull: "The ring to the worker that owns the packet was full."
    case .handOverTwice: "The packet had been handed over before and still was at the wrong worker."
    case .slowPathFull: "The ring to or from the slow path was full."
    case .noBuffer: "No packet buffer was free."
    case .transmitFailed: "The kernel refused the frame."
    case .transmitQueueFull: "The device's transmit queue was full."
    case .replyRateLimited: "An ICMP message was due, and the limit on their rate held it back."
    }
  }
}
