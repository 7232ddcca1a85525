import Forwarding
import TestSupport
import Testing
import WireFormats

@testable import Translation

@Suite struct GlobalAddressNumbersTests {
  private static func range(_ low: UInt32, _ high: UInt32, _ instance: UInt16 = 0) -> GlobalAddresses.Range {
    GlobalAddresses.Range(IPv4Address(low)...IPv4Address(high), in: RoutingInstance(rawValue: instance))
  }

  @Test func `one address has a number in each instance that uses it`() {
    let addresses = GlobalAddresses([Self.range(10, 19), Self.range(15, 24, 1), Self.range(17, 22)])
    #expect(addresses.count == 23)
    let red = RoutingInstance(rawValue: 1)
    #expect(addresses.number(of: IPv4Address(16)) != addresses.number(of: IPv4Address(16), in: red))
    #expect(!addresses.contains(IPv4Address(24)) && addresses.contains(IPv4Address(24), in: red))
    #expect(addresses.number(of: IPv4Address(12), in: red) == nil)
    #expect(addresses.ranges == [IPv4Address(10)...IPv4Address(22)])
    #expect(addresses.ranges(in: red) == [IPv4Address(15)...IPv4Address(24)])
  }

  @Test(arguments: UInt64(0)..<50) func `numbers last over any sequence of policies, and no two addresses share one`(
    _ seed: UInt64
  ) {
    var random = SeededRandom(seed: seed)
    var current: GlobalAddresses?
    var numbers: [UInt64: Int] = [:]
    for _ in 0..<8 {
      let ranges = (0..<random.number(in: 0...5)).map { _ in
        let low = UInt32(random.number(in: 0...90))
        return Self.range(low, low + UInt32(random.number(in: 0...20)), UInt16(random.number(in: 0...1)))
      }
      let next = GlobalAddresses(ranges, after: current)
      for instance in UInt16(0)...1 {
        for address in UInt32(0)...115 {
          let place = RoutingInstance(rawValue: instance)
          let isWanted = ranges.contains { $0.instance == place && $0.addresses.contains(IPv4Address(address)) }
          #expect(next.contains(IPv4Address(address), in: place) == isWanted)
          let number = next.number(of: IPv4Address(address), in: place)
          let key = UInt64(instance) << 32 | UInt64(address)
          if let known = numbers[key] { #expect(number == known) } else { numbers[key] = number }
        }
      }
      #expect(Set(numbers.values).count == numbers.count)
      #expect(numbers.values.allSatisfy { $0 < next.count })
      current = next
    }
  }
}
