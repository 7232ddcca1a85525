import TestSupport
import Testing
import WireFormats

/// The cast is chosen so that a checksum nobody updated cannot come out right by chance.
@Suite struct CastTests {
  @Test func `no two hosts, nor a host and a global address, have equal sums`() {
    let addresses =
      Host.all.map(\.address.rawValue)
      + [Place.outsideAddress.rawValue, Place.bobGlobal.rawValue] + (0..<4).map { Place.pool.lowerBound.rawValue + $0 }
    let sums = addresses.map { (($0 >> 16) + ($0 & 0xFFFF)) % 0xFFFF }
    #expect(Set(sums).count == addresses.count)
  }

  @Test func `seeded numbers come again`() {
    var one = SeededRandom(seed: 7)
    var other = SeededRandom(seed: 7)
    #expect(one.octets(64) == other.octets(64))
  }
}
