import WireFormats

/// The options of a TCP header that a proxy has to understand; others are passed as they are.
package struct TCPOptions: Hashable, Sendable {
  /// A block of octets that a receiver has beyond its acknowledgement (RFC 2018 section 3).
  package struct Block: Hashable, Sendable {
    package var start: UInt32
    package var end: UInt32

    package init(start: UInt32, end: UInt32) {
      self.start = start
      self.end = end
    }
  }

  /// "Timestamp Value" and "Timestamp Echo Reply" (RFC 7323 section 3.2).
  package struct Timestamp: Hashable, Sendable {
    package var value: UInt32
    package var echo: UInt32

    package init(value: UInt32, echo: UInt32) {
      self.value = value
      self.echo = echo
    }
  }

  /// "Maximum Segment Size" (RFC 9293 section 3.7.1), on a SYN.
  package var maximumSegment: UInt16?
  /// "Window Scale" (RFC 7323 section 2), on a SYN.
  package var windowScale: UInt8?
  /// "SACK Permitted" (RFC 2018 section 2), on a SYN.
  package var sackPermitted = false
  package var timestamp: Timestamp?
  /// At most four.
  package var sackBlocks: [Block] = []
  /// Other options, each whole.
  package var others: [UInt8] = []

  package init() {}

  /// Reads the options of a header; what follows a malformed one is ignored, as receivers do.
  init(_ octets: Span<UInt8>) {
    var at = 0
    while at < octets.count {
      let kind = octets[at]
      if kind == 0 { return }
      if kind == 1 {
        at += 1
        continue
      }
      guard at + 1 < octets.count else { return }
      let length = Int(octets[at + 1])
      guard length >= 2, at + length <= octets.count else { return }
      read(kind, octets.extracting(at..<at + length))
      at += length
    }
  }

  private mutating func read(_ kind: UInt8, _ option: Span<UInt8>) {
    switch (kind, option.count) {
    case (2, 4): maximumSegment = option.number16(at: 2)
    case (3, 3): windowScale = min(option[2], 14)
    case (4, 2): sackPermitted = true
    case (5, 10...):
      for start in stride(from: 2, through: option.count - 8, by: 8).prefix(4) {
        sackBlocks.append(Block(start: option.number32(at: start), end: option.number32(at: start + 4)))
      }
    case (8, 10): timestamp = Timestamp(value: option.number32(at: 2), echo: option.number32(at: 6))
    default: for index in option.indices { others.append(option[index]) }
    }
  }

  /// Takes an option that only the ends could keep to out of those that pass as they are.
  mutating func remove(kind: UInt8) {
    var kept: [UInt8] = []
    var at = 0
    while at + 1 < others.count {
      let end = min(at + max(2, Int(others[at + 1])), others.count)
      if others[at] != kind { kept += others[at..<end] }
      at = end
    }
    others = kept
  }

  /// Octets that the options take, padded to whole words.
  var length: Int {
    var length = (maximumSegment == nil ? 0 : 4) + (windowScale == nil ? 0 : 4) + (sackPermitted ? 4 : 0)
    length += timestamp == nil ? 0 : 12
    let blocks = min(sackBlocks.count, max(0, (40 - length - 4) / 8))
    if blocks > 0 { length += 4 + 8 * blocks }
    if length + others.count <= 40 { length += others.count }
    return (length + 3) / 4 * 4
  }

  private var isEmpty: Bool {
    timestamp == nil && maximumSegment == nil && windowScale == nil && !sackPermitted && sackBlocks.isEmpty
      && others.isEmpty
  }

  /// The octets of the options, padded to whole words.
  package var octets: [UInt8] {
    if isEmpty { return [] }
    var result: [UInt8] = []
    result.reserveCapacity(40)
    if let maximumSegment { result += [2, 4, UInt8(maximumSegment >> 8), UInt8(maximumSegment & 255)] }
    if let windowScale { result += [1, 3, 3, windowScale] }
    if sackPermitted { result += [4, 2, 1, 1] }
    if let timestamp {
      result += [1, 1, 8, 10]
      result.append32(timestamp.value)
      result.append32(timestamp.echo)
    }
    // What does not fit into 40 octets is left out, SACK blocks from the last on.
    let blocks = sackBlocks.prefix(max(0, (40 - result.count - 4) / 8))
    if !blocks.isEmpty {
      result += [1, 1, 5, UInt8(2 + 8 * blocks.count)]
      for block in blocks {
        result.append32(block.start)
        result.append32(block.end)
      }
    }
    if result.count + others.count <= 40 { result += others }
    while result.count % 4 != 0 { result.append(0) }
    return result
  }
}

extension Span<UInt8> {
  /// The 16-bit number in network order at `offset`, which the caller has checked.
  func number16(at offset: Int) -> UInt16 { UInt16(self[offset]) << 8 | UInt16(self[offset + 1]) }

  /// The 32-bit number in network order at `offset`, which the caller has checked.
  func number32(at offset: Int) -> UInt32 {
    UInt32(number16(at: offset)) << 16 | UInt32(number16(at: offset + 2))
  }
}

extension [UInt8] {
  mutating func append16(_ value: UInt16) {
    append(UInt8(truncatingIfNeeded: value >> 8))
    append(UInt8(truncatingIfNeeded: value))
  }

  mutating func append32(_ value: UInt32) {
    append16(UInt16(truncatingIfNeeded: value >> 16))
    append16(UInt16(truncatingIfNeeded: value))
  }
}
