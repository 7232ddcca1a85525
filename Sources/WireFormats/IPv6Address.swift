/// An IPv6 address (RFC 4291), held as two numbers in host order.
@usableFromInline package struct IPv6Address: Hashable, Sendable, BitwiseCopyable {
  /// The first 64 bits: of a host's address mostly the network.
  @usableFromInline package var high: UInt64
  /// The last 64 bits: mostly the interface.
  @usableFromInline package var low: UInt64

  @inlinable package init(_ high: UInt64, _ low: UInt64) {
    self.high = high
    self.low = low
  }

  /// `::`, which only a host without address sends from (RFC 4291 section 2.5.2).
  @inlinable package static var unspecified: Self { Self(0, 0) }
  /// `ff02::1`, all nodes of a link.
  @inlinable package static var allNodes: Self { Self(0xFF02 << 48, 1) }
  /// `ff02::2`, all routers of a link.
  @inlinable package static var allRouters: Self { Self(0xFF02 << 48, 2) }

  @inlinable package var isUnspecified: Bool { high | low == 0 }
  /// Whether the address is in ff00::/8.
  @inlinable package var isMulticast: Bool { high >> 56 == 0xFF }
  /// Whether the address is in fe80::/10: no router forwards it (RFC 4291 section 2.5.6).
  @inlinable package var isLinkLocal: Bool { high >> 54 == 0x3FA }
  /// Whether no packet on a link may carry the address as its source: `::1`, multicast, and what only stands for an IPv4
  /// address inside a host (RFC 4291 sections 2.5.3, 2.5.5 and 2.7). `::` is not among them: hosts begin with it.
  @inlinable package var isMartianSource: Bool {
    isMulticast || high == 0 && (low == 1 || low >> 32 == 0xFFFF)
  }

  /// The group that a host with this address listens to for questions about it (RFC 4291 section 2.7.1).
  @inlinable package var solicitedNode: Self { Self(0xFF02 << 48, 0x1_FF00_0000 | low & 0xFF_FFFF) }
  /// The Ethernet group of a multicast address (RFC 2464 section 7).
  @inlinable package var group: MACAddress { MACAddress(0x3333_0000_0000 | low & 0xFFFF_FFFF) }

  /// The link-local address that follows from an Ethernet address (RFC 4291 appendix A).
  @inlinable package static func linkLocal(of address: MACAddress) -> Self {
    let word = address.rawValue ^ 0x0200_0000_0000
    return Self(0xFE80 << 48, (word >> 24) << 40 | 0xFF_FE00_0000 | word & 0xFF_FFFF)
  }
}

extension IPv6Address: Comparable {
  @inlinable package static func < (left: Self, right: Self) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }
}

extension IPv6Address: CustomStringConvertible, LosslessStringConvertible {
  /// The eight groups of 16 bits.
  private var groups: [UInt16] {
    [high, high, high, high, low, low, low, low].enumerated().map { place, word in
      UInt16(truncatingIfNeeded: word >> (48 - 16 * UInt64(place % 4)))
    }
  }

  /// The form of RFC 5952: small letters, no leading zeros, the longest run of zero groups shortened, of two the first.
  @usableFromInline package var description: String {
    let groups = groups
    var longest = 0..<0
    var begin = 0
    while begin < 8 {
      var end = begin
      while end < 8, groups[end] == 0 { end += 1 }
      if end - begin > longest.count { longest = begin..<end }
      begin = max(end, begin + 1)
    }
    func text(_ range: Range<Int>) -> String {
      groups[range].map { String($0, radix: 16) }.joined(separator: ":")
    }
    // One group of zeros is no run (section 4.2.2).
    guard longest.count > 1 else { return text(0..<8) }
    return text(0..<longest.lowerBound) + "::" + text(longest.upperBound..<8)
  }

  /// Reads any form of RFC 4291 section 2.2: groups of one to four digits, `::` once, and at the end an IPv4 address in the
  /// place of two groups. A zone (`%eth0`) is not part of an address.
  @usableFromInline package init?(_ description: String) {
    var head: [UInt16] = []
    var tail: [UInt16] = []
    var isShortened = false
    let text = Array(description.utf8)
    var at = 0
    func isColon(_ place: Int) -> Bool { place < text.count && text[place] == UInt8(ascii: ":") }
    if isColon(0) {
      guard isColon(1) else { return nil }
      isShortened = true
      at = 2
    }
    while at < text.count {
      guard head.count + tail.count < 8 else { return nil }
      let end = text[at...].firstIndex(of: UInt8(ascii: ":")) ?? text.count
      let part = text[at..<end]
      if part.contains(UInt8(ascii: ".")) {
        guard end == text.count, let last = IPv4Address(String(decoding: part, as: UTF8.self)) else { return nil }
        let groups = [UInt16(last.rawValue >> 16), UInt16(last.rawValue & 0xFFFF)]
        if isShortened { tail += groups } else { head += groups }
        at = end
        break
      }
      guard (1...4).contains(part.count), let group = Self.group(part) else { return nil }
      if isShortened { tail.append(group) } else { head.append(group) }
      at = end
      guard at < text.count else { break }
      at += 1
      if isColon(at) {
        guard !isShortened else { return nil }
        isShortened = true
        at += 1
      } else if at == text.count {
        return nil
      }
    }
    let count = head.count + tail.count
    guard isShortened ? count < 8 : count == 8 else { return nil }
    let groups = head + Array(repeating: 0, count: 8 - count) + tail
    func word(_ part: ArraySlice<UInt16>) -> UInt64 { part.reduce(0) { $0 << 16 | UInt64($1) } }
    self.init(word(groups[..<4]), word(groups[4...]))
  }

  /// The number of one to four hexadecimal digits; the standard library's reader would take a sign, too.
  private static func group(_ digits: ArraySlice<UInt8>) -> UInt16? {
    var value: UInt16 = 0
    for digit in digits {
      guard let number = Character(Unicode.Scalar(digit)).hexDigitValue, digit < 128 else { return nil }
      value = value << 4 | UInt16(number)
    }
    return value
  }
}
