/// The ends of a TCP or UDP packet over IPv6.
package struct IPv6Flow: Hashable, Sendable, BitwiseCopyable {
  package var source: IPv6Address
  package var destination: IPv6Address
  package var sourcePort: UInt16
  package var destinationPort: UInt16
  /// TCP or UDP.
  package var transport: IPProtocol

  package init(
    _ transport: IPProtocol, from source: IPv6Address, _ sourcePort: UInt16, to destination: IPv6Address,
    _ destinationPort: UInt16
  ) {
    self.source = source
    self.destination = destination
    self.sourcePort = sourcePort
    self.destinationPort = destinationPort
    self.transport = transport
  }

  /// The flow of a packet whose IPv6 header is at `start`, and which carries `upper`; nil for other protocols and where the
  /// ports do not lie before `end`.
  package init?(_ octets: Span<UInt8>, from start: Int, carrying upper: IPv6UpperLayer, to end: Int) {
    let transport = IPProtocol(rawValue: upper.protocolNumber)
    guard start >= 0, start + IPv6Field.length <= upper.offset, end <= octets.count,
      transport == .tcp || transport == .udp, upper.offset + 4 <= end
    else { return nil }
    self.init(
      transport, from: octets.address6(at: start + IPv6Field.source), octets.port(at: upper.offset),
      to: octets.address6(at: start + IPv6Field.destination), octets.port(at: upper.offset + 2))
  }

  /// The flow of the packet that an ICMPv6 error at `message` quotes, and where its transport header begins; nil where the
  /// error quotes too little, or a packet of another protocol.
  package static func quoted(
    by octets: Span<UInt8>, at message: Int, to end: Int
  ) -> (flow: IPv6Flow, transport: Int)? {
    let quoted = message + ICMPv6.headerLength
    guard message >= 0, end <= octets.count, quoted + IPv6Field.length <= end,
      (ICMPv6.destinationUnreachable...ICMPv6.parameterProblem).contains(octets[message + ICMPv6.type]),
      octets[quoted] >> 4 == 6,
      let upper = IPv6UpperLayer(
        octets, nextHeader: octets[quoted + IPv6Field.nextHeader], from: quoted + IPv6Field.length, to: end),
      let flow = IPv6Flow(octets, from: quoted, carrying: upper, to: end)
    else { return nil }
    return (flow, upper.offset)
  }

  /// The other way.
  package var reversed: IPv6Flow {
    IPv6Flow(transport, from: destination, destinationPort, to: source, sourcePort)
  }
}

extension Span<UInt8> {
  fileprivate func port(at offset: Int) -> UInt16 { UInt16(self[offset]) << 8 | UInt16(self[offset + 1]) }

  private func word(at offset: Int) -> UInt64 {
    var word: UInt64 = 0
    for place in offset..<offset + 8 { word = word << 8 | UInt64(self[place]) }
    return word
  }

  /// The address in network order at `offset`, which the caller has checked.
  package func address6(at offset: Int) -> IPv6Address { IPv6Address(word(at: offset), word(at: offset + 8)) }
}
