/// Reads NetFlow version 9 as RFC 3954 describes it, with nothing of the exporter's own.
struct NaiveNetFlow {
  struct Packet {
    var version = 0
    var count = 0
    var upTime = 0
    var seconds = 0
    var sequence = 0
    var sourceID = 0
    var templates = 0
    /// Each record's fields by their numbers.
    var records: [[Int: Int]] = []
  }

  /// The field numbers and lengths of each template that has been seen.
  private(set) var templates: [Int: [(field: Int, length: Int)]] = [:]
  /// What was not as it should be.
  private(set) var problems: [String] = []

  mutating func read(_ octets: [UInt8]) -> Packet {
    func number(_ offset: Int, _ length: Int) -> Int {
      guard offset + length <= octets.count else { return -1 }
      return octets[offset..<offset + length].reduce(0) { $0 << 8 | Int($1) }
    }
    var packet = Packet(
      version: number(0, 2), count: number(2, 2), upTime: number(4, 4), seconds: number(8, 4), sequence: number(12, 4),
      sourceID: number(16, 4))
    var offset = 20
    while offset < octets.count {
      let (set, length) = (number(offset, 2), number(offset + 2, 2))
      guard length >= 4, offset + length <= octets.count, length % 4 == 0 else {
        problems.append("FlowSet \(set) of \(length) octets at \(offset) of \(octets.count)")
        return packet
      }
      var place = offset + 4
      let end = offset + length
      if set == 0 {
        while place + 4 <= end {
          let (template, count) = (number(place, 2), number(place + 2, 2))
          place += 4
          templates[template] = (0..<count).map { (number(place + 4 * $0, 2), number(place + 4 * $0 + 2, 2)) }
          place += 4 * count
          packet.templates += 1
        }
      } else if let fields = templates[set] {
        let size = fields.reduce(0) { $0 + $1.length }
        while place + size <= end {
          var record: [Int: Int] = [:]
          for field in fields {
            record[field.field] = number(place, field.length)
            place += field.length
          }
          packet.records.append(record)
        }
        if end - place > 3 || octets[place..<end].contains(where: { $0 != 0 }) { problems.append("padding of \(set)") }
      } else {
        problems.append("no template \(set)")
      }
      offset = end
    }
    if packet.version != 9 { problems.append("version \(packet.version)") }
    if packet.count != packet.templates + packet.records.count { problems.append("count \(packet.count)") }
    return packet
  }
}
