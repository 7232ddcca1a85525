package import WireFormats

/// An access list, standard or extended: an ordered list of what to permit or deny, with an implicit deny at its end.
package struct AccessList: Hashable, Sendable {
  /// The number or name, such as `10` or `INSIDE`.
  package var name: String
  /// Whether its lines speak of more than source addresses.
  package var isExtended: Bool
  package var entries: [Entry]

  package init(name: String, isExtended: Bool = false, entries: [Entry] = []) {
    self.name = name
    self.isExtended = isExtended
    self.entries = entries
  }

  /// Whether the first line that speaks of packets from `source`, whatever their protocol and destination, permits
  /// them. A line of an extended list that asks for more says nothing about a source alone and is passed over.
  package func permits(_ source: IPv4Address) -> Bool {
    for entry in entries where entry.source.matches(source) && entry.isAboutSourceOnly { return entry.permits }
    return false
  }
}

extension AccessList {
  /// An address and Cisco's inverse mask.
  package struct AddressMatch: Hashable, Sendable, BitwiseCopyable {
    package var address: IPv4Address
    /// A set bit is not compared; need not be contiguous.
    package var wildcard: UInt32

    package init(address: IPv4Address, wildcard: UInt32) {
      self.address = address
      self.wildcard = wildcard
    }

    /// `any`.
    package static let any = AddressMatch(address: IPv4Address(0), wildcard: .max)

    /// Whether `candidate` is one of the addresses.
    package func matches(_ candidate: IPv4Address) -> Bool {
      (candidate.rawValue ^ address.rawValue) & ~wildcard == 0
    }
  }

  /// `eq`, `neq`, `gt`, `lt` and `range`.
  package enum PortMatch: Hashable, Sendable {
    case any
    /// One of up to ten ports.
    case equal([UInt16])
    /// None of up to ten ports.
    case notEqual([UInt16])
    /// Above the port, which is at most 65 534.
    case greater(UInt16)
    /// Below the port, which is at least 1.
    case less(UInt16)
    case range(ClosedRange<UInt16>)

    /// The ports as disjoint ascending ranges; never empty but for a `notEqual` that leaves nothing.
    package var ranges: [ClosedRange<UInt16>] {
      switch self {
      case .any: return [0...UInt16.max]
      case .equal(let ports): return Set(ports).sorted().map { $0...$0 }
      case .greater(let port): return port == .max ? [] : [port + 1...UInt16.max]
      case .less(let port): return port == 0 ? [] : [0...port - 1]
      case .range(let range): return [range]
      case .notEqual(let ports):
        var result: [ClosedRange<UInt16>] = []
        var next = 0
        for port in Set(ports).sorted() {
          if next < Int(port) { result.append(UInt16(next)...(port - 1)) }
          next = Int(port) + 1
        }
        if next <= 65_535 { result.append(UInt16(next)...UInt16.max) }
        return result
      }
    }
  }

  /// One line of a list.
  package struct Entry: Hashable, Sendable {
    package var permits: Bool
    /// The line's number, by which it is ordered, replaced and removed; 0 for "in the order of the array".
    package var sequence: UInt32 = 0
    /// The protocol, or nil for `ip`.
    package var protocolNumber: IPProtocol?
    package var source: AddressMatch
    package var sourcePorts = PortMatch.any
    package var destination = AddressMatch.any
    package var destinationPorts = PortMatch.any
    package var icmpType: UInt8?
    package var icmpCode: UInt8?
    /// `established`: a TCP segment with ACK or RST.
    package var established = false
    /// TCP flags of which one must be set (`syn`, `ack`, …); 0 for "not asked".
    package var tcpFlags: UInt8 = 0
    /// The differentiated services code point, 0 to 63 (`dscp`; `precedence` P is the range 8P to 8P+7).
    package var codePoints: ClosedRange<UInt8>?
    /// `fragments`: only those that are not first.
    package var fragments = false

    package init(permits: Bool, source: AddressMatch, protocolNumber: IPProtocol? = nil) {
      self.permits = permits
      self.source = source
      self.protocolNumber = protocolNumber
    }

    /// A line of a standard list.
    package init(permits: Bool, address: IPv4Address, wildcard: UInt32) {
      self.init(permits: permits, source: AddressMatch(address: address, wildcard: wildcard))
    }

    /// Whether the line asks for nothing but the source address.
    package var isAboutSourceOnly: Bool {
      protocolNumber == nil && sourcePorts == .any && destination == .any && destinationPorts == .any
        && icmpType == nil && !established && tcpFlags == 0 && codePoints == nil && !fragments
    }
  }
}
