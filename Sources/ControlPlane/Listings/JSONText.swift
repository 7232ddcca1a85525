/// JSON (RFC 8259) being put together: values are written as they come, without a tree in between.
struct JSONText {
  private(set) var text = OctetText()
  /// Whether an element or member stands before the place where the next one goes.
  private var needsComma = false

  var octets: [UInt8] { text.octets }

  /// An object whose members `body` writes.
  mutating func object(_ body: (inout JSONText) -> Void) {
    enclosed(UInt8(ascii: "{"), UInt8(ascii: "}"), body)
  }

  /// An array with one element for each of `elements`, which `body` writes.
  mutating func array<Elements: Sequence>(
    _ elements: Elements, _ body: (inout JSONText, Elements.Element) -> Void
  ) {
    enclosed(UInt8(ascii: "["), UInt8(ascii: "]")) { json in
      for element in elements { body(&json, element) }
    }
  }

  mutating func value(_ string: String) {
    separate()
    quote(string)
  }

  mutating func value(_ number: UInt64) {
    separate()
    text.append(number)
  }

  // MARK: Members

  mutating func member(_ name: String, _ value: String?) {
    begin(name)
    if let value { quote(value) } else { text.append("null") }
  }

  mutating func member(_ name: String, _ value: (some UnsignedInteger & FixedWidthInteger)?) {
    begin(name)
    if let value { text.append(value) } else { text.append("null") }
  }

  /// A count, which is never negative.
  mutating func member(_ name: String, _ value: Int?) { member(name, value.map { UInt64(max(0, $0)) }) }

  mutating func member(_ name: String, _ value: Bool) {
    begin(name)
    text.append(value ? "true" : "false")
  }

  /// A member that is an object.
  mutating func member(_ name: String, _ body: (inout JSONText) -> Void) {
    begin(name)
    needsComma = false
    object(body)
  }

  /// A member that is an array.
  mutating func member<Elements: Sequence>(
    _ name: String, each elements: Elements, _ body: (inout JSONText, Elements.Element) -> Void
  ) {
    begin(name)
    needsComma = false
    array(elements, body)
  }

  /// Takes what has been written, and begins anew.
  mutating func take() -> [UInt8] {
    needsComma = false
    return text.take()
  }

  // MARK: Parts

  private mutating func separate() {
    if needsComma { text.append(octet: UInt8(ascii: ",")) }
    needsComma = true
  }

  private mutating func begin(_ name: String) {
    separate()
    quote(name)
    text.append(octet: UInt8(ascii: ":"))
  }

  private mutating func enclosed(_ open: UInt8, _ close: UInt8, _ body: (inout JSONText) -> Void) {
    separate()
    text.append(octet: open)
    needsComma = false
    body(&self)
    text.append(octet: close)
    needsComma = true
  }

  /// A string in quotes; what RFC 8259 section 7 does not allow as it is gets escaped.
  private mutating func quote(_ string: String) {
    text.append(octet: UInt8(ascii: "\""))
    for octet in string.utf8 {
      switch octet {
      case UInt8(ascii: "\""): text.append("\\\"")
      case UInt8(ascii: "\\"): text.append("\\\\")
      case 0x0A: text.append("\\n")
      case 0..<0x20:
        text.append("\\u00")
        text.append(octet: UInt8(ascii: "0") + octet >> 4)
        text.append(octet: Array("0123456789abcdef".utf8)[Int(octet & 15)])
      default: text.append(octet: octet)
      }
    }
    text.append(octet: UInt8(ascii: "\""))
  }
}
