/// The octets of a state region, with the places of its header written down a second time, so that a change of the
/// format is seen, and with a checksum computed by itself.
///
///     0 magic         16 boot (16)          48 offset of sessions   72 checksum     96 sessions: capacity, count,
///     8 version       32 session's octets   56 offset of mappings   80 tick            high water, first free
///     12 worker       36 mapping's octets   64 octets of all        88 since boot   112 mappings, likewise
///     14 workers      40, 44 capacities
package struct RegionImage: Sendable {
  package static let version = 8
  package static let sessionSize = 32
  package static let sessionCapacity = 40
  package static let mappingCapacity = 44
  package static let sessionsOffset = 48
  package static let mappingsOffset = 56
  package static let size = 64
  package static let checksum = 72
  package static let tick = 80
  package static let sessionsHighWater = 104
  package static let mappingsHighWater = 120
  /// Octets of the header's constant part.
  package static let identitySize = 72

  package var octets: [UInt8]

  package init(_ octets: [UInt8]) { self.octets = octets }

  /// The octets as a reader takes them.
  package var bytes: RawSpan {
    @_lifetime(borrow self)
    get { unsafe octets.span.bytes }
  }

  /// The number of `count` octets at `offset`, the lowest first.
  package func number(at offset: Int, _ count: Int) -> UInt64 {
    (0..<count).reversed().reduce(0) { $0 << 8 | UInt64(octets[offset + $1]) }
  }

  /// Writes a number of `count` octets.
  package mutating func set(_ value: UInt64, at offset: Int, _ count: Int) {
    for index in 0..<count { octets[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(index * 8)) }
  }

  /// Makes the checksum right: FNV-1a over the words of the constant part, of which those made of smaller fields have
  /// the first field on top.
  package mutating func seal() {
    func pair(_ offset: Int) -> UInt64 { number(at: offset, 4) << 32 | number(at: offset + 4, 4) }
    let words = [
      number(at: 0, 8), number(at: 8, 4) << 32 | number(at: 12, 2) << 16 | number(at: 14, 2), number(at: 16, 8),
      number(at: 24, 8), pair(32), pair(40), number(at: 48, 8), number(at: 56, 8), number(at: 64, 8),
    ]
    set(words.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ $1) &* 0x100_0000_01B3 }, at: Self.checksum, 8)
  }
}
