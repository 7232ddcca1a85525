import WireFormats

// The values that statements take. `role` names a value in messages, as in `START-ADDRESS`.
extension StatementReader {
  /// Octets of a name at most.
  static let maximumNameOctets = 64

  /// An IPv4 address in dotted form.
  mutating func address(_ role: String) throws(Diagnostic) -> Located<IPv4Address> {
    let expected = "\(role) (A.B.C.D)"
    let word = try word(expected)
    guard let address = IPv4Address(word.value) else {
      throw Diagnostic(
        place: word.place, message: "\(quoted(word.value)) is not an IPv4 address", expected: [expected])
    }
    return Located(value: address, place: word.place)
  }

  /// An address that a host can have: no network 0, loopback, multicast or reserved address (RFC 1812 section 5.3.7).
  mutating func hostAddress(_ role: String) throws(Diagnostic) -> Located<IPv4Address> {
    let address = try address(role)
    guard !address.value.isMartianSource else {
      throw Diagnostic(
        place: address.place, message: "\(address.value) is not an address that a host can have",
        expected: ["\(role) (A.B.C.D)"])
    }
    return address
  }

  /// A contiguous network mask, as the length of its prefix.
  mutating func mask(_ role: String, lengths: ClosedRange<UInt8>) throws(Diagnostic) -> Located<UInt8> {
    let expected = "\(role) (such as 255.255.255.0)"
    let word = try word(expected)
    guard let mask = IPv4Address(word.value), let length = IPv4Prefix.length(ofMask: mask) else {
      throw Diagnostic(
        place: word.place, message: "\(quoted(word.value)) is not a network mask", expected: [expected])
    }
    guard lengths.contains(length) else {
      throw Diagnostic(
        place: word.place, message: "the mask \(mask) leaves no network part", expected: [expected])
    }
    return Located(value: length, place: word.place)
  }

  /// A decimal number in a range.
  mutating func number<Value: FixedWidthInteger & Sendable>(
    _ role: String, in range: ClosedRange<Value>
  ) throws(Diagnostic) -> Located<Value> {
    let expected = "\(role) (\(range.lowerBound)-\(range.upperBound))"
    let word = try word(expected)
    guard word.value.utf8.allSatisfy(isDigit) else {
      throw Diagnostic(place: word.place, message: "\(quoted(word.value)) is not a number", expected: [expected])
    }
    guard let value = Value(word.value), range.contains(value) else {
      throw Diagnostic(
        place: word.place,
        message: "\(quoted(word.value)) is not in the range \(range.lowerBound)-\(range.upperBound)",
        expected: [expected])
    }
    return Located(value: value, place: word.place)
  }

  /// A name: printable ASCII, case-sensitive.
  mutating func name(_ role: String) throws(Diagnostic) -> Located<String> {
    let word = try word(role)
    guard word.value.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw Diagnostic(
        place: word.place, message: "the name \(quoted(word.value)) has characters other than printable ASCII",
        expected: [role])
    }
    guard word.value.utf8.count <= Self.maximumNameOctets else {
      throw Diagnostic(
        place: word.place, message: "the name has more than \(Self.maximumNameOctets) characters", expected: [role])
    }
    return word
  }

  /// An absolute path of at most `maximum` octets.
  mutating func path(_ role: String, upTo maximum: Int) throws(Diagnostic) -> Located<String> {
    let expected = "\(role) (an absolute path)"
    let word = try word(expected)
    guard word.value.utf8.first == UInt8(ascii: "/") else {
      throw Diagnostic(
        place: word.place, message: "\(quoted(word.value)) is not an absolute path", expected: [expected])
    }
    guard word.value.utf8.count <= maximum else {
      throw Diagnostic(
        place: word.place, message: "the path has more than \(maximum) octets", expected: [expected])
    }
    return word
  }

  /// An Ethernet address in Cisco's form, three groups of four hexadecimal digits.
  mutating func hardwareAddress(_ role: String) throws(Diagnostic) -> Located<MACAddress> {
    let expected = "\(role) (H.H.H, such as 0200.0000.0001)"
    let word = try word(expected)
    let groups = word.value.split(separator: ".", omittingEmptySubsequences: false)
    let digits = groups.compactMap { group in
      (1...4).contains(group.utf8.count) && group.first != "+" && group.first != "-" ? UInt64(group, radix: 16) : nil
    }
    guard groups.count == 3, digits.count == 3 else {
      throw Diagnostic(
        place: word.place, message: "\(quoted(word.value)) is not an Ethernet address", expected: [expected])
    }
    let address = MACAddress(digits[0] << 32 | digits[1] << 16 | digits[2])
    guard address != .zero, !address.isGroup else {
      throw Diagnostic(
        place: word.place, message: "\(quoted(word.value)) is not the Ethernet address of one station",
        expected: [expected])
    }
    return Located(value: address, place: word.place)
  }
}
