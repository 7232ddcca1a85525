/// The text of a configuration: UTF-8 of a bounded size, handed out line by line.
struct SourceText {
  /// Octets that a configuration may have.
  static let maximumOctets = 128 << 20
  /// Octets that one line may have.
  static let maximumLineOctets = 4096

  let octets: [UInt8]
  /// Where the next line begins.
  private var next = 0
  private var lineNumber = 0

  /// Takes `octets` unless they are too many or not UTF-8. A byte order mark at the start is passed over.
  init(_ octets: [UInt8]) throws(Diagnostic) {
    guard octets.count <= Self.maximumOctets else {
      throw Diagnostic(
        place: .wholeText, message: "the configuration has more than \(Self.maximumOctets >> 20) MiB")
    }
    if String(validating: octets, as: UTF8.self) == nil, let bad = Self.firstInvalidOctet(in: octets) {
      throw Self.notText(octets, at: bad)
    }
    self.octets = octets
    if octets.starts(with: [0xEF, 0xBB, 0xBF]) { next = 3 }
  }

  /// The next line without its end, LF or CR LF; nil after the last.
  mutating func nextLine() -> (start: Place, octets: ArraySlice<UInt8>)? {
    guard next < octets.count else { return nil }
    lineNumber += 1
    let start = next
    let end = octets[start...].firstIndex(of: UInt8(ascii: "\n")) ?? octets.endIndex
    next = end + 1
    return (Place(line: lineNumber, lineStart: start, column: 1), Self.withoutReturn(octets[start..<end]))
  }

  /// The text of the line that starts at `start`; of a line that is too long, the beginning.
  static func line(of octets: [UInt8], at start: Int) -> String {
    let end = octets[start...].firstIndex(of: UInt8(ascii: "\n")) ?? octets.endIndex
    return String(decoding: withoutReturn(octets[start..<end]).prefix(maximumLineOctets), as: UTF8.self)
  }

  private static func withoutReturn(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    line.last == UInt8(ascii: "\r") ? line.dropLast() : line
  }

  /// The index of the first octet that does not belong to well-formed UTF-8.
  private static func firstInvalidOctet(in octets: [UInt8]) -> Int? {
    var decoder = UTF8()
    var iterator = octets.makeIterator()
    var index = 0
    while true {
      switch decoder.decode(&iterator) {
      case .scalarValue(let scalar): index += UTF8.width(scalar)
      case .emptyInput: return nil
      case .error: return index
      }
    }
  }

  private static func notText(_ octets: [UInt8], at index: Int) -> Diagnostic {
    let before = octets[..<index]
    let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    let line = before.reduce(1) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
    let column = String(decoding: octets[start..<index], as: UTF8.self).unicodeScalars.count + 1
    let digits = String(octets[index], radix: 16, uppercase: true)
    return Diagnostic(
      place: Place(line: line, lineStart: start, column: column),
      message: "the octet 0x\(digits.count < 2 ? "0" : "")\(digits) is not UTF-8 text")
  }
}

extension UTF8 {
  /// Octets that a scalar takes in UTF-8.
  fileprivate static func width(_ scalar: Unicode.Scalar) -> Int {
    scalar.value < 0x80 ? 1 : scalar.value < 0x800 ? 2 : scalar.value < 0x1_0000 ? 3 : 4
  }
}
