import Translation
import WireFormats

/// Fragments of datagrams for gateways, which read whole ones only (rule R3).
///
/// A datagram of which an octet comes twice, or whose lengths do not agree, is given up (RFC 5722 has the reasons), and so
/// is the oldest where there are too many.
struct DatagramAssembly {
  /// Datagrams at one time.
  static let maximumDatagrams = 256
  /// Fragments of one datagram.
  static let maximumFragments = 64
  /// Microseconds that a datagram may take.
  static let patience: UInt64 = 3_000_000

  private struct Key: Hashable {
    var session: SessionID
    var direction: Direction
    var identification: UInt16
    var protocolNumber: UInt8
  }

  private struct Datagram {
    var began: UInt64
    /// The header of the first fragment, once it has come.
    var header: [UInt8] = []
    /// In the order of their places, without overlap.
    var parts: [(start: Int, octets: ArraySlice<UInt8>)] = []
    /// The payload's length, once the last fragment has come.
    var length: Int?
    var received = 0
  }

  private var datagrams: [Key: Datagram] = [:]

  var isEmpty: Bool { datagrams.isEmpty }

  /// Adds a fragment, a whole IPv4 packet; answers the whole datagram when it was the last to come.
  mutating func add(_ packet: [UInt8], session: SessionID, direction: Direction, now: UInt64) -> [UInt8]? {
    guard let layout = PacketLayout(packet.span) else { return nil }
    let key = Key(
      session: session, direction: direction,
      identification: packet.span.number16(at: IPv4Field.identification), protocolNumber: layout.protocolNumber.rawValue
    )
    if datagrams[key] == nil, datagrams.count >= Self.maximumDatagrams { dropOldest() }
    var datagram = datagrams.removeValue(forKey: key) ?? Datagram(began: now)
    guard insert(packet, layout, into: &datagram) else { return nil }
    guard let length = datagram.length, datagram.received == length, !datagram.header.isEmpty else {
      datagrams[key] = datagram
      return nil
    }
    return Self.whole(datagram, length)
  }

  /// Forgets datagrams that took too long.
  mutating func expire(now: UInt64) {
    datagrams = datagrams.filter { now &- $0.value.began < Self.patience }
  }

  private mutating func dropOldest() {
    if let oldest = datagrams.min(by: { $0.value.began < $1.value.began }) { datagrams[oldest.key] = nil }
  }

  /// Whether the fragment fits to the others.
  private func insert(_ packet: [UInt8], _ layout: PacketLayout, into datagram: inout Datagram) -> Bool {
    let start = Int(layout.fragmentField & IPv4Field.offsetMask) * 8
    let octets = packet[layout.headerLength..<layout.totalLength]
    let end = start + octets.count
    let isLast = layout.fragmentField & IPv4Field.moreFragments == 0
    guard !octets.isEmpty, isLast || octets.count % 8 == 0, end <= 65_535 - IPv4Field.minimumLength,
      datagram.parts.count < Self.maximumFragments
    else { return false }
    if isLast {
      guard datagram.length == nil, (datagram.parts.last.map { $0.start + $0.octets.count } ?? 0) <= end else {
        return false
      }
      datagram.length = end
    } else if let length = datagram.length, end > length {
      return false
    }
    let place = datagram.parts.firstIndex { $0.start >= start } ?? datagram.parts.count
    if place > 0, datagram.parts[place - 1].start + datagram.parts[place - 1].octets.count > start { return false }
    if place < datagram.parts.count, datagram.parts[place].start < end { return false }
    datagram.parts.insert((start, octets), at: place)
    datagram.received += octets.count
    if start == 0 { datagram.header = Array(packet[..<layout.headerLength]) }
    return true
  }

  private static func whole(_ datagram: Datagram, _ length: Int) -> [UInt8]? {
    var packet = datagram.header
    let total = packet.count + length
    guard total <= 65_535 else { return nil }
    packet.store16(UInt16(total), at: IPv4Field.totalLength)
    packet.store16(0, at: IPv4Field.fragment)
    packet.store16(0, at: IPv4Field.checksum)
    packet.store16(InternetChecksum.finish(InternetChecksum.sum(packet.span)), at: IPv4Field.checksum)
    packet.reserveCapacity(total)
    for part in datagram.parts { packet += part.octets }
    return packet
  }
}
