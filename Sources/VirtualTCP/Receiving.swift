package import Translation
import WireFormats

extension VirtualConnection {
  /// Microseconds after which octets of an incomplete message are acknowledged, unless it is complete by then.
  private static let heldDelay: UInt64 = 40_000

  /// A segment that arrived, travelling in `direction`; `now` in microseconds.
  package mutating func receive(_ segment: TCPSegment, _ direction: Direction, now: UInt64) {
    guard !isReset else {
      relay(segment, direction)
      return
    }
    if segment.flags.contains(.rst) {
      receiveReset(segment, direction)
      return
    }
    if segment.flags.contains(.syn) {
      receiveSYN(segment, direction, now: now)
      return
    }
    // Before both SYNs nothing of a stream means anything.
    guard self[direction].initialSequence != nil, self[direction.opposite].initialSequence != nil,
      segment.flags.contains(.ack)
    else { return }
    isEstablished = true
    if let timestamp = segment.options.timestamp {
      let known = self[direction].timestamp ?? timestamp.value
      if Int32(bitPattern: timestamp.value &- known) >= 0 { self[direction].timestamp = timestamp.value }
    }
    receiveAcknowledgment(segment, direction, now: now)
    receiveOctets(segment, direction, now: now)
    flush(now: now)
  }

  // MARK: The handshake

  /// A SYN passes as it is, without octets: a sender that put some into it (RFC 7413) sends them again.
  private mutating func receiveSYN(_ segment: TCPSegment, _ direction: Direction, now: UInt64) {
    if isEstablished {
      // RFC 5961 section 4.2: a SYN in the middle is answered, and changes nothing. One that is the old SYN again came
      // late.
      challenge(direction)
      return
    }
    if opener == nil { opener = direction }
    var syn = segment
    syn.payload = []
    let isNew = self[direction].initialSequence != segment.sequence
    if isNew {
      let path = (self[direction].pathMTU, self[direction].superFrames)
      self[direction] = Pipe()
      (self[direction].pathMTU, self[direction].superFrames) = path
    }
    self[direction].initialSequence = segment.sequence
    self[direction].offered = segment.options
    self[direction].timestamp = segment.options.timestamp?.value
    // What one end offers holds for what is sent to it.
    self[direction.opposite].segmentSize = Int(segment.options.maximumSegment ?? 536)
    self[direction.opposite].windowEnd = self[direction.opposite].outAcknowledged + Int(segment.window)
    settleScales()
    relay(syn, direction)
  }

  /// Windows are scaled only where both ends offered it (RFC 7323 section 2.2).
  private mutating func settleScales() {
    let scales = (outbound.offered.windowScale, inbound.offered.windowScale)
    guard let ofInside = scales.0, let ofOutside = scales.1 else { return }
    inbound.windowScale = ofInside
    outbound.windowScale = ofOutside
  }

  /// Sends a segment on as it is.
  mutating func relay(_ segment: TCPSegment, _ direction: Direction) {
    outgoing.append(OutgoingSegment(direction: direction, segment: segment, segmentSize: 0))
  }

  // MARK: Octets

  private mutating func receiveOctets(_ segment: TCPSegment, _ direction: Direction, now: UInt64) {
    let place = self[direction].place(ofInput: segment.sequence)
    let end = place + segment.payload.count
    if segment.payload.count <= 1, place == self[direction].received - 1, !segment.flags.contains(.fin) {
      // A keep-alive (RFC 9293 section 3.8.4): the other end answers it.
      keepAlive(direction)
      return
    }
    if segment.flags.contains(.fin), self[direction].finPlace == nil { self[direction].finPlace = end }
    guard !segment.payload.isEmpty || segment.flags.contains(.fin) else { return }
    defer { self[direction].owesAcknowledgment = self[direction].owesAcknowledgment || !segment.payload.isEmpty }
    if end + (segment.flags.contains(.fin) ? 1 : 0) <= self[direction].received {
      tally.duplicates += 1
      self[direction].owesAcknowledgment = true
      self[direction].announcedEnd = 0
      return
    }
    // No honest sender is further ahead than the largest window.
    guard place - self[direction].received <= 1 << 30 else { return }
    take(segment.payload[...], at: place, direction)
    self[direction].finish()
    if isPassingThrough { self[direction].pass(self[direction].unread.count, []) }
    self[direction].passFIN()
    if !self[direction].unread.isEmpty, self[direction].acknowledgeHeldAt == nil {
      self[direction].acknowledgeHeldAt = now + Self.heldDelay
    }
  }

  /// Takes octets in or out of order, within the limits.
  private mutating func take(_ octets: ArraySlice<UInt8>, at place: Int, _ direction: Direction) {
    var octets = octets
    var place = place
    if place < self[direction].received {
      octets = octets.dropFirst(self[direction].received - place)
      place = self[direction].received
    }
    guard !octets.isEmpty else { return }
    guard bufferedOctets + octets.count <= limits.octets else {
      // What passes through must not be held up by what is held already.
      overflowed = !isPassingThrough
      return
    }
    guard place == self[direction].received else {
      tally.outOfOrder += 1
      guard self[direction].early.pieceCount < limits.pieces else { return }
      self[direction].early.insert(octets, at: place)
      self[direction].newestEarly = place
      // Said at once: the sender finds out what is missing by it (RFC 5681 section 4.2).
      self[direction].announcedEnd = 0
      return
    }
    self[direction].unread.append(octets)
    self[direction].received += octets.count
    while let more = self[direction].early.take(from: self[direction].received) {
      self[direction].unread.append(more)
      self[direction].received += more.count
    }
  }

  private mutating func keepAlive(_ direction: Direction) {
    var probe = header(direction, place: self[direction].outSent - 1)
    probe.flags = .ack
    outgoing.append(OutgoingSegment(direction: direction, segment: probe, segmentSize: 0))
    // The answer has to get through, though it says nothing new.
    self[direction].owesAcknowledgment = false
    awaitsAnswer(direction)
  }

  private mutating func awaitsAnswer(_ direction: Direction) { self[direction].answersKeepAlive = true }
}

extension Pipe {
  /// Takes the FIN when everything before it is there.
  mutating func finish() {
    guard let finPlace, !hasFIN, received == finPlace else { return }
    hasFIN = true
    received += 1
    owesAcknowledgment = true
  }
}
