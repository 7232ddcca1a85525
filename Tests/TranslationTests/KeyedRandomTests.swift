import Testing

@testable import Translation

@Suite struct KeyedRandomTests {
  @Test func `SipHash-1-3 gives the values of another implementation`() {
    // From CPython 3.11, whose hash of octets is SipHash-1-3, with PYTHONHASHSEED=0: eight octets each.
    #expect(KeyedRandom.sipHash13(1, key: (0, 0)) == 0x1E9F_7341_61D6_2DD9)
    #expect(KeyedRandom.sipHash13(2, key: (0, 0)) == 0xA4D3_1070_D122_B816)
    #expect(KeyedRandom.sipHash13(0xDEAD_BEEF, key: (0, 0)) == 0x1E1D_875F_B6B6_9775)
  }

  @Test func `one key gives one sequence, another key another`() {
    var one = KeyedRandom(key: (1, 2))
    var same = KeyedRandom(key: (1, 2))
    var other = KeyedRandom(key: (1, 3))
    let sequence = (0..<100).map { _ in one.next() }
    #expect(sequence == (0..<100).map { _ in same.next() })
    #expect(Set(sequence).count == 100)
    #expect(Set(sequence).isDisjoint(with: (0..<100).map { _ in other.next() }))
  }
}
