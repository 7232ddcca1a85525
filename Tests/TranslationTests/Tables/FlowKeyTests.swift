import Forwarding
import TestSupport
import Testing
import WireFormats

@testable import Translation

@Suite struct FlowKeyTests {
  private func key(
    _ source: SocketAddress = Host.alice.at(1), _ destination: SocketAddress = Host.carol.at(2),
    protocol number: UInt8 = 6, instance: UInt16 = 0, direction: Direction = .outbound
  ) -> FlowKey {
    FlowKey(
      source: source.address, sourcePort: source.port, destination: destination.address,
      destinationPort: destination.port, protocol: IPProtocol(rawValue: number),
      instance: RoutingInstance(rawValue: instance), direction: direction)
  }

  @Test func `every part of a flow's identity is part of its key`() {
    let keys = [
      key(), key(Host.bob.at(1)), key(Host.alice.at(2)), key(Host.alice.at(1), Host.dave.at(2)),
      key(Host.alice.at(1), Host.carol.at(1)), key(protocol: 17), key(instance: 1), key(direction: .inbound),
      key(Host.carol.at(2), Host.alice.at(1)),
    ]
    #expect(Set(keys).count == keys.count)
    #expect(Set(keys.map { $0.hash(seed: (1, 2)) }).count == keys.count)
  }

  @Test func `a hash is never 0 and depends on the seed`() {
    var random = SeededRandom(seed: 1)
    for _ in 0..<2000 {
      let seed = (random.next(), random.next())
      let one = key(SocketAddress(IPv4Address(UInt32(truncatingIfNeeded: random.next())), 7))
      #expect(one.hash(seed: seed) != 0)
      #expect(one.hash(seed: seed) != one.hash(seed: (seed.0 ^ 2, seed.1)))
      #expect(one.hash(seed: seed) != one.hash(seed: (seed.0, seed.1 ^ 1)))
    }
  }

  @Test func `neighbouring flows spread evenly over tags and buckets`() {
    // 65 536 flows that differ in the destination port alone: the worst that a single client makes.
    var tags = [Int](repeating: 0, count: 256)
    var buckets = [Int](repeating: 0, count: 256)
    for port in UInt16.min...UInt16.max {
      let hash = key(Host.alice.at(5000), Host.carol.at(port)).hash(
        seed: (0x1234_5678_9ABC_DEF1, 0xFEDC_BA98_7654_3211))
      tags[Int(hash & 255)] += 1
      buckets[Int(hash >> 56)] += 1
    }
    // 256 are expected in each; five standard deviations are 80.
    #expect(tags.allSatisfy { (176...336).contains($0) })
    #expect(buckets.allSatisfy { (176...336).contains($0) })
  }
}
