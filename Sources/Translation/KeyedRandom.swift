/// Random numbers that an observer of some cannot continue: SipHash-1-3 over a counter, with a secret key.
///
/// The packet path may make no system call for randomness, and ports must be hard to guess (RFC 6056, RFC 6888
/// REQ-15). The key comes from the kernel at start; tests give their own.
package struct KeyedRandom: RandomNumberGenerator, Sendable {
  private let key: (UInt64, UInt64)
  private var counter: UInt64 = 0

  package init(key: (UInt64, UInt64)) { self.key = key }

  package mutating func next() -> UInt64 {
    counter &+= 1
    return Self.sipHash13(counter, key: key)
  }

  /// SipHash with one compression and three finalization rounds of one 64-bit word.
  static func sipHash13(_ word: UInt64, key: (UInt64, UInt64)) -> UInt64 {
    var v0 = key.0 ^ 0x736f_6d65_7073_6575
    var v1 = key.1 ^ 0x646f_7261_6e64_6f6d
    var v2 = key.0 ^ 0x6c79_6765_6e65_7261
    var v3 = key.1 ^ 0x7465_6462_7974_6573
    func rotate(_ value: UInt64, _ bits: UInt64) -> UInt64 { value << bits | value >> (64 - bits) }
    func round() {
      v0 = v0 &+ v1
      v1 = rotate(v1, 13) ^ v0
      v0 = rotate(v0, 32)
      v2 = v2 &+ v3
      v3 = rotate(v3, 16) ^ v2
      v0 = v0 &+ v3
      v3 = rotate(v3, 21) ^ v0
      v2 = v2 &+ v1
      v1 = rotate(v1, 17) ^ v2
      v2 = rotate(v2, 32)
    }
    v3 ^= word
    round()
    v0 ^= word
    // The last block holds the length, 8 octets, in its top octet.
    let last: UInt64 = 8 << 56
    v3 ^= last
    round()
    v0 ^= last
    v2 ^= 0xFF
    round()
    round()
    round()
    return v0 ^ v1 ^ v2 ^ v3
  }
}
