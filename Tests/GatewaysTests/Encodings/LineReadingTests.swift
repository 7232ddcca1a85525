import TestSupport
import Testing

@testable import Gateways

@Suite("The end of a line")
struct LineReadingTests {
  @Test func `is found at each place of lines of any length`() {
    for count in 0...140 {
      var octets = [UInt8](repeating: 0x41, count: count)
      #expect(LineReading.lineLength(octets.span) == nil)
      for place in 0..<count {
        octets[place] = 0x0A
        #expect(LineReading.lineLength(octets.span) == place + 1)
        octets[place] = 0x41
      }
    }
  }

  @Test func `is not what looks like it in a word of octets`() {
    // Each octet that a borrow or a carry could make of a line feed or take for one.
    for octet in UInt8.min...UInt8.max where octet != 0x0A {
      for place in 64..<72 {
        var octets = [UInt8](repeating: octet, count: 100)
        #expect(LineReading.lineLength(octets.span) == nil)
        octets[place] = 0x0A
        #expect(LineReading.lineLength(octets.span) == place + 1)
      }
    }
  }

  @Test func `is the first of several, in any octets`() {
    var random = SeededRandom(seed: 71)
    for _ in 0..<20_000 {
      let octets = (0..<random.number(in: 0...200)).map { _ in
        random.oneIn(90) ? 0x0A : UInt8(truncatingIfNeeded: random.next())
      }
      let part = random.number(in: 0...octets.count)..<octets.count
      let found = LineReading.lineLength(octets.span.extracting(part))
      #expect(found == octets[part].firstIndex(of: 0x0A).map { $0 - part.lowerBound + 1 })
    }
  }
}
