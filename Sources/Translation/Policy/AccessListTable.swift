import WireFormats

/// What access lists and route maps may ask of a packet.
struct PacketFacts: BitwiseCopyable {
  var source: IPv4Address
  var destination: IPv4Address
  var sourcePort: UInt16 = 0
  var destinationPort: UInt16 = 0
  var protocolNumber: IPProtocol
  var tcpFlags: UInt8 = 0
  /// For ICMP the type; the code stands in `icmpCode`.
  var icmpType: UInt8 = 0
  var icmpCode: UInt8 = 0
  var codePoint: UInt8 = 0
  var isLaterFragment = false

  init(source: IPv4Address, destination: IPv4Address, protocol number: IPProtocol) {
    self.source = source
    self.destination = destination
    protocolNumber = number
  }
}

/// All access lists of a policy, flat: the packet path looks at numbers, not at values with storage of their own.
struct AccessListTable: Sendable {
  /// A line in the form that is compared: several of them for a line that names several ports.
  private struct Line: Sendable {
    var source: AccessList.AddressMatch
    var destination: AccessList.AddressMatch
    var sourcePorts: ClosedRange<UInt16>
    var destinationPorts: ClosedRange<UInt16>
    var icmpType: UInt16
    var icmpCode: UInt16
    var codePoints: ClosedRange<UInt8>
    /// A protocol number, or `anyValue`.
    var protocolNumber: UInt16
    /// TCP flags of which one must be set; 0 for "not asked".
    var tcpFlags: UInt8
    var permits: Bool
    var fragments: Bool
    /// Whether it asks for nothing but the source.
    var isAboutSourceOnly: Bool
  }

  private static var anyValue: UInt16 { .max }
  /// ACK and RST, which is what "established" means.
  private static var establishedFlags: UInt8 { 0x14 }

  private var lines: [Line] = []
  private var lists: [Range<Int>] = []
  private var numbers: [String: Int] = [:]

  init(_ accessLists: [String: AccessList]) {
    for (name, list) in accessLists {
      let first = lines.count
      for entry in list.entries { append(entry) }
      numbers[name] = lists.count
      lists.append(first..<lines.count)
    }
    // The list of names that nothing defines: it permits nothing.
    lists.append(lines.count..<lines.count)
  }

  private mutating func append(_ entry: AccessList.Entry) {
    for sourcePorts in entry.sourcePorts.ranges {
      for destinationPorts in entry.destinationPorts.ranges {
        lines.append(
          Line(
            source: entry.source, destination: entry.destination, sourcePorts: sourcePorts,
            destinationPorts: destinationPorts, icmpType: entry.icmpType.map(UInt16.init) ?? Self.anyValue,
            icmpCode: entry.icmpCode.map(UInt16.init) ?? Self.anyValue, codePoints: entry.codePoints ?? 0...63,
            protocolNumber: entry.protocolNumber.map { UInt16($0.rawValue) } ?? Self.anyValue,
            tcpFlags: entry.established ? Self.establishedFlags : entry.tcpFlags, permits: entry.permits,
            fragments: entry.fragments, isAboutSourceOnly: entry.isAboutSourceOnly))
      }
    }
  }

  /// The number of the list with a name; of a name that nothing defines, that of an empty list.
  func number(of name: String) -> Int { numbers[name] ?? lists.count - 1 }

  /// Whether the first line that speaks of the packet permits it.
  @inline(__always)
  func permits(_ list: Int, _ packet: PacketFacts) -> Bool {
    for index in lists[list] where lines[index].source.matches(packet.source) {
      if lines[index].isAboutSourceOnly || matchesFurther(lines[index], packet) { return lines[index].permits }
    }
    return false
  }

  /// Whether the list could permit some packet from `source`: an address is "translated" for outside hosts as soon as
  /// any of its packets is.
  func mayPermit(_ list: Int, source: IPv4Address) -> Bool {
    for index in lists[list] where lines[index].source.matches(source) {
      if lines[index].permits { return true }
      if lines[index].isAboutSourceOnly { return false }
    }
    return false
  }

  /// Whether the list permits packets to `destination`; a standard list names it as its source.
  func permits(_ list: Int, destination: IPv4Address, port: UInt16) -> Bool {
    for index in lists[list] {
      let line = lines[index]
      let matches =
        line.isAboutSourceOnly
        ? line.source.matches(destination)
        : line.destination.matches(destination) && line.destinationPorts.contains(port)
          && (line.protocolNumber == Self.anyValue || line.protocolNumber == UInt16(IPProtocol.tcp.rawValue))
      if matches { return line.permits }
    }
    return false
  }

  /// Whether a line speaks of the packet that speaks of its source.
  @inline(never)
  private func matchesFurther(_ line: Line, _ packet: PacketFacts) -> Bool {
    guard line.destination.matches(packet.destination),
      line.protocolNumber == Self.anyValue || line.protocolNumber == UInt16(packet.protocolNumber.rawValue),
      line.codePoints.contains(packet.codePoint), !line.fragments || packet.isLaterFragment
    else { return false }
    if packet.isLaterFragment { return true }
    return line.sourcePorts.contains(packet.sourcePort) && line.destinationPorts.contains(packet.destinationPort)
      && (line.tcpFlags == 0 || line.tcpFlags & packet.tcpFlags != 0)
      && (line.icmpType == Self.anyValue || line.icmpType == UInt16(packet.icmpType))
      && (line.icmpCode == Self.anyValue || line.icmpCode == UInt16(packet.icmpCode))
  }
}
