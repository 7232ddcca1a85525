import WireFormats

/// Finds the addresses that a text spells, with dots as in `10.0.0.1` or with commas as in FTP's `10,0,0,1,4,31`.
enum AddressSearch {
  static func addresses(in text: [UInt8]) -> [IPv4Address] {
    var found: [IPv4Address] = []
    var at = 0
    while at < text.count {
      guard isDigit(text[at]), at == 0 || !isPart(text[at - 1]) else {
        at += 1
        continue
      }
      if let (address, end) = read(text, from: at) {
        found.append(address)
        at = end
      } else {
        at += 1
      }
    }
    return found
  }

  private static func isDigit(_ octet: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet) }

  private static func isPart(_ octet: UInt8) -> Bool {
    isDigit(octet) || octet == UInt8(ascii: ".") || octet == UInt8(ascii: ",")
  }

  /// Four numbers of at most 255 with the same separator between them, the last one whole.
  private static func read(_ text: [UInt8], from start: Int) -> (IPv4Address, end: Int)? {
    var value: UInt32 = 0
    var at = start
    var separator: UInt8?
    for place in 0..<4 {
      var number: UInt32 = 0
      let first = at
      while at < text.count, isDigit(text[at]), at - first < 3 {
        number = number * 10 + UInt32(text[at] - UInt8(ascii: "0"))
        at += 1
      }
      guard at > first, number <= 255 else { return nil }
      value = value << 8 | number
      guard place < 3 else { break }
      guard at < text.count, text[at] == UInt8(ascii: ".") || text[at] == UInt8(ascii: ","),
        separator == nil || separator == text[at]
      else { return nil }
      separator = text[at]
      at += 1
    }
    if at < text.count, isDigit(text[at]) { return nil }
    return (IPv4Address(value), at)
  }
}
