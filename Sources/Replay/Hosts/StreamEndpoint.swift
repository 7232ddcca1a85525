import WireFormats

/// A TCP segment as an endpoint reads it.
struct StreamSegment {
  var sequence: UInt32
  var acknowledgment: UInt32
  var flags: TCPFlags
  var window: UInt16
  /// Where the options lie in the packet, and the payload.
  var options: Range<Int>
  var payload: Range<Int>

  /// Nil when the TCP header at `transport` of a packet is malformed.
  init?(_ packet: [UInt8], at transport: Int) {
    guard transport + TCPField.minimumLength <= packet.count else { return nil }
    let length = Int(packet[transport + TCPField.dataOffset] >> 4) * 4
    guard length >= TCPField.minimumLength, transport + length <= packet.count else { return nil }
    sequence = packet.number32(at: transport + TCPField.sequence)
    acknowledgment = packet.number32(at: transport + TCPField.acknowledgment)
    flags = TCPFlags(rawValue: packet[transport + TCPField.flags])
    window = packet.number16(at: transport + 14)
    options = transport + TCPField.minimumLength..<transport + length
    payload = transport + length..<packet.count
  }

  /// Octets of the sequence space that it takes.
  var length: UInt32 {
    UInt32(payload.count) + (flags.contains(.syn) ? 1 : 0) + (flags.contains(.fin) ? 1 : 0)
  }

  /// Whether it carries nothing but an acknowledgement.
  var isPure: Bool { payload.isEmpty && flags.isDisjoint(with: [.syn, .fin, .rst]) }

  /// Where the timestamp option's (RFC 7323 section 3.2) two numbers lie in the packet, and any SACK option.
  func options(of packet: [UInt8]) -> (timestamp: Int?, sack: Range<Int>?) {
    var result: (timestamp: Int?, sack: Range<Int>?) = (nil, nil)
    var at = options.lowerBound
    while at < options.upperBound, packet[at] != TCPOption.end {
      if packet[at] == TCPOption.noOperation {
        at += 1
        continue
      }
      guard at + 1 < options.upperBound else { break }
      let length = Int(packet[at + 1])
      guard length >= 2, at + length <= options.upperBound else { break }
      if packet[at] == 8, length == 10 { result.timestamp = at + 2 }
      if packet[at] == 5 { result.sack = at..<at + length }
      at += length
    }
    return result
  }
}

/// One end of a TCP connection that is played again. It sends what it sent, under the numbers that it sent it with; what
/// it acknowledges is what it has received now, through the gateway.
struct StreamEndpoint {
  /// Microseconds after which it acknowledges what no recorded segment has acknowledged.
  static let patience: UInt64 = 40_000
  /// Segments out of order that are kept.
  private static let maximumEarly = 4096

  /// One behind the last octet that it has sent.
  private(set) var next: UInt32?
  /// One behind the last octet before which it has sent everything.
  private(set) var contiguous: UInt32?
  /// What it has sent beyond that.
  private var beyond: [(start: UInt32, end: UInt32)] = []
  /// The next octet that it expects.
  private(set) var received: UInt32?
  private(set) var acknowledged: UInt32?
  private var early: [(sequence: UInt32, octets: [UInt8], hasEnd: Bool)] = []
  private(set) var isReset = false
  /// When it acknowledges by itself.
  private(set) var acknowledgeAt: UInt64?
  private(set) var window: UInt16 = 0
  /// The timestamp that it sent last, and the one that it received last.
  private(set) var timestamp: UInt32?
  private(set) var echo: UInt32?
  /// Octets that were lost before the capture saw them, and that nothing waits for any more.
  private(set) var skipped: UInt32 = 0

  /// Whether it has something that waits for what comes before it.
  var hasEarly: Bool { !early.isEmpty }

  /// Octets that the capture lacks before others that it has.
  var hole: UInt32 {
    guard let contiguous, let first = beyond.map({ $0.start &- contiguous }).min() else { return 0 }
    return first
  }

  // MARK: Sending

  /// Whether a recorded segment says nothing that the other end does not know.
  func isRedundant(_ segment: StreamSegment) -> Bool {
    guard segment.isPure, segment.sequence == next, let acknowledged, let received else { return false }
    return received == acknowledged && segment.window == window
  }

  /// The acknowledgement of a segment that is about to be sent.
  func acknowledgment(of segment: StreamSegment) -> UInt32 { received ?? segment.acknowledgment }

  /// Notes that a segment has been sent.
  mutating func send(_ segment: StreamSegment, timestamp: UInt32?) {
    let end = segment.sequence &+ segment.length
    if segment.flags.contains(.syn) || next == nil {
      next = end
      contiguous = end
      beyond = []
    } else {
      if let next, Int32(bitPattern: end &- next) > 0 { self.next = end }
      noteSent(segment.sequence, end)
    }
    window = segment.window
    if let timestamp { self.timestamp = timestamp }
    guard segment.flags.contains(.ack) else { return }
    acknowledged = acknowledgment(of: segment)
    acknowledgeAt = nil
  }

  private mutating func noteSent(_ start: UInt32, _ end: UInt32) {
    guard let reached = contiguous else { return }
    guard Int32(bitPattern: start &- reached) <= 0 else {
      if start != end, beyond.count < Self.maximumEarly { beyond.append((start, end)) }
      return
    }
    var contiguous = Int32(bitPattern: end &- reached) > 0 ? end : reached
    while let place = beyond.firstIndex(where: { Int32(bitPattern: $0.start &- contiguous) <= 0 }) {
      let run = beyond.remove(at: place)
      if Int32(bitPattern: run.end &- contiguous) > 0 { contiguous = run.end }
    }
    self.contiguous = contiguous
  }

  /// Notes that it has acknowledged by itself.
  mutating func acknowledge() {
    acknowledged = received
    acknowledgeAt = nil
  }

  // MARK: Receiving

  /// A segment arrives; returns the octets that are in order now.
  mutating func receive(
    _ segment: StreamSegment, _ payload: ArraySlice<UInt8>, timestamp: UInt32?, now: UInt64
  ) -> [UInt8] {
    if segment.flags.contains(.rst) {
      isReset = true
      acknowledgeAt = nil
      return []
    }
    if let timestamp { echo = timestamp }
    var octets: [UInt8] = []
    if segment.flags.contains(.syn) {
      guard received == nil || isReset else { return [] }
      isReset = false
      early = []
      received = segment.sequence &+ 1
      octets = take(segment.sequence &+ 1, payload, hasEnd: segment.flags.contains(.fin))
      if segment.flags.contains(.ack) { wait(now) }
    } else {
      // A connection that was there before the capture begins where its first segment does.
      if received == nil { received = segment.sequence }
      octets = take(segment.sequence, payload, hasEnd: segment.flags.contains(.fin))
      if segment.length > 0 { wait(now) }
    }
    return octets
  }

  private mutating func wait(_ now: UInt64) { if acknowledgeAt == nil { acknowledgeAt = now + Self.patience } }

  private mutating func take(_ sequence: UInt32, _ payload: ArraySlice<UInt8>, hasEnd: Bool) -> [UInt8] {
    guard let expected = received else { return [] }
    guard Int32(bitPattern: sequence &- expected) <= 0 else {
      if early.count < Self.maximumEarly { early.append((sequence, Array(payload), hasEnd)) }
      return []
    }
    var octets = Array(accept(sequence, payload, hasEnd: hasEnd))
    while let place = early.firstIndex(where: { Int32(bitPattern: $0.sequence &- (received ?? 0)) <= 0 }) {
      let segment = early.remove(at: place)
      octets += accept(segment.sequence, segment.octets[...], hasEnd: segment.hasEnd)
    }
    return octets
  }

  private mutating func accept(_ sequence: UInt32, _ payload: ArraySlice<UInt8>, hasEnd: Bool) -> ArraySlice<UInt8> {
    guard let expected = received else { return [] }
    let known = Int(expected &- sequence)
    let fresh = payload.dropFirst(known)
    // The end counts once, when everything before it is there.
    let end = hasEnd && known <= payload.count ? UInt32(1) : 0
    received = expected &+ UInt32(fresh.count) &+ end
    return fresh
  }

  /// Goes on behind a hole that the recorded endpoint did not have: the capture lost what belongs there.
  mutating func skipHole(before acknowledgment: UInt32) {
    guard let expected = received, !early.isEmpty, Int32(bitPattern: acknowledgment &- expected) > 0,
      let first = early.map({ $0.sequence &- expected }).min(), first <= acknowledgment &- expected
    else { return }
    skipped &+= first
    received = expected &+ first
    _ = take(expected &+ first, [], hasEnd: false)
  }
}
