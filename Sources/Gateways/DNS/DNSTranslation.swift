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
      guard record.type == 1, record.data.count == 4,
        let address = map(IPv4Address(octets.number32(at: record.data.lowerBound)))
      else { continue }
      if resetsTTL { replace(record.timeToLive..<record.timeToLive + 4, [0, 0, 0, 0], "TTL") }
      var value: [UInt8] = []
      value.append32(address.rawValue)
      replace(record.data, value, "A")
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

  private mutating func movePointers(_ message: DNSMessage) {
    for pointer in message.pointers {
      var target = pointer.target
      for place in growth where pointer.target >= place.end { target += place.by }
      // A pointer into the middle of labels that change has nothing to point to any more.
      let isInside = edits.contains { edit in
        edit.field != "A" && edit.range.lowerBound < base + pointer.target
          && base + pointer.target < edit.range.upperBound
      }
      guard !isInside, (0..<0x4000).contains(target) else {
        edits = []
        growth = []
        remark = "a pointer into a name that changes"
        return
      }
      guard target != pointer.target else { continue }
      replace(
        pointer.place..<pointer.place + 2, [0xC0 | UInt8(target >> 8), UInt8(target & 255)], "pointer")
    }
    edits.sort { $0.range.lowerBound < $1.range.lowerBound }
  }
}
