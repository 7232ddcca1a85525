import WireFormats

/// Text being put together octet by octet: a listing of a million rows must not make a million strings.
struct OctetText {
  private(set) var octets: [UInt8] = []

  mutating func append(_ text: String) { octets.append(contentsOf: text.utf8) }

  mutating func append(octets more: [UInt8]) { octets.append(contentsOf: more) }

  mutating func append(octet: UInt8) { octets.append(octet) }

  /// A decimal number.
  mutating func append(_ number: some UnsignedInteger & FixedWidthInteger) {
    if number >= 10 { append(number / 10) }
    octets.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10))
  }

  /// An address in its dotted form.
  mutating func append(_ address: IPv4Address) {
    for place in 0..<4 {
      if place > 0 { octets.append(UInt8(ascii: ".")) }
      append(UInt8(truncatingIfNeeded: address.rawValue >> (24 - 8 * place)))
    }
  }

  /// An address and, if it has them, a slash and its prefix length, a colon and its port.
  mutating func append(_ endpoint: ListedEndpoint) {
    append(endpoint.address)
    if let length = endpoint.prefixLength {
      octets.append(UInt8(ascii: "/"))
      append(length)
    }
    guard let port = endpoint.port else { return }
    octets.append(UInt8(ascii: ":"))
    append(port)
  }

  mutating func newline() { octets.append(UInt8(ascii: "\n")) }

  /// One cell of a table: what `content` appends, left-justified in `width` columns. Content that overflows its column
  /// still gets one separating space.
  mutating func cell(_ width: Int, _ content: (inout OctetText) -> Void) {
    let start = octets.count
    content(&self)
    let used = octets.count - start
    octets.append(contentsOf: repeatElement(UInt8(ascii: " "), count: max(1, width - used)))
  }

  /// A number in hexadecimal digits, as many as it needs.
  mutating func append(hexadecimal number: UInt64) { append("0x" + String(number, radix: 16)) }

  /// Takes what has been put together, and begins anew.
  mutating func take() -> [UInt8] {
    defer { octets.removeAll(keepingCapacity: true) }
    return octets
  }
}
