package import WireFormats

/// What a DNS message (RFC 1035 section 4) says that an address translator has to know: where names, addresses and
/// compression pointers stand.
struct DNSMessage {
  /// A name as it is written at one place.
  struct Name {
    /// The octets at that place: labels, and the zero or the pointer that ends them.
    var range: Range<Int>
    /// All labels, each with its length before it, in lower case; what pointers lead to is in it.
    var labels: [UInt8]
    /// Octets of the labels that stand at this place, before a pointer or the final zero.
    var literal: Int
  }

  /// A resource record.
  struct Record {
    var name: Name
    var type: UInt16
    /// Where "TTL" stands.
    var timeToLive: Int
    var data: Range<Int>
  }

  /// A compression pointer (section 4.1.4).
  struct Pointer: Hashable {
    var place: Int
    var target: Int
  }

  let identifier: UInt16
  let isResponse: Bool
  private(set) var questions: [(name: Name, type: UInt16)] = []
  private(set) var records: [Record] = []
  private(set) var pointers: [Pointer] = []

  /// Octets of a message's header.
  static let headerLength = 12
  /// Questions and records of a message that is looked at: more A records than the longest message has room for.
  private static let maximumRecords = 4096

  /// Whether the first octets can be a message's header: what other protocols send cannot (rule R1).
  static func canBegin(_ octets: Span<UInt8>) -> Bool {
    guard octets.count >= headerLength else { return true }
    // "Opcode" 0 to 6, and few questions.
    return octets[2] >> 3 & 15 <= 6 && octets.number16(at: 4) <= 4 && Int(octets.number16(at: 6)) <= maximumRecords
  }

  /// Reads a message; nil when anything in it is beyond its end or against the grammar.
  init?(_ octets: Span<UInt8>) {
    guard octets.count >= Self.headerLength, Self.canBegin(octets) else { return nil }
    identifier = octets.number16(at: 0)
    isResponse = octets[2] & 0x80 != 0
    let questionCount = Int(octets.number16(at: 4))
    let recordCount =
      Int(octets.number16(at: 6)) + Int(octets.number16(at: 8)) + Int(octets.number16(at: 10))
    guard questionCount + recordCount <= Self.maximumRecords else { return nil }
    var at = Self.headerLength
    for _ in 0..<questionCount {
      guard let name = readName(octets, at: at), name.range.upperBound + 4 <= octets.count else { return nil }
      questions.append((name, octets.number16(at: name.range.upperBound)))
      at = name.range.upperBound + 4
    }
    for _ in 0..<recordCount {
      guard let record = readRecord(octets, at: at) else { return nil }
      records.append(record)
      at = record.data.upperBound
    }
  }

  private mutating func readRecord(_ octets: Span<UInt8>, at start: Int) -> Record? {
    guard let name = readName(octets, at: start) else { return nil }
    let fixed = name.range.upperBound
    guard fixed + 10 <= octets.count else { return nil }
    let data = fixed + 10..<fixed + 10 + Int(octets.number16(at: fixed + 8))
    guard data.upperBound <= octets.count else { return nil }
    let record = Record(name: name, type: octets.number16(at: fixed), timeToLive: fixed + 4, data: data)
    guard readNames(in: record, octets) else { return nil }
    return record
  }

  /// Notes the pointers in the data of the types that may have some (RFC 3597 section 4).
  private mutating func readNames(in record: Record, _ octets: Span<UInt8>) -> Bool {
    let before: Int
    let count: Int
    switch record.type {
    case 2, 3, 4, 5, 7, 8, 9, 12: (before, count) = (0, 1)  // NS, MD, MF, CNAME, MB, MG, MR, PTR
    case 6, 14, 17: (before, count) = (0, 2)  // SOA, MINFO, RP
    case 15, 18, 21: (before, count) = (2, 1)  // MX, AFSDB, RT
    case 33: (before, count) = (6, 1)  // SRV, by RFC 2052
    default: return true
    }
    var at = record.data.lowerBound + before
    for _ in 0..<count {
      guard at < record.data.upperBound, let name = readName(octets, at: at),
        name.range.upperBound <= record.data.upperBound
      else { return false }
      at = name.range.upperBound
    }
    return true
  }

  /// Reads a name. Pointers have to lead backward, so that no chain of them has an end that is not found.
  private mutating func readName(_ octets: Span<UInt8>, at start: Int) -> Name? {
    var labels: [UInt8] = []
    var at = start
    var end: Int?
    var literal = 0
    var limit = start
    while true {
      guard let length = octets.octet(at) else { return nil }
      if length == 0 {
        return Name(range: start..<(end ?? at + 1), labels: labels, literal: end == nil ? at - start : literal)
      }
      if length & 0xC0 == 0xC0 {
        guard let low = octets.octet(at + 1) else { return nil }
        let target = Int(length & 0x3F) << 8 | Int(low)
        guard target < limit, target >= Self.headerLength else { return nil }
        if end == nil {
          pointers.append(Pointer(place: at, target: target))
          end = at + 2
          literal = at - start
        }
        limit = target
        at = target
        continue
      }
      // RFC 1035 section 3.1: 255 octets in all.
      guard length & 0xC0 == 0, at + 1 + Int(length) <= octets.count, labels.count + Int(length) + 2 <= 255 else {
        return nil
      }
      for place in at...at + Int(length) {
        let octet = octets[place]
        labels.append(octet >= 0x41 && octet <= 0x5A ? octet + 0x20 : octet)
      }
      at += 1 + Int(length)
    }
  }

  /// Whether it carries signatures, which no translated record would agree with (RFC 4034 section 3).
  var isSigned: Bool { records.contains { $0.type == 46 } }
}

extension DNSMessage.Record {
  /// Where IPv4 addresses stand in the data: that of an A record, or the hints of an SVCB or HTTPS record.
  func addressPlaces(in octets: Span<UInt8>) -> [Int] {
    switch type {
    case 1: data.count == 4 ? [data.lowerBound] : []
    case 64, 65: hintPlaces(in: octets)
    default: []
    }
  }

  /// The places of "ipv4hint" (RFC 9460 section 7.3), which a client may connect to before it has asked for the A record.
  /// None where the data is against the grammar: "SvcPriority", "TargetName" without pointers, then the "SvcParams".
  private func hintPlaces(in octets: Span<UInt8>) -> [Int] {
    var at = data.lowerBound + 2
    while at < data.upperBound, octets[at] != 0 {
      guard octets[at] < 64 else { return [] }
      at += 1 + Int(octets[at])
    }
    at += 1
    var places: [Int] = []
    while at + 4 <= data.upperBound {
      let key = octets.number16(at: at)
      let value = at + 4..<at + 4 + Int(octets.number16(at: at + 2))
      guard value.upperBound <= data.upperBound else { return [] }
      if key == 4 { places += stride(from: value.lowerBound, through: value.upperBound - 4, by: 4) }
      at = value.upperBound
    }
    return places
  }
}

extension DNSMessage.Name {
  /// `.in-addr.arpa` in labels.
  private static var suffix: [UInt8] { [7] + Array("in-addr".utf8) + [4] + Array("arpa".utf8) }

  /// The address that the name is about, with the octets of its four labels where all of them stand at this place
  /// (RFC 1035 section 3.5).
  var reverse: (address: IPv4Address, octets: Range<Int>)? {
    guard labels.count > Self.suffix.count, labels.suffix(Self.suffix.count) == Self.suffix[...] else { return nil }
    let numbers = labels.dropLast(Self.suffix.count)
    var address: UInt32 = 0
    var at = 0
    for place in 0..<4 {
      guard at < numbers.count else { return nil }
      let length = Int(numbers[at])
      guard (1...3).contains(length), at + length < numbers.count else { return nil }
      var value: UInt32 = 0
      for digit in numbers[at + 1...at + length] {
        guard digit.isDigit else { return nil }
        value = value * 10 + UInt32(digit - 0x30)
      }
      guard value <= 255 else { return nil }
      address |= value << UInt32(8 * place)
      at += 1 + length
    }
    guard at == numbers.count, literal >= at else { return nil }
    return (IPv4Address(address), range.lowerBound..<range.lowerBound + at)
  }

  /// The four labels of an address.
  static func labels(of address: IPv4Address) -> [UInt8] {
    (0..<4).flatMap { place -> [UInt8] in
      let digits = Array("\(address.rawValue >> UInt32(8 * place) & 255)".utf8)
      return [UInt8(digits.count)] + digits
    }
  }
}

extension DNSGateway {
  /// The addresses in the records of a message; none when it does not parse.
  package static func addresses(in message: Span<UInt8>) -> [IPv4Address] {
    guard let parsed = DNSMessage(message) else { return [] }
    return parsed.records.flatMap { record in
      record.addressPlaces(in: message).map { IPv4Address(message.number32(at: $0)) }
    }
  }
}
