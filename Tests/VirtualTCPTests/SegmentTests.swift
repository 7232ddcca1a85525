import TestSupport
import Testing
import VirtualTCP
import WireFormats

@Suite("A TCP segment")
struct SegmentTests {
  private func parsed(_ octets: [UInt8]) -> TCPSegment? { TCPSegment(octets.span) }

  @Test func `comes back from what is written`() throws {
    var segment = TCPSegment(sequence: 1, acknowledgment: 0xFFFF_FFFE, flags: [.ack, .psh], window: 77)
    segment.urgent = 5
    segment.options.maximumSegment = 1460
    segment.options.windowScale = 7
    segment.options.sackPermitted = true
    segment.options.timestamp = TCPOptions.Timestamp(value: 3, echo: 4)
    segment.payload = [1, 2, 3]
    var octets: [UInt8] = []
    segment.write(to: &octets)
    let read = try #require(parsed(octets))
    #expect(read.sequence == 1 && read.acknowledgment == 0xFFFF_FFFE && read.flags == segment.flags)
    #expect(read.window == 77 && read.urgent == 5 && read.options == segment.options && read.payload == [1, 2, 3])
  }

  @Test func `keeps options that it does not know`() throws {
    let option: [UInt8] = [253, 4, 1, 2]
    var segment = TCPSegment(sequence: 1, acknowledgment: 2, flags: .syn, window: 3)
    segment.options.others = option
    var octets: [UInt8] = []
    segment.write(to: &octets)
    #expect(try #require(parsed(octets)).options.others == option)
  }

  @Test func `has room for as many blocks as forty octets hold`() throws {
    var segment = TCPSegment(sequence: 1, acknowledgment: 2, flags: .ack, window: 3)
    segment.options.timestamp = TCPOptions.Timestamp(value: 1, echo: 2)
    segment.options.sackBlocks = (0..<4).map { TCPOptions.Block(start: $0, end: $0 + 1) }
    var octets: [UInt8] = []
    segment.write(to: &octets)
    #expect(octets.count <= 60)
    #expect(try #require(parsed(octets)).options.sackBlocks.count == 3)
  }

  @Test func `no octets are too short or too odd to be read`() {
    var random = SeededRandom(seed: 5)
    for _ in 0..<20_000 {
      let octets = (0..<Int(random.next() % 70)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      guard let segment = TCPSegment(octets.span) else { continue }
      var again: [UInt8] = []
      segment.write(to: &again)
      #expect(again.count <= octets.count + 40)
    }
  }
}
