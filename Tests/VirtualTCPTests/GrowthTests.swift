import Testing
import Translation
import WireFormats

@testable import VirtualTCP

@Suite("The room of a fast stream")
struct GrowthTests {
  private static let limits = {
    var limits = StreamLimits()
    limits.octets = 16_000
    return limits
  }()

  /// A stream whose sender fills the window that it is offered and whose receiver acknowledges all of it, so many times;
  /// answers what room it had each time.
  private func run(_ wire: inout Wire, rounds: Int, filling share: Int = 1, _ grant: (Int) -> Bool) -> [Int] {
    var rooms: [Int] = []
    for _ in 0..<rounds {
      let start = wire.connection.outbound.received
      let room = wire.connection.outbound.announcedEnd - start
      rooms.append(room)
      var at = start
      while at + 1_000 <= start + room / share {
        wire.send(.outbound, at: 100 + UInt32(at), String(repeating: "a", count: 1_000), window: .max)
        at += 1_000
      }
      wire.pass(.outbound)
      for _ in 0..<200 where wire.connection.outbound.outAcknowledged < at {
        let sent = wire.connection.outbound.outSent
        wire.now += 1_000
        wire.send(.inbound, at: 501, acknowledging: 100 + UInt32(sent), window: .max)
        if wire.connection.wantsRoom { wire.connection.grow(grant) }
      }
      #expect(wire.connection.outbound.outAcknowledged == at)
      _ = wire.take()
    }
    return rooms
  }

  private func wire() -> Wire {
    Wire(limits: Self.limits, window: 8_000) { $0.windowScale = 4 }
  }

  @Test func `doubles as long as it fills it, up to sixteen times`() {
    var wire = wire()
    var granted = 0
    let rooms = run(&wire, rounds: 12) { octets in
      granted += octets
      return true
    }
    #expect(rooms[0] == 8_000 && zip(rooms, rooms.dropFirst()).allSatisfy { $0 <= $1 })
    #expect(rooms.last == 128_000 && granted == 120_000)
    #expect(!wire.connection.wantsRoom, "it asks for no more than it may have")
    #expect(wire.connection.inbound.growth == 0, "the other direction is slow")
  }

  @Test func `is no more than it is granted`() {
    var wire = wire()
    var rest = 30_000
    let rooms = run(&wire, rounds: 12) { octets in
      guard octets <= rest else { return false }
      rest -= octets
      return true
    }
    #expect(rooms.last == 8_000 + 30_000 - rest && rest < 8_000 + 30_000 - rest)
  }

  @Test func `stays what it is where it does not fill it`() {
    var wire = wire()
    let rooms = run(&wire, rounds: 12, filling: 4) { _ in
      Issue.record("nothing was to be asked for")
      return true
    }
    #expect(Set(rooms) == [8_000])
  }

  @Test func `holds what comes out of order, and no message that is longer than before`() {
    var wire = wire()
    _ = run(&wire, rounds: 12) { _ in true }
    let start = wire.connection.outbound.received
    // All but the first octets of a window; they are refused nothing.
    for at in stride(from: start + 1_000, to: start + 128_000, by: 1_000) {
      wire.send(.outbound, at: 100 + UInt32(at), String(repeating: "b", count: 1_000), window: .max)
    }
    #expect(wire.connection.bufferedOctets == 127_000 && !wire.connection.overflowed)
    wire.send(.outbound, at: 100 + UInt32(start), String(repeating: "a", count: 1_000), window: .max)
    #expect(wire.connection.unreadCount(.outbound) == 128_000)
    #expect(wire.connection.overflowed, "what is unread still, once all is read that can be, has the room of before")
    wire.connection.pass(121_000, edits: [], .outbound, now: wire.now)
    #expect(!wire.connection.overflowed)
  }

  @Test func `is never taken back from a sender that was told of it`() {
    var wire = wire()
    _ = run(&wire, rounds: 12) { _ in true }
    let end = wire.connection.outbound.announcedEnd
    wire.connection.passEverything(now: wire.now)
    wire.wait(1_000_000)
    #expect(wire.connection.outbound.announcedEnd >= end)
  }
}
