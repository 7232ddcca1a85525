import Testing
import Translation
import VirtualTCP
import WireFormats

@Suite("What a virtual connection believes")
struct BeliefTests {
  @Test(arguments: [UInt32(5_000), 101 &- 200_000])
  func `octets with an acknowledgement that cannot be are somebody else's (RFC 5961 section 5)`(_ number: UInt32) {
    var wire = Wire()
    wire.send(.inbound, at: 501, "forged", acknowledging: number)
    #expect(wire.connection.unreadCount(.inbound) == 0)
    #expect(wire.take().map(\.direction) == [.outbound], "and are challenged")
    #expect(wire.connection.takeTally().challenges == 1)
  }

  @Test func `octets beyond the window are not taken`() {
    var wire = Wire(window: 5_000)
    wire.send(.outbound, at: 101 + 6_000, "far")
    #expect(wire.connection.bufferedOctets == 0)
    #expect(wire.take(.inbound).map(\.acknowledgment) == [101])
  }

  @Test func `challenges are few (RFC 5961 section 7)`() {
    var wire = Wire()
    for _ in 0..<1_000 { wire.send(.outbound, at: 150, "", .rst) }
    #expect(wire.take().count == 10)
    wire.wait(1_000_000)
    wire.send(.outbound, at: 150, "", .rst)
    #expect(wire.take().count == 1)
  }

  @Test(arguments: [(0, true), (1, false), (150, false), (19_999, false), (20_001, false), (-1, false)])
  func `of resets only one with the very number expected (RFC 5961 section 3.2)`(_ offset: Int, _ isBelieved: Bool) {
    var wire = Wire()
    wire.send(.outbound, at: 101 &+ UInt32(truncatingIfNeeded: offset), "", .rst)
    #expect(wire.connection.isReset == isBelieved)
    let out = wire.take()
    if isBelieved {
      #expect(out.map(\.direction) == [.outbound] && out[0].segment.flags.contains(.rst))
    } else {
      #expect(out.allSatisfy { $0.direction == .inbound && !$0.segment.flags.contains(.rst) })
      #expect(out.count == ((1..<20_000).contains(offset) ? 1 : 0))
    }
  }

  @Test func `who has not heard of a reset is told again, and nothing goes through (RFC 9293 section 3.10.7.1)`() {
    var wire = Wire()
    wire.send(.outbound, at: 101, "x")
    wire.connection.pass(1, edits: [StreamEdit(range: 0..<1, octets: [1, 2, 3])], .outbound, now: wire.now)
    wire.send(.inbound, at: 501, "", acknowledging: 101, .rst)
    _ = wire.take()
    wire.send(.outbound, at: 102, "more")
    let told = wire.take()
    #expect(told.map(\.direction) == [.inbound] && told[0].segment.flags == .rst && told[0].segment.sequence == 501)
  }

  @Test func `an old duplicate is told by its timestamp (RFC 7323 section 5)`() {
    var wire = Wire { $0.timestamp = TCPOptions.Timestamp(value: 7, echo: 0) }
    wire.send(.outbound, at: 101, "new") { $0.options.timestamp = TCPOptions.Timestamp(value: 900, echo: 7) }
    wire.send(.outbound, at: 104, "old") { $0.options.timestamp = TCPOptions.Timestamp(value: 899, echo: 7) }
    #expect(wire.connection.unreadCount(.outbound) == 3)
  }

  @Test func `timestamps go from end to end, and so do their echoes (RFC 7323 section 4.3)`() {
    var wire = Wire { $0.timestamp = TCPOptions.Timestamp(value: 7, echo: 0) }
    wire.send(.outbound, at: 101, "one") { $0.options.timestamp = TCPOptions.Timestamp(value: 20, echo: 7) }
    wire.pass(.outbound)
    #expect(wire.take(.outbound).last?.options.timestamp?.value == 20)
    wire.send(.outbound, at: 104, "two") { $0.options.timestamp = TCPOptions.Timestamp(value: 35, echo: 7) }
    _ = wire.take()
    // The server acknowledges the first segment, and says by its echo that it means that one.
    wire.send(.inbound, at: 501, acknowledging: 104) {
      $0.options.timestamp = TCPOptions.Timestamp(value: 90, echo: 20)
    }
    #expect(wire.take(.inbound).last?.options.timestamp == TCPOptions.Timestamp(value: 90, echo: 20))
  }

  @Test func `the proxy's own acknowledgement echoes what came last`() {
    var wire = Wire { $0.timestamp = TCPOptions.Timestamp(value: 7, echo: 0) }
    wire.send(.outbound, at: 101, "half") { $0.options.timestamp = TCPOptions.Timestamp(value: 4_000, echo: 7) }
    wire.wait(50_000)
    let told = wire.take(.inbound).last
    #expect(told?.acknowledgment == 105 && told?.options.timestamp?.echo == 4_000)
  }

  // MARK: What it acknowledges

  @Test func `a complete message that waits is not acknowledged on the proxy's account`() {
    var wire = Wire()
    wire.send(.outbound, at: 101, "whole")
    wire.connection.wait(true, .outbound, now: wire.now)
    wire.wait(500_000)
    #expect(wire.take(.inbound).allSatisfy { $0.acknowledgment == 101 } && wire.connection.deadline == nil)
    wire.connection.wait(false, .outbound, now: wire.now)
    wire.wait(50_000)
    #expect(wire.take(.inbound).last?.acknowledgment == 106)
  }

  @Test func `urgent octets stay urgent, where they have moved to (RFC 9293 section 3.8.5)`() {
    var wire = Wire()
    wire.send(.outbound, at: 101, "xABOR", [.ack, .urg]) { $0.urgent = 3 }
    wire.connection.pass(5, edits: [StreamEdit(range: 0..<1, octets: [1, 2, 3, 4])], .outbound, now: wire.now)
    let sent = wire.take(.outbound).last
    #expect(sent?.flags.contains(.urg) == true && sent?.urgent == 6)
  }

  // MARK: Going on without it

  @Test func `it could go on without the proxy as soon as a constant describes what is under way`() {
    var wire = Wire()
    wire.send(.outbound, at: 101, "x")
    wire.connection.pass(1, edits: [StreamEdit(range: 0..<1, octets: [1, 2, 3])], .outbound, now: wire.now)
    #expect(!wire.connection.isTransparent)
    wire.send(.inbound, at: 501, acknowledging: 104)
    wire.send(.outbound, at: 102, "bulk")
    #expect(!wire.connection.isTransparent, "it is not read yet")
    wire.pass(.outbound)
    #expect(wire.connection.isTransparent && !wire.connection.isQuiet && wire.connection.shift.outbound == 2)
  }

  @Test func `not before a receiver has what was acknowledged in its place`() {
    var wire = Wire()
    wire.send(.outbound, at: 101, "half")
    wire.wait(50_000)
    wire.connection.passEverything(now: wire.now)
    #expect(!wire.connection.isTransparent)
    wire.send(.inbound, at: 501, acknowledging: 105)
    #expect(wire.connection.isTransparent)
  }

  // MARK: Memory

  @Test func `64 KB of single octets backwards take no more than their bound, and then it overflows`() {
    var wire = Wire(window: 65_535)
    for place in stride(from: 65_000, through: 1, by: -1) { wire.send(.outbound, at: 101 + UInt32(place), "z") }
    #expect(wire.connection.bufferedOctets <= 1_024 && wire.connection.overflowed)
    wire.connection.passEverything(now: wire.now)
    wire.send(.outbound, at: 101, "still here")
    #expect(wire.take(.outbound).map(\.text).joined().hasPrefix("still here"))
  }

  @Test func `a message that can never be whole within the bound overflows instead of waiting for ever`() {
    var wire = Wire(window: 65_535)
    var place: UInt32 = 101
    for _ in 0..<2_000 where !wire.connection.overflowed {
      wire.send(.outbound, at: place, String(repeating: "m", count: 1_000))
      place += 1_000
      wire.wait(50_000)
    }
    #expect(wire.connection.overflowed && wire.connection.bufferedOctets <= 256 << 10)
  }
}
