import TestSupport
import Testing
import WireFormats

@Suite struct InternetChecksumTests {
  @Test func `RFC 1071 section 3's example sums to ddf2`() {
    let octets = Octets(hex("0001 f203 f4f5 f6f7"))
    #expect(InternetChecksum.fold(octets.view.sum(0..<8)) == 0xDDF2)
    #expect(InternetChecksum.finish(octets.view.sum(0..<8)) == 0x220D)
  }

  @Test func `RFC 1624 section 4's example: dd2f becomes 0000, not ffff`() {
    let difference = InternetChecksum.difference(from: 0x5555, to: 0x3285)
    #expect(InternetChecksum.update(0xDD2F, by: difference) == 0x0000)
  }

  @Test func `the checksum of a published IPv4 header is b861`() {
    let octets = Octets(hex("4500 0073 0000 4000 4011 0000 c0a8 0001 c0a8 00c7"))
    #expect(InternetChecksum.finish(octets.view.sum(0..<20)) == 0xB861)
  }

  @Test func `any range sums as the naive sum does, odd lengths and odd offsets too`() {
    var random = SeededRandom(seed: 1)
    for _ in 0..<2000 {
      let bytes = random.octets(Int.random(in: 0...97, using: &random))
      let lower = Int.random(in: 0...bytes.count, using: &random)
      let upper = Int.random(in: lower...bytes.count, using: &random)
      let sum = InternetChecksum.fold(Octets(bytes).view.sum(lower..<upper))
      #expect(sameSum(sum, naiveSum(bytes[lower..<upper])))
    }
  }

  @Test func `a packet of the largest size folds right`() {
    let bytes = [UInt8](repeating: 0xFF, count: 65_535)
    #expect(sameSum(InternetChecksum.fold(Octets(bytes).view.sum(0..<65_535)), naiveSum(bytes)))
  }

  @Test func `sums and updates are RFC 1624's equations, their zeros too`() {
    var random = SeededRandom(seed: 4)
    let extremes: [UInt16] = [0, 1, 0x7FFF, 0x8000, 0xFEFF, 0xFFFE, 0xFFFF]
    func word() -> UInt16 {
      Bool.random(using: &random)
        ? extremes.randomElement(using: &random) ?? 0 : .random(in: 0...UInt16.max, using: &random)
    }
    for _ in 0..<20_000 {
      let (first, second) = (word(), word())
      let total = Int(first) + Int(second)
      let sum = UInt16(total > 0xFFFF ? total - 0xFFFF : total)
      #expect(InternetChecksum.add(first, second) == sum)
      #expect(InternetChecksum.update(~first, by: second) == ~sum)
      #expect(first == 0 || sum != 0)
    }
  }

  @Test func `a sum is right when it folds to ffff`() {
    var random = SeededRandom(seed: 5)
    for round in 0..<20_000 {
      let any = max(1, round % 4 == 0 ? random.next() >> 44 : random.next())
      let sum = round % 2 == 0 ? any : max(1, any / 0xFFFF) * 0xFFFF
      #expect(InternetChecksum.isRight(sum) == (InternetChecksum.fold(sum) == 0xFFFF))
    }
  }

  @Test func `an update by difference equals a sum from nothing`() {
    var random = SeededRandom(seed: 2)
    for round in 0..<4000 {
      var bytes = random.octets(40)
      // Extremes come up more often than chance would have them.
      if round % 3 == 0 { for index in 0..<8 { bytes[index] = round % 2 == 0 ? 0 : 0xFF } }
      let before = ~naiveSum(bytes)
      let old = Octets(bytes).view.load32(at: 4)
      let new = round % 5 == 0 ? UInt32.max : UInt32.random(in: 0...UInt32.max, using: &random)
      let octets = Octets(bytes)
      octets.view.store32(new, at: 4)
      let after = InternetChecksum.update(before, by: InternetChecksum.difference(from: old, to: new))
      #expect(sameSum(~after, naiveSum(octets.bytes)))
    }
  }

  @Test func `the complement of a difference undoes it`() {
    var random = SeededRandom(seed: 3)
    for _ in 0..<4000 {
      let (old, new) = (UInt32(truncatingIfNeeded: random.next()), UInt32(truncatingIfNeeded: random.next()))
      let checksum = UInt16(truncatingIfNeeded: random.next())
      let difference = InternetChecksum.difference(from: old, to: new)
      let there = InternetChecksum.update(checksum, by: difference)
      #expect(sameSum(InternetChecksum.update(there, by: ~difference), checksum))
      #expect(sameSum(~difference, InternetChecksum.difference(from: new, to: old)))
    }
  }

  @Test func `two differences add up to the difference of both changes`() {
    var random = SeededRandom(seed: 4)
    for _ in 0..<4000 {
      let words = (0..<4).map { _ in UInt32(truncatingIfNeeded: random.next()) }
      let both = InternetChecksum.add(
        InternetChecksum.difference(from: words[0], to: words[1]),
        InternetChecksum.difference(from: words[2], to: words[3]))
      let checksum = UInt16(truncatingIfNeeded: random.next())
      let stepwise = InternetChecksum.update(
        InternetChecksum.update(checksum, by: InternetChecksum.difference(from: words[0], to: words[1])),
        by: InternetChecksum.difference(from: words[2], to: words[3]))
      #expect(sameSum(InternetChecksum.update(checksum, by: both), stepwise))
    }
  }

  @Test func `a pseudo-header counts addresses, protocol and length`() {
    // A UDP datagram from 10.0.0.1:7 to 10.0.0.2:9 with the payload "hi", its checksum worked out by hand.
    let message = hex("0007 0009 000a 0000 6869")
    let pseudo = InternetChecksum.pseudoHeader(
      source: IPv4Address(0x0A00_0001), destination: IPv4Address(0x0A00_0002), protocol: .udp, length: message.count)
    let naive = naiveSum(hex("0a000001 0a000002 00 11 000a") + message)
    #expect(InternetChecksum.fold(pseudo + Octets(message).view.sum(0..<message.count)) == naive)
    #expect(naive == 0x0A00 + 0x0001 + 0x0A00 + 0x0002 + 0x11 + 0x0A + 0x07 + 0x09 + 0x0A + 0x6869)
  }
}
