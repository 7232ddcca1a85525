package import WireFormats

/// One sentence about a packet that left, which holds or does not. They are put together in a call:
/// `packet.problems(.from(carol.at(80)), .to(alice.at(5000)), .withTimeToLive(63))`.
package struct PacketCheck: Sendable {
  let sentence: String
  let problem: @Sendable (SentPacket) -> String?

  private static func equal<Value: Equatable & Sendable>(
    _ sentence: String, _ wanted: Value, _ found: @escaping @Sendable (SentPacket) -> Value
  ) -> Self {
    Self(sentence: sentence) { packet in
      found(packet) == wanted ? nil : "should be \(sentence) \(wanted) but is \(found(packet))"
    }
  }

  /// Source address and port.
  package static func from(_ source: SocketAddress) -> Self { equal("from", source) { $0.source } }
  /// Destination address and port.
  package static func to(_ destination: SocketAddress) -> Self { equal("to", destination) { $0.destination } }
  /// Source address, whatever the port.
  package static func from(_ source: IPv4Address) -> Self { equal("from", source) { $0.sourceAddress } }
  /// Destination address, whatever the port.
  package static func to(_ destination: IPv4Address) -> Self { equal("to", destination) { $0.destinationAddress } }
  /// "Time to Live".
  package static func withTimeToLive(_ value: UInt8) -> Self { equal("with time to live", value) { $0.timeToLive } }
  /// An ICMP message's type and code.
  package static func icmp(type: UInt8, code: UInt8 = 0) -> Self {
    equal("ICMP of type and code", [type, code]) { [$0.icmpType, $0.icmpCode] }
  }
  /// An ICMP query's identifier.
  package static func withIdentifier(_ value: UInt16) -> Self { equal("with identifier", value) { $0.identifier } }
  /// The payload, untouched.
  package static func carrying(_ payload: [UInt8]) -> Self { equal("carrying", payload) { $0.payload } }

  /// The packet that an ICMP error quotes, with its own IPv4 checksum right.
  package static func quoting(_ checks: PacketCheck...) -> Self {
    Self(sentence: "quoting") { packet in
      let quoted = packet.quoted
      var problems = checks.compactMap { $0.problem(quoted) }
      if NaiveChecksum.sum(quoted.packet.prefix(quoted.headerLength)) != 0xFFFF {
        problems.append("has a wrong IPv4 checksum")
      }
      return problems.isEmpty ? nil : "its quotation " + problems.joined(separator: " and ")
    }
  }
}

extension SentPacket {
  /// What is not as the checks say, and every wrong checksum; empty when all is well.
  package func problems(_ checks: PacketCheck...) -> [String] {
    checks.compactMap { $0.problem(self) } + checksumProblems
  }
}
