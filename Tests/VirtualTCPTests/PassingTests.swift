import Testing
import Translation
import VirtualTCP
import WireFormats

extension Wire {
  /// Lets a segment pass in its own packet; what becomes of it there, or nil where it has to be received.
  mutating func pass(
    _ direction: Direction, at sequence: UInt32, _ text: String = "", acknowledging: UInt32? = nil,
    _ flags: TCPFlags = .ack, window: UInt16 = 20_000, segmentSize: Int = 0,
    change: (inout TCPSegment) -> Void = { _ in }
  ) -> TCPSegment? {
    var segment = TCPSegment(
      sequence: sequence, acknowledgment: acknowledging ?? (direction == .outbound ? 501 : 101), flags: flags,
      window: window)
    segment.payload = Array(text.utf8)
    change(&segment)
    var octets: [UInt8] = []
    segment.write(to: &octets)
    let passes = unsafe octets.withUnsafeMutableBytes { buffer in
      guard let base = buffer.baseAddress else { return false }
      let packet = unsafe PacketOctets(base: base, count: buffer.count)
      packet.store16(InternetChecksum.finish(packet.sum(0..<packet.count)), at: TCPField.checksum)
      guard let passing = connection.passing(packet, direction, segmentSize: segmentSize, now: now) else {
        return false
      }
      connection.pass(passing, packet, hasPartialChecksum: false, now: now)
      #expect(InternetChecksum.finish(packet.sum(0..<packet.count)) == 0, "the checksum is right")
      return true
    }
    return passes ? TCPSegment(octets.span) : nil
  }

  /// Replaces one octet by three, which their receiver acknowledges: from there on numbers differ by two.
  mutating func shiftByTwo() {
    send(.outbound, at: 101, "x")
    connection.pass(1, edits: [StreamEdit(range: 0..<1, octets: [1, 2, 3])], .outbound, now: now)
    send(.inbound, at: 501, acknowledging: 104)
    _ = take()
  }
}

@Suite("Segments that pass in their own packets")
struct PassingTests {
  @Test func `have their numbers moved, and nothing of them is held`() {
    var wire = Wire()
    wire.shiftByTwo()
    let passed = wire.pass(.outbound, at: 102, "bulk")
    #expect(passed?.sequence == 104 && passed?.text == "bulk" && passed?.acknowledgment == 501)
    #expect(wire.connection.bufferedOctets == 0 && wire.connection.deadline == nil && wire.take().isEmpty)
    let answer = wire.pass(.inbound, at: 501, acknowledging: 108, window: 30_000)
    #expect(answer?.acknowledgment == 106 && answer?.window == 30_000)
    #expect(wire.connection.isQuiet)
  }

  @Test func `are in order, plain, and within the window`() {
    var wire = Wire(window: 1_000)
    #expect(wire.pass(.outbound, at: 102, "later") == nil)
    #expect(wire.pass(.outbound, at: 101, "end", [.ack, .fin]) == nil)
    #expect(wire.pass(.outbound, at: 101, "stop", .rst) == nil)
    #expect(wire.pass(.outbound, at: 101, "x", [.ack, .urg]) == nil)
    #expect(wire.pass(.outbound, at: 101, "forged", acknowledging: 600) == nil)
    #expect(wire.pass(.outbound, at: 101, String(repeating: "a", count: 1_001)) == nil)
    #expect(wire.pass(.outbound, at: 101, String(repeating: "a", count: 900), segmentSize: 450) == nil, "one at a time")
    #expect(wire.pass(.outbound, at: 101, "x") { $0.options.others = [253, 4, 1, 2] } == nil)
    #expect(wire.pass(.outbound, at: 101, String(repeating: "a", count: 1_000)) != nil)
  }

  @Test func `do not overtake what is held`() {
    var wire = Wire()
    wire.send(.outbound, at: 101, "unread")
    #expect(wire.pass(.outbound, at: 107, "more") == nil)
    wire.pass(.outbound)
    #expect(wire.pass(.outbound, at: 107, "more") == nil, "its receiver has not acknowledged it")
    wire.send(.inbound, at: 501, acknowledging: 107)
    #expect(wire.pass(.outbound, at: 107, "more") != nil)
  }

  @Test func `are lost to their sender: it hears of it, and what it sends again passes again`() {
    var wire = Wire()
    wire.shiftByTwo()
    for place in 0..<4 { #expect(wire.pass(.outbound, at: 102 + UInt32(place) * 4, "bulk") != nil) }
    // The first is lost, and the server says so three times.
    for _ in 0..<3 {
      wire.send(.inbound, at: 501, acknowledging: 104)
      #expect(wire.take().map { [$0.segment.acknowledgment] } == [[102]])
    }
    wire.send(.outbound, at: 102, "bulk")
    let again = wire.take()
    #expect(again.map(\.direction) == [.outbound] && again[0].segment.sequence == 104)
    #expect(again[0].segment.text == "bulk" && wire.connection.bufferedOctets == 0)
    wire.send(.inbound, at: 501, acknowledging: 120)
    #expect(wire.take(.inbound).map(\.acknowledgment) == [118])
    #expect(wire.connection.isQuiet)
  }

  @Test func `are told of selectively, by their sender's numbers`() {
    var wire = Wire { $0.sackPermitted = true }
    wire.shiftByTwo()
    for place in 0..<3 { #expect(wire.pass(.outbound, at: 102 + UInt32(place) * 4, "bulk") != nil) }
    wire.send(.outbound, at: 114, "kept")
    wire.pass(.outbound)
    _ = wire.take()
    wire.send(.inbound, at: 501, acknowledging: 104) { $0.options.sackBlocks = [.init(start: 108, end: 112)] }
    let told = wire.take(.inbound)
    #expect(told.map(\.acknowledgment) == [102])
    #expect(told.first?.options.sackBlocks == [.init(start: 114, end: 118), .init(start: 106, end: 110)])
  }

  @Test func `leave what is kept behind them to the proxy`() {
    var wire = Wire()
    #expect(wire.pass(.outbound, at: 101, "lent") != nil)
    wire.send(.outbound, at: 105, "kept")
    wire.pass(.outbound)
    #expect(wire.take(.outbound).map(\.sequence) == [105])
    wire.wait(5_000_000)
    #expect(wire.take().isEmpty, "the first octets are their sender's")
    wire.send(.outbound, at: 101, "lentkept")
    #expect(wire.take(.outbound).map(\.text) == ["lent"])
    wire.send(.inbound, at: 501, acknowledging: 105)
    _ = wire.take()
    wire.wait(60_000_000)
    #expect(wire.take(.outbound).map(\.text) == ["kept"])
  }

  @Test func `are not acknowledged with what the proxy holds of an incomplete message behind them`() {
    var wire = Wire()
    #expect(wire.pass(.outbound, at: 101, "lent") != nil)
    wire.send(.outbound, at: 105, "half")
    wire.wait(5_000_000)
    #expect(wire.take(.inbound).allSatisfy { $0.acknowledgment == 101 }, "only their sender has them")
    wire.send(.inbound, at: 501, acknowledging: 105)
    wire.wait(5_000_000)
    #expect(wire.take(.inbound).map(\.acknowledgment).max() == 109)
  }

  @Test func `go by timestamps like others`() {
    var wire = Wire { $0.timestamp = TCPOptions.Timestamp(value: 7, echo: 0) }
    #expect(wire.pass(.outbound, at: 101, "none") == nil)
    func stamp(_ value: UInt32) -> (inout TCPSegment) -> Void {
      { $0.options.timestamp = TCPOptions.Timestamp(value: value, echo: 7) }
    }
    #expect(wire.pass(.outbound, at: 101, "new", change: stamp(900))?.options.timestamp?.value == 900)
    #expect(wire.pass(.outbound, at: 104, "old", change: stamp(899)) == nil)
  }
}
