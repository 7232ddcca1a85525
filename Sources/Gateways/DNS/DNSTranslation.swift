import Translation
import WireFormats

/// The edits that make a message say the addresses that its receiver knows.
///
/// Where a name changes its length, what stands behind it moves, and compression pointers to it with it.
struct DNSTranslation {
  private(set) var edits: [Edit] = []
  /// Why something was left alone.
  private(set) var remark: String?

  /// Where names change their length: where each ends, and by how much.
  private var growth: [(end: Int, by: Int)] = []
  private let base: Int

  /// - Parameters:
  ///   - base: where the message begins in what the edits count from: 2 behind a stream's length field.
  ///   - map: the address that the receiver knows for one that the sender does; nil where it is the same.
  init(
    _ message: DNSMessage, _ octets: Span<UInt8>, base: Int, resetsTTL: Bool, map: (IPv4Address) -> IPv4Address?
  ) {
    self.base = base
    for question in message.questions { rename(question.name, "QNAME", map) }
    for record in message.records {
      rename(record.name, "NAME", map)
      let changes = record.addressPlaces(in: octets).compactMap { place in
        map(IPv4Address(octets.number32(at: place))).map { (place, $0) }
      }
      guard !changes.isEmpty else { continue }
      if resetsTTL { replace(record.timeToLive..<record.timeToLive + 4, [0, 0, 0, 0], "TTL") }
      for (place, address) in changes {
        var value: [UInt8] = []
        value.append32(address.rawValue)
        replace(place..<place + 4, value, record.type == 1 ? "A" : "ipv4hint")
      }
    }
    guard !growth.isEmpty else { return }
    movePointers(message)
  }

  /// How much longer the message becomes.
  var totalGrowth: Int { growth.reduce(0) { $0 + $1.by } }

  private mutating func rename(_ name: DNSMessage.Name, _ field: String, _ map: (IPv4Address) -> IPv4Address?) {
    guard let reverse = name.reverse, let address = map(reverse.address) else { return }
    let labels = DNSMessage.Name.labels(of: address)
    replace(reverse.octets, labels, field)
    if labels.count != reverse.octets.count {
      growth.append((reverse.octets.upperBound, labels.count - reverse.octets.count))
    }
  }

  private mutating func replace(_ range: Range<Int>, _ octets: [UInt8], _ field: String) {
    edits.append(Edit(range: base + range.lowerBound..<base + range.upperBound, octets: octets, field: field))
  }

  /// Has pointers follow what they point to. Edits and places of growth are in the message's order, so each pointer's is
  /// found by halving: a message of 64 KiB may have thousands of either.
  private mutating func movePointers(_ message: DNSMessage) {
    var sums: [Int] = []
    for place in growth { sums.append((sums.last ?? 0) + place.by) }
    var moved: [Edit] = []
    for pointer in message.pointers {
      let passed = Self.firstIndex(growth.count) { growth[$0].end > pointer.target }
      let target = pointer.target + (passed == 0 ? 0 : sums[passed - 1])
      // A pointer into the middle of labels that change has nothing to point to any more.
      let begun = Self.firstIndex(edits.count) { edits[$0].range.lowerBound >= base + pointer.target }
      let isInside =
        begun > 0 && edits[begun - 1].field != "A" && base + pointer.target < edits[begun - 1].range.upperBound
      guard !isInside, (0..<0x4000).contains(target) else {
        edits = []
        growth = []
        remark = "a pointer into a name that changes"
        return
      }
      guard target != pointer.target else { continue }
      moved.append(
        Edit(
          range: base + pointer.place..<base + pointer.place + 2,
          octets: [0xC0 | UInt8(target >> 8), UInt8(target & 255)], field: "pointer"))
    }
    edits += moved
    edits.sort { $0.range.lowerBound < $1.range.lowerBound }
  }

  /// The first of `count` places from which on a condition holds; `count` for none.
  private static func firstIndex(_ count: Int, where holds: (Int) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if holds(middle) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
