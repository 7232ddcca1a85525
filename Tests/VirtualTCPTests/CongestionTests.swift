import Testing
import Translation
import VirtualTCP
import WireFormats

@Suite("What a virtual connection sends at once")
struct CongestionTests {
  /// A message of 60 segments that was held until now.
  private func held(_ options: (inout TCPOptions) -> Void = { _ in }) -> Wire {
    var wire = Wire(maximumSegment: 500, window: 60_000, options: options)
    for number in 0..<60 {
      wire.send(.outbound, at: 101 + UInt32(number) * 500, String(repeating: "a", count: 500), window: 60_000)
    }
    _ = wire.take()
    return wire
  }

  private func acknowledge(_ wire: inout Wire, _ octets: Int) -> Int {
    wire.send(.inbound, at: 501, acknowledging: 101 + UInt32(octets), window: 60_000)
    return wire.take(.outbound).count
  }

  @Test func `what was held leaves in an initial window, and then with the acknowledgements (RFC 5681)`() {
    var wire = held()
    wire.pass(.outbound)
    #expect(wire.take(.outbound).count == 10)
    #expect(acknowledge(&wire, 2_500) == 10, "five segments are there: their places are free, and as many more")
    #expect(acknowledge(&wire, 10_000) == 30)
  }

  @Test func `after the timer it begins with one segment, and does not wait for each`() {
    var wire = held()
    wire.pass(.outbound)
    _ = wire.take()
    wire.wait(1_000_000)
    #expect(wire.take(.outbound).map(\.sequence) == [101])
    #expect(acknowledge(&wire, 500) == 2)
    #expect(acknowledge(&wire, 1_500) == 4)
  }

  @Test func `a loss halves it`() {
    var wire = held()
    wire.pass(.outbound)
    _ = wire.take()
    _ = acknowledge(&wire, 5_000)
    for _ in 0..<3 { wire.send(.inbound, at: 501, acknowledging: 5_101, window: 60_000) }
    _ = wire.take()
    // Everything that was under way is acknowledged: half as much may follow.
    #expect(acknowledge(&wire, 15_000) <= 12)
  }

  @Test func `a receiver that never answers is given up, until its sender tries again`() {
    var wire = Wire()
    wire.send(.outbound, at: 101, "hello")
    wire.pass(.outbound)
    var sent = 0
    while let deadline = wire.connection.deadline, sent < 100 {
      wire.wait(deadline - wire.now)
      sent += wire.take(.outbound).count
    }
    #expect((10...16).contains(sent) && wire.connection.deadline == nil)
    wire.send(.outbound, at: 101, "hello")
    #expect(wire.take(.outbound).map(\.text) == ["hello"] && wire.connection.deadline != nil)
  }

  // MARK: Windows

  @Test func `the window that a sender was told of never goes back (RFC 9293 section 3.8.6)`() {
    var wire = Wire(window: 5_000)
    wire.send(.outbound, at: 101, "x", window: 5_000)
    wire.connection.pass(
      1, edits: [StreamEdit(range: 0..<1, octets: [UInt8](repeating: 65, count: 900))], .outbound, now: wire.now)
    wire.send(.inbound, at: 501, acknowledging: 1_001, window: 100)
    let told = wire.take(.inbound).last
    #expect(told?.acknowledgment == 102 && told?.window == 4_999)
  }

  @Test func `no sender is invited to send more than there is room for`() {
    var limits = StreamLimits()
    limits.octets = 8_000
    var wire = Wire(limits: limits, window: 1_000)
    wire.send(.outbound, at: 101, "GET")
    wire.pass(.outbound)
    wire.send(.inbound, at: 501, acknowledging: 104, window: 60_000)
    #expect(wire.take(.inbound).last?.window == 4_000)
  }

  @Test func `a window that closed behind what was sent is asked when the timer runs out`() {
    var wire = Wire()
    wire.send(.outbound, at: 101, "hello")
    wire.pass(.outbound)
    _ = wire.take()
    wire.send(.inbound, at: 501, acknowledging: 101, window: 0)
    wire.wait(1_000_000)
    #expect(wire.take(.outbound).map(\.text) == ["h"])
  }

  @Test func `a receiver without window is asked for ten minutes, and then goes on`() {
    var wire = Wire()
    wire.send(.inbound, at: 501, acknowledging: 101, window: 0)
    wire.send(.outbound, at: 101, "hello")
    wire.pass(.outbound)
    let end = wire.now + 600_000_000
    var asked = 0
    while wire.now < end, let deadline = wire.connection.deadline {
      wire.wait(deadline - wire.now)
      asked += wire.take(.outbound).count
      wire.send(.inbound, at: 501, acknowledging: 101, window: 0)
    }
    #expect(wire.now >= end && (5...60).contains(asked))
    wire.send(.inbound, at: 501, acknowledging: 101, window: 100)
    #expect(wire.take(.outbound).map(\.text) == ["hello"])
  }

  @Test func `who sends into a closed window is told that it is closed`() {
    var wire = Wire(window: 3)
    wire.send(.outbound, at: 101, "abc", window: 3)
    wire.pass(.outbound)
    wire.send(.inbound, at: 501, acknowledging: 104, window: 0)
    _ = wire.take()
    wire.send(.outbound, at: 104, "d", window: 3)
    #expect(wire.take(.inbound).map(\.window) == [0])
  }
}
