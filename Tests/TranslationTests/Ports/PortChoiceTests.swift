import Testing
import WireFormats

@testable import Translation

@Suite struct PortChoiceTests {
  private let bed = PortBed()

  private func ports(
    _ number: IPProtocol, _ preferred: UInt16, _ choice: PortChoice, worker: Int = 0, of workers: Int = 1,
    atMost limit: Int = .max
  ) -> [UInt16] {
    var random = KeyedRandom(key: (7, UInt64(preferred)))
    let allocator = PortAllocator(map: bed.map, worker: worker, workers: workers)
    var found: [UInt16] = []
    while found.count < limit,
      let port = allocator.allocate(
        address: 0, protocol: number, preferred: preferred, choice: choice, random: &random)
    {
      found.append(port)
    }
    return found
  }

  @Test(arguments: [IPProtocol.tcp, .udp, .icmp])
  func `without preservation every port is a random one of the class`(_ number: IPProtocol) {
    let found = ports(number, 40_000, PortChoice(preserves: false), atMost: 2000)
    #expect(found.count == 2000 && Set(found).count == 2000)
    #expect(found.allSatisfy { number == .icmp || $0 >= 1024 })
    if number == .udp { #expect(found.allSatisfy { $0 % 2 == 0 }) }
    // Every place within a block is as likely as every other, not only the first of each word.
    let places = Set(found.map { $0 & 63 })
    #expect(places.count == (number == .udp ? 32 : 64))
    #expect(found.first != 40_000)
  }

  @Test(arguments: [IPProtocol.tcp, .udp, .icmp], [1, 3])
  func `a range is all that is given out, whatever the class`(_ number: IPProtocol, _ workers: Int) {
    for (preferred, range) in [(UInt16(80), 2000...2099), (5000, 900...1200), (1100, 1090...1290)] {
      let bed = PortChoiceTests()
      let found = bed.ports(
        number, preferred, PortChoice(range: UInt16(range.lowerBound)...UInt16(range.upperBound)),
        worker: workers - 1, of: workers)
      #expect(found.count == range.count)
      #expect(Set(found.map(Int.init)) == Set(range))
      if range.contains(Int(preferred)) { #expect(found.first == preferred) }
    }
  }

  @Test func `within a range the class of the inside port comes first`() {
    let found = ports(.tcp, 5000, PortChoice(range: 900...1200))
    #expect(found.prefix(177).allSatisfy { $0 >= 1024 })
    #expect(found.dropFirst(177).allSatisfy { $0 < 1024 })
  }

  @Test func `a range of one port gives it once`() {
    #expect(ports(.udp, 5001, PortChoice(preserves: false, range: 3000...3000)) == [3000])
    #expect(ports(.tcp, 5001, PortChoice(range: 0...0)) == [])
    #expect(ports(.icmp, 5001, PortChoice(range: 0...0)) == [0])
  }

  @Test func `a range wins over the inside port`() {
    let found = ports(.tcp, 80, PortChoice(range: 1024...2047), atMost: 5)
    #expect(found.count == 5 && found.allSatisfy { (1024...2047).contains($0) })
  }

  @Test func `the full range knows no class`() {
    #expect(ports(.tcp, 500, PortChoice(fullRange: true), atMost: 1) == [500])
    let found = ports(.tcp, 500, PortChoice(fullRange: true), atMost: 500)
    #expect(found.filter { $0 >= 1024 }.count > 400)
    // To the last port, and never port 0.
    let rest = ports(.tcp, 500, PortChoice(preserves: false, fullRange: true))
    #expect(Set(found + rest + [500]) == Set(1...65_535))
  }

  @Test func `the full range is cut to a range`() {
    #expect(Set(ports(.udp, 20, PortChoice(range: 500...1100, fullRange: true))) == Set(500...1100))
  }

  @Test func `a full class is told without a walk, a range is walked`() {
    for port in UInt16(512)...1023 where port != 700 {
      #expect(bed.map.claim(address: 0, protocol: .tcp, port: port, for: 9))
    }
    #expect(ports(.tcp, 600, PortChoice(range: 600...800)) == [700])
    #expect(ports(.tcp, 600, PortChoice()) == [])
    #expect(Set(ports(.tcp, 600, PortChoice(range: 600...1030))) == Set(1024...1030))
  }
}
