import Translation
import VirtualTCP
import WireFormats

/// One end of a TCP connection: simple, but a real one, with a window, retransmission and reassembly of its own, which
/// shares no code with what it judges.
struct ModelEnd {
  /// What it offers in its SYN.
  struct Traits {
    var initialSequence: UInt32
    var maximumSegment = 1460
    var scale: UInt8? = 7
    var timestamps = true
    var selective = true
    var window = 65_535
    /// What its SYN says of it at most.
    var firstWindow = 65_535
    /// Whether it sends nothing before the other end has ended its stream.
    var waitsForEnd = false
    /// After how many octets it stops reading, and for how long; its window closes meanwhile.
    var stall: (after: Int, time: UInt64)?
    /// After how many octets it gives the connection up with a reset.
    var abortAfter: Int?
  }

  enum State {
    case closed, synSent, synReceived, established
  }

  let direction: Direction
  let traits: Traits
  private(set) var state = State.closed
  private(set) var wasReset = false
  /// Whether it has given the connection up.
  private(set) var hasAborted = false
  /// What it sends, and what it has received.
  let toSend: [UInt8]
  private(set) var received: [UInt8] = []
  private(set) var hasReceivedFIN = false

  private var peerSequence: UInt32 = 0
  private var peerScale: Int?
  private var peerTimestamps = false
  private var peerSelective = false
  private var peerMaximum = 536
  private var lastPeerTimestamp: UInt32 = 0
  /// Octets acknowledged and sent, counted from the first; the FIN is one more.
  private var acknowledged = 0
  private var next = 0
  private var highest = 0
  private var peerWindow = 0
  private var retransmitAt: UInt64?
  private var patience: UInt64 = 300_000
  private var early: [Int: [UInt8]] = [:]
  private var finAt: Int?
  private var duplicates = 0
  /// How much its program has read, and when it goes on reading.
  private var read = 0
  private var readsAt: UInt64?
  private var hasStalled = false

  init(_ direction: Direction, _ traits: Traits, sending octets: [UInt8]) {
    self.direction = direction
    self.traits = traits
    toSend = octets
  }

  /// Whether it has sent all, got everything acknowledged, and heard the other end's end.
  var isDone: Bool { acknowledged == toSend.count + 1 && hasReceivedFIN }
  var hasSentAll: Bool { acknowledged >= toSend.count }

  /// Octets that it takes beyond what it has.
  private var room: Int { max(0, traits.window - (received.count - read)) }

  private func base(_ now: UInt64, flags: TCPFlags) -> TCPSegment {
    let inOrder = received.count + (hasReceivedFIN ? 1 : 0)
    var segment = TCPSegment(
      sequence: traits.initialSequence &+ 1 &+ UInt32(truncatingIfNeeded: next),
      acknowledgment: peerSequence &+ 1 &+ UInt32(truncatingIfNeeded: inOrder), flags: flags,
      window: UInt16(clamping: peerScale != nil ? room >> Int(traits.scale ?? 0) : room))
    if peerTimestamps, traits.timestamps {
      segment.options.timestamp = .init(value: UInt32(truncatingIfNeeded: now / 1000), echo: lastPeerTimestamp)
    }
    if peerSelective, traits.selective {
      let start = peerSequence &+ 1
      segment.options.sackBlocks = early.sorted { $0.key < $1.key }.prefix(3).map {
        .init(
          start: start &+ UInt32(truncatingIfNeeded: $0.key),
          end: start &+ UInt32(truncatingIfNeeded: $0.key + $0.value.count))
      }
    }
    return segment
  }

  /// Opens the connection.
  mutating func open(now: UInt64) -> TCPSegment {
    state = .synSent
    retransmitAt = now + 1_000_000
    return syn(.syn)
  }

  private func syn(_ flags: TCPFlags) -> TCPSegment {
    var segment = TCPSegment(
      sequence: traits.initialSequence, acknowledgment: flags.contains(.ack) ? peerSequence &+ 1 : 0, flags: flags,
      window: UInt16(clamping: min(traits.window, traits.firstWindow)))
    segment.options.maximumSegment = UInt16(traits.maximumSegment)
    segment.options.windowScale = traits.scale
    segment.options.sackPermitted = traits.selective
    if traits.timestamps { segment.options.timestamp = .init(value: 1, echo: 0) }
    return segment
  }

  /// Takes a segment, answers what it sends for it.
  mutating func receive(_ segment: TCPSegment, now: UInt64) -> [TCPSegment] {
    if hasAborted { return segment.flags.contains(.rst) ? [] : [reset(at: segment.acknowledgment)] }
    if segment.flags.contains(.rst) {
      // RFC 5961 section 3.2.
      let expected = base(now, flags: .ack).acknowledgment
      if state != .established || segment.sequence == expected {
        wasReset = true
      } else {
        return [base(now, flags: .ack)]
      }
      return []
    }
    if segment.flags.contains(.syn) {
      if state == .established { return [base(now, flags: .ack)] }
      peerSequence = segment.sequence
      peerScale = segment.options.windowScale.flatMap { scale in traits.scale.map { _ in Int(scale) } }
      peerTimestamps = segment.options.timestamp != nil
      peerSelective = segment.options.sackPermitted
      peerMaximum = Int(segment.options.maximumSegment ?? 536)
      peerWindow = Int(segment.window)
      if segment.flags.contains(.ack) {
        state = .established
        return [base(now, flags: .ack)] + transmit(now: now)
      }
      state = .synReceived
      retransmitAt = now + 1_000_000
      return [syn([.syn, .ack])]
    }
    guard state == .synReceived || state == .established else { return [] }
    state = .established
    if let timestamp = segment.options.timestamp { lastPeerTimestamp = max(lastPeerTimestamp, timestamp.value) }
    var answers: [TCPSegment] = []
    takeAcknowledgment(segment, now: now, into: &answers)
    if !segment.payload.isEmpty || segment.flags.contains(.fin) {
      takeOctets(segment, now: now)
      if let after = traits.abortAfter, received.count >= after {
        hasAborted = true
        return [reset(at: base(now, flags: .ack).sequence)]
      }
      answers.append(base(now, flags: .ack))
    } else if Int(Int32(bitPattern: segment.sequence &- (peerSequence &+ 1))) < received.count {
      // A keep-alive.
      answers.append(base(now, flags: .ack))
    }
    return answers + transmit(now: now)
  }

  private mutating func takeAcknowledgment(_ segment: TCPSegment, now: UInt64, into answers: inout [TCPSegment]) {
    let place = Int(Int32(bitPattern: segment.acknowledgment &- (traits.initialSequence &+ 1)))
    guard place >= acknowledged, place <= highest else { return }
    peerWindow = Int(segment.window) << (peerScale ?? 0)
    if place > acknowledged {
      acknowledged = place
      next = max(next, place)
      duplicates = 0
      patience = 300_000
      retransmitAt = highest > acknowledged ? now + patience : nil
    } else if segment.payload.isEmpty, highest > acknowledged {
      duplicates += 1
      if duplicates == 3 { answers.append(repeated(now: now)) }
    }
  }

  private func reset(at sequence: UInt32) -> TCPSegment {
    TCPSegment(sequence: sequence, acknowledgment: 0, flags: .rst, window: 0)
  }

  private mutating func takeOctets(_ whole: TCPSegment, now: UInt64) {
    var segment = whole
    defer { stallOrRead(now: now) }
    let begin = Int(Int32(bitPattern: segment.sequence &- (peerSequence &+ 1)))
    let limit = max(0, received.count + room - begin)
    if segment.payload.count > limit {
      segment.payload = Array(segment.payload.prefix(limit))
      segment.flags.remove(.fin)
    }
    guard !segment.payload.isEmpty || segment.flags.contains(.fin) else { return }
    let start = Int(Int32(bitPattern: segment.sequence &- (peerSequence &+ 1)))
    if segment.flags.contains(.fin) { finAt = start + segment.payload.count }
    if start <= received.count {
      if start + segment.payload.count > received.count {
        received += segment.payload.dropFirst(received.count - start)
      }
    } else if start - received.count < room {
      if (early[start]?.count ?? 0) < segment.payload.count { early[start] = segment.payload }
    }
    while let (place, octets) = early.filter({ $0.key <= received.count }).first {
      early[place] = nil
      if place + octets.count > received.count { received += octets.dropFirst(received.count - place) }
    }
    if finAt == received.count { hasReceivedFIN = true }
  }

  private mutating func stallOrRead(now: UInt64) {
    if readsAt != nil { return }
    if let stall = traits.stall, !hasStalled, received.count >= stall.after {
      hasStalled = true
      readsAt = now + stall.time
    } else {
      read = received.count
    }
  }

  private func piece(at place: Int, now: UInt64) -> (segment: TCPSegment, length: Int) {
    let size = min(peerMaximum, 1460) - (peerTimestamps && traits.timestamps ? 12 : 0)
    let end = min(place + size, toSend.count)
    var segment = base(now, flags: [.ack, .psh])
    segment.sequence = traits.initialSequence &+ 1 &+ UInt32(truncatingIfNeeded: place)
    segment.payload = place < end ? Array(toSend[place..<end]) : []
    var length = max(0, end - place)
    if end == toSend.count {
      segment.flags.insert(.fin)
      length += 1
    }
    return (segment, length)
  }

  /// The first octets that are not acknowledged again, and perhaps more than were sent of them before.
  private mutating func repeated(now: UInt64) -> TCPSegment {
    let (segment, length) = piece(at: acknowledged, now: now)
    highest = max(highest, acknowledged + length)
    next = max(next, acknowledged + length)
    return segment
  }

  private mutating func transmit(now: UInt64) -> [TCPSegment] {
    var segments: [TCPSegment] = []
    guard !traits.waitsForEnd || hasReceivedFIN else { return [] }
    while next <= toSend.count, next - acknowledged < max(peerWindow, 1), segments.count < 40 {
      let (segment, length) = piece(at: next, now: now)
      // The window holds for octets; one beyond it is a probe.
      if next + segment.payload.count - acknowledged > max(peerWindow, 1) {
        guard peerWindow > 0 || next == acknowledged else { break }
        var cut = segment
        let room = max(1, peerWindow - (next - acknowledged))
        guard room > 0, !cut.payload.isEmpty else { break }
        cut.payload = Array(cut.payload.prefix(room))
        cut.flags.remove(.fin)
        segments.append(cut)
        next += cut.payload.count
      } else {
        segments.append(segment)
        next += length
      }
      highest = max(highest, next)
    }
    if highest > acknowledged, retransmitAt == nil { retransmitAt = now + patience }
    return segments
  }

  /// When `turn` is due.
  var deadline: UInt64? { hasAborted || wasReset ? nil : [retransmitAt, readsAt].compactMap { $0 }.min() }

  /// What is sent because time went by.
  mutating func turn(now: UInt64) -> [TCPSegment] {
    guard !hasAborted, !wasReset else { return [] }
    if let time = readsAt, time <= now {
      readsAt = nil
      read = received.count
      return [base(now, flags: .ack)]
    }
    guard let time = retransmitAt, time <= now else { return [] }
    patience = min(patience * 2, 5_000_000)
    retransmitAt = now + patience
    switch state {
    case .synSent: return [syn(.syn)]
    case .synReceived: return [syn([.syn, .ack])]
    case .closed: return []
    case .established:
      // Who waits for the other's end has nothing to repeat before it.
      guard highest > acknowledged || next <= toSend.count && (!traits.waitsForEnd || hasReceivedFIN) else {
        retransmitAt = nil
        return []
      }
      return [repeated(now: now)]
    }
  }
}
