package import Forwarding

/// An ICMP error that the gateway owes a sender.
package struct ICMPRefusal: Hashable, Sendable, BitwiseCopyable {
  /// "Type" and "Code" (RFC 792).
  package var type: UInt8
  package var code: UInt8
  /// "Next-Hop MTU" of type 3 code 4 (RFC 1191); 0 otherwise.
  package var nextHopMTU: UInt16

  package init(type: UInt8, code: UInt8, nextHopMTU: UInt16 = 0) {
    self.type = type
    self.code = code
    self.nextHopMTU = nextHopMTU
  }

  package static let timeExceeded = ICMPRefusal(type: 11, code: 0)
  package static let networkUnreachable = ICMPRefusal(type: 3, code: 0)
  package static let hostUnreachable = ICMPRefusal(type: 3, code: 1)
  package static let portUnreachable = ICMPRefusal(type: 3, code: 3)
  /// Communication administratively prohibited: RFC 5508 REQ-8 for a session that cannot be made.
  package static let prohibited = ICMPRefusal(type: 3, code: 13)
  package static func fragmentationNeeded(mtu: UInt16) -> Self {
    ICMPRefusal(type: 3, code: 4, nextHopMTU: mtu)
  }
}

/// The end of a packet's way through the translator.
package enum Verdict: Hashable, Sendable, BitwiseCopyable {
  /// Not decided yet.
  case pending
  /// Send it to the neighbour, whose Ethernet address is known.
  case forward(NeighborState)
  /// It is rewritten, and larger than the neighbour's link: send it there in fragments.
  case cut(NeighborState)
  /// It is rewritten; hold it until the neighbour has answered an ARP request.
  case resolve(NeighborID)
  /// Another worker owns it.
  case handOver(worker: UInt8)
  /// It is rewritten and goes to an inside global address: it arrives anew at this outside interface.
  case hairpin(InterfaceID)
  /// It is a fragment whose ports are not known yet: keep its frame at this place of the fragment table.
  case hold(FragmentPlace)
  /// A gateway looks into its session: it goes to the slow path as it is.
  case inspect(session: UInt32)
  /// It is for the gateway itself.
  case deliver
  /// Drop it, count the reason, and tell the sender.
  case refuse(ICMPRefusal, DropReason)
  /// Drop it and count the reason.
  case drop(DropReason)
}
