import Testing
import Translation
import VirtualTCP
import WireFormats

/// A connection between an inside client and an outside server that the tests play segment by segment. The client's
/// octets begin at 101, the server's at 501.
struct Wire {
  var connection: VirtualConnection
  var now: UInt64 = 1_000_000

  init(
    limits: StreamLimits = StreamLimits(), maximumSegment: UInt16 = 1000, window: UInt16 = 20_000,
    options: (inout TCPOptions) -> Void = { _ in }
  ) {
    connection = VirtualConnection(limits: limits)
    for direction in [Direction.outbound, .inbound] {
      connection.setPath(direction, mtu: 1500, networkHeader: 20, superFrames: false)
    }
    var syn = TCPSegment(sequence: 100, acknowledgment: 0, flags: .syn, window: window)
    syn.options.maximumSegment = maximumSegment
    options(&syn.options)
    connection.receive(syn, .outbound, now: now)
    var answer = TCPSegment(sequence: 500, acknowledgment: 101, flags: [.syn, .ack], window: window)
    answer.options = syn.options
    connection.receive(answer, .inbound, now: now)
    connection.receive(
      TCPSegment(sequence: 101, acknowledgment: 501, flags: .ack, window: window), .outbound, now: now)
    _ = take()
  }

  /// The client or the server sends.
  mutating func send(
    _ direction: Direction, at sequence: UInt32, _ text: String = "", acknowledging: UInt32? = nil,
    _ flags: TCPFlags = .ack, window: UInt16 = 20_000, change: (inout TCPSegment) -> Void = { _ in }
  ) {
    var segment = TCPSegment(
      sequence: sequence, acknowledgment: acknowledging ?? (direction == .outbound ? 501 : 101), flags: flags,
      window: window)
    segment.payload = Array(text.utf8)
    change(&segment)
    connection.receive(segment, direction, now: now)
  }

  /// Passes everything unread on as it is.
  mutating func pass(_ direction: Direction) {
    connection.pass(connection.unreadCount(direction), edits: [], direction, now: now)
  }

  mutating func wait(_ microseconds: UInt64) {
    now += microseconds
    connection.turn(now: now)
  }

  /// What is on its way now.
  mutating func take() -> [OutgoingSegment] {
    var taken: [OutgoingSegment] = []
    while let outgoing = connection.takeOutgoing() { taken.append(outgoing) }
    return taken
  }

  mutating func take(_ direction: Direction) -> [TCPSegment] {
    take().filter { $0.direction == direction }.map(\.segment)
  }
}

extension TCPSegment {
  var text: String { String(decoding: payload, as: UTF8.self) }
}

@Suite("A virtual connection")
struct ConnectionTests {
  // MARK: Order

  @Test func `keeps what comes out of order, says so, and passes it in order`() {
    var wire = Wire { $0.sackPermitted = true }
    wire.send(.outbound, at: 105, "56789")
    let told = wire.take(.inbound)
    #expect(told.last?.acknowledgment == 101)
    #expect(told.last?.options.sackBlocks == [TCPOptions.Block(start: 105, end: 110)])
    #expect(wire.connection.unreadCount(.outbound) == 0)
    wire.send(.outbound, at: 101, "1234")
    wire.pass(.outbound)
    #expect(wire.take(.outbound).map(\.text) == ["123456789"])
  }

  @Test func `what came first stands where segments disagree`() {
    var wire = Wire()
    wire.send(.outbound, at: 103, "CD")
    wire.send(.outbound, at: 101, "abxyEF")
    wire.pass(.outbound)
    #expect(wire.take(.outbound).map(\.text).joined() == "abCDEF" || wire.connection.bufferedOctets == 6)
  }

  // MARK: Acknowledgements

  @Test func `a sender's octets are acknowledged when their receiver has acknowledged them`() {
    var wire = Wire()
    wire.send(.outbound, at: 101, "hello")
    wire.pass(.outbound)
    #expect(wire.take(.inbound).allSatisfy { $0.acknowledgment == 101 })
    wire.send(.inbound, at: 501, acknowledging: 106)
    #expect(wire.take(.inbound).last?.acknowledgment == 106)
    #expect(wire.connection.isQuiet)
  }

  @Test func `octets of an incomplete message are acknowledged on the proxy's own account, a little later`() {
    var wire = Wire()
    wire.send(.outbound, at: 101, "half a li")
    #expect(wire.take(.inbound).allSatisfy { $0.acknowledgment == 101 })
    wire.wait(50_000)
    #expect(wire.take(.inbound).last?.acknowledgment == 110)
  }

  @Test func `what was never sent cannot be acknowledged (RFC 9293 section 3.10.7.4)`() {
    var wire = Wire()
    wire.send(.outbound, at: 101, "hello")
    wire.pass(.outbound)
    _ = wire.take()
    wire.send(.inbound, at: 501, acknowledging: 5_000)
    #expect(wire.take(.inbound).allSatisfy { $0.acknowledgment == 101 })
  }

  // MARK: Size

  @Test func `an edited stream is cut to what the receiver takes`() {
    var wire = Wire(maximumSegment: 500)
    wire.send(.outbound, at: 101, "x")
    wire.connection.pass(
      1, edits: [StreamEdit(range: 0..<1, octets: [UInt8](repeating: 65, count: 1200))], .outbound, now: wire.now)
    #expect(wire.take(.outbound).map(\.payload.count) == [500, 500, 200])
  }

  @Test func `super-frames carry several segments, and say of what size`() {
    var wire = Wire(maximumSegment: 500)
    wire.connection.setPath(.outbound, mtu: 1500, networkHeader: 20, superFrames: true)
    wire.send(.outbound, at: 101, String(repeating: "a", count: 1400))
    wire.pass(.outbound)
    let sent = wire.take().filter { $0.direction == .outbound }
    #expect(sent.map(\.segment.payload.count) == [1400] && sent.map(\.segmentSize) == [500])
  }

  @Test func `a message of the way about a smaller MTU makes segments smaller, and sends again (RFC 1191)`() {
    var wire = Wire(maximumSegment: 1400)
    wire.send(.outbound, at: 101, String(repeating: "a", count: 1400))
    wire.pass(.outbound)
    #expect(wire.take(.outbound).map(\.payload.count) == [1400])
    wire.connection.reduceSegmentSize(.outbound, to: 1000, now: wire.now)
    #expect(wire.take(.outbound).map(\.payload.count) == [960])
  }

  // MARK: Loss

  @Test func `what is not acknowledged in time is sent again, ever more patiently (RFC 6298)`() {
    var wire = Wire()
    wire.send(.outbound, at: 101, "hello")
    wire.pass(.outbound)
    #expect(wire.take(.outbound).count == 1)
    var waits: [UInt64] = []
    for _ in 0..<3 {
      let deadline = wire.connection.deadline ?? wire.now
      waits.append(deadline - wire.now)
      wire.wait(deadline - wire.now)
      #expect(wire.take(.outbound).map(\.text) == ["hello"])
    }
    #expect(waits == [1_000_000, 2_000_000, 4_000_000])
    #expect(wire.connection.takeTally().retransmissions == 3)
  }

  @Test func `three duplicate acknowledgements send the first segment again (RFC 5681 section 3.2)`() {
    var wire = Wire(maximumSegment: 100)
    wire.send(.outbound, at: 101, String(repeating: "a", count: 500))
    wire.pass(.outbound)
    #expect(wire.take(.outbound).count == 5)
    for count in 1...3 {
      wire.send(.inbound, at: 501, acknowledging: 101)
      #expect(wire.take(.outbound).map(\.sequence) == (count == 3 ? [101] : []))
    }
  }

  @Test func `with selective acknowledgements only what is missing is sent again (RFC 2018)`() {
    var wire = Wire(maximumSegment: 100) { $0.sackPermitted = true }
    wire.send(.outbound, at: 101, String(repeating: "a", count: 500))
    wire.pass(.outbound)
    _ = wire.take()
    for end in [UInt32(401), 501, 601] {
      wire.send(.inbound, at: 501, acknowledging: 201) {
        $0.options.sackBlocks = [TCPOptions.Block(start: 301, end: end)]
      }
    }
    wire.send(.inbound, at: 501, acknowledging: 201) {
      $0.options.sackBlocks = [TCPOptions.Block(start: 301, end: 601)]
    }
    #expect(wire.take(.outbound).map(\.sequence) == [201])
  }

  // MARK: Windows

  @Test func `a receiver's window is obeyed, and one without any is asked (RFC 9293 section 3.8.6.1)`() throws {
    var wire = Wire()
    wire.send(.inbound, at: 501, acknowledging: 101, window: 3)
    wire.send(.outbound, at: 101, "hello")
    wire.pass(.outbound)
    #expect(wire.take(.outbound).map(\.text) == ["hel"])
    wire.send(.inbound, at: 501, acknowledging: 104, window: 0)
    _ = wire.take()
    let deadline = try #require(wire.connection.deadline)
    wire.wait(deadline - wire.now)
    #expect(wire.take(.outbound).map(\.text) == ["l"])
    wire.send(.inbound, at: 501, acknowledging: 104, window: 100)
    #expect(wire.take(.outbound).map(\.text).joined().hasSuffix("lo"))
  }

  // MARK: Ends

  @Test func `each direction ends by itself`() {
    var wire = Wire()
    wire.send(.outbound, at: 101, "bye", [.ack, .fin])
    wire.pass(.outbound)
    #expect(wire.take(.outbound).last?.flags.contains(.fin) == true)
    wire.send(.inbound, at: 501, acknowledging: 105)
    #expect(wire.take(.inbound).last?.acknowledgment == 105)
    #expect(!wire.connection.isClosed)
    wire.send(.inbound, at: 501, "still here", acknowledging: 105)
    wire.pass(.inbound)
    #expect(wire.take(.inbound).map(\.text).contains("still here"))
    wire.send(.outbound, at: 105, acknowledging: 511)
    wire.send(.inbound, at: 511, acknowledging: 105, [.ack, .fin])
    wire.send(.outbound, at: 105, acknowledging: 512)
    #expect(wire.connection.isClosed && wire.connection.isQuiet)
  }

  @Test func `an end waits until all before it has been passed`() {
    var wire = Wire()
    wire.send(.outbound, at: 101, "last words", [.ack, .fin])
    #expect(wire.take(.outbound).isEmpty && wire.connection.hasEnded(.outbound))
    wire.pass(.outbound)
    #expect(wire.take(.outbound).last?.text == "last words")
  }

  // MARK: Resets (RFC 5961)

  @Test func `a reset with the expected number is believed and passed on, moved`() {
    var wire = Wire()
    wire.send(.outbound, at: 101, "x")
    wire.connection.pass(
      1, edits: [StreamEdit(range: 0..<1, octets: [1, 2, 3])], .outbound, now: wire.now)
    wire.send(.inbound, at: 501, acknowledging: 104)
    _ = wire.take()
    wire.send(.outbound, at: 102, "", [.rst])
    #expect(wire.take(.outbound).map(\.sequence) == [104] && wire.connection.isReset)
  }

  @Test func `a reset in the window is challenged, one outside of it ignored (section 3.2)`() {
    var wire = Wire()
    wire.send(.inbound, at: 501, acknowledging: 101)
    _ = wire.take()
    wire.send(.outbound, at: 150, "", [.rst])
    let challenge = wire.take()
    #expect(challenge.map(\.direction) == [.inbound] && challenge.last?.segment.acknowledgment == 101)
    #expect(wire.connection.takeTally().challenges == 1)
    wire.send(.outbound, at: 101 &+ 1_000_000, "", [.rst])
    #expect(wire.take().isEmpty && !wire.connection.isReset)
  }

  @Test func `a SYN in the middle is answered and changes nothing (section 4.2)`() {
    var wire = Wire()
    wire.send(.outbound, at: 9_999, "", .syn)
    #expect(wire.take().map(\.direction) == [.inbound])
    wire.send(.outbound, at: 101, "hello")
    wire.pass(.outbound)
    #expect(wire.take(.outbound).map(\.text) == ["hello"])
  }

  // MARK: Others

  @Test func `a keep-alive reaches the other end and is answered`() {
    var wire = Wire()
    wire.send(.outbound, at: 100)
    #expect(wire.take(.outbound).map(\.sequence) == [100])
    wire.send(.inbound, at: 501)
    #expect(wire.take(.inbound).last?.acknowledgment == 101)
  }

  @Test func `octets on a SYN are sent again by their sender, and come once`() {
    let connection = VirtualConnection()
    var syn = TCPSegment(sequence: 100, acknowledgment: 0, flags: .syn, window: 1000)
    syn.payload = Array("early".utf8)
    connection.receive(syn, .outbound, now: 1)
    #expect(connection.takeOutgoing()?.segment.payload.isEmpty == true)
  }

  @Test func `nothing more is kept than the limit`() {
    var limits = StreamLimits()
    limits.octets = 1_000
    var wire = Wire(limits: limits)
    for number in 0..<40 { wire.send(.outbound, at: 200 + UInt32(number) * 100, String(repeating: "z", count: 50)) }
    #expect(wire.connection.bufferedOctets <= 1_000 && wire.connection.overflowed)
    wire.connection.passEverything(now: wire.now)
    #expect(!wire.connection.overflowed)
  }

  @Test func `an idle connection takes less than four kilobytes`() {
    #expect(MemoryLayout<VirtualConnection>.size < 4096)
  }

  @Test func `numbers of quoted segments are mapped both ways`() {
    var wire = Wire()
    wire.send(.outbound, at: 101, "abc")
    wire.connection.pass(3, edits: [StreamEdit(range: 1..<2, octets: [1, 2, 3])], .outbound, now: wire.now)
    #expect(wire.connection.map(sequence: 104, .outbound) == 106)
    #expect(wire.connection.unmap(sequence: 106, .outbound) == 104)
    #expect(wire.connection.unmap(sequence: 103, .outbound) == 102, "within the edit: its start")
  }
}
