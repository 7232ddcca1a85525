package import Translation
import WireFormats

extension VirtualConnection {
  /// Microseconds after which octets of an incomplete message are acknowledged, unless it is complete by then.
  static let heldDelay: UInt64 = 40_000
  /// Microseconds after which a timestamp says nothing any more (RFC 7323 section 5.5).
  static let timestampAge: UInt64 = 24 * 86_400 * 1_000_000

  /// A segment that arrived, travelling in `direction`; `now` in microseconds.
  package func receive(_ segment: TCPSegment, _ direction: Direction, now: UInt64) {
    receive(segment, payload: segment.payload[...], direction, now: now)
  }

  /// A segment whose payload lies elsewhere, such as in its packet, where it stays. Where `more` follow at once, nothing
  /// is sent before `flush`, so that what follows leaves together with it.
  package func receive(
    _ segment: TCPSegment, payload: ArraySlice<UInt8>, _ direction: Direction, more: Bool = false, now: UInt64
  ) {
    guard !isReset else {
      refuse(segment, direction)
      return
    }
    if segment.flags.contains(.rst) {
      receiveReset(segment, direction, now: now)
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
    if isAcceptable(segment, payload.count, direction, now: now) {
      isEstablished = true
      noteTimestamp(segment, direction)
      receiveAcknowledgment(segment, payload.count, direction, now: now)
      receiveOctets(segment, payload, direction, now: now)
    }
    // What a sender is to be told at once is said of each segment: it counts such answers (RFC 5681 section 3.2).
    if !more || self[direction].owesAnswer || segment.flags.contains(.fin) { flush(now: now) }
  }

  // MARK: What may be believed

  /// Whether a segment lies in the window, acknowledges something sensible and is no old duplicate (RFC 9293 section
  /// 3.10.7.4, RFC 5961 section 5, RFC 7323 section 5.3). One that does not is answered and says nothing.
  private func isAcceptable(
    _ segment: TCPSegment, _ count: Int, _ direction: Direction, now: UInt64
  ) -> Bool {
    let opposite = direction.opposite
    let place = self[direction].place(ofInput: segment.sequence)
    let isKeepAlive = count <= 1 && place == self[direction].acknowledged - 1
    let end = place + count + (segment.flags.contains(.fin) ? 1 : 0)
    guard end >= self[direction].acknowledged || isKeepAlive,
      place <= max(self[direction].announcedEnd, self[direction].received)
    else {
      tally.duplicates += 1
      self[direction].owesAnswer = true
      return false
    }
    let acknowledged = self[opposite].place(ofOutput: segment.acknowledgment)
    guard acknowledged <= self[opposite].outSent,
      acknowledged >= self[opposite].outAcknowledged - max(self[opposite].largestWindow, 65_535)
    else {
      tally.challenges += 1
      challenge(direction, now: now)
      return false
    }
    if count > 0 || segment.flags.contains(.fin), usesTimestamps, let recent = self[direction].recent,
      let timestamp = segment.options.timestamp, now &- recent.at < Self.timestampAge,
      Int32(bitPattern: timestamp.value &- recent.timestamp) < 0
    {
      tally.duplicates += 1
      self[direction].owesAnswer = true
      return false
    }
    return true
  }

  private func noteTimestamp(_ segment: TCPSegment, _ direction: Direction) {
    guard let timestamp = segment.options.timestamp else { return }
    let known = self[direction].timestamp ?? timestamp.value
    if Int32(bitPattern: timestamp.value &- known) >= 0 { self[direction].timestamp = timestamp.value }
  }

  // MARK: The handshake

  /// A SYN passes without octets: a sender that put some into it (RFC 7413) sends them again. It also passes without an
  /// offer of what the proxy cannot keep: congestion marks, which would have to be carried from one stream to the other,
  /// and several paths (RFC 8684), of which it sees one.
  private func receiveSYN(_ segment: TCPSegment, _ direction: Direction, now: UInt64) {
    if isEstablished {
      // RFC 5961 section 4.2: a SYN in the middle is answered, and changes nothing. One that is the old SYN again came
      // late.
      tally.challenges += 1
      challenge(direction, now: now)
      return
    }
    if opener == nil { opener = direction }
    var syn = segment
    syn.flags.subtract(.congestion)
    syn.options.remove(kind: 30)
    self[direction].initialSequence = segment.sequence
    self[direction].offered = syn.options
    self[direction].timestamp = segment.options.timestamp?.value
    // What one end offers holds for what is sent to it.
    let other = direction.opposite
    self[other].segmentSize = max(Int(segment.options.maximumSegment ?? 536), 48)
    self[other].windowEnd = self[other].outAcknowledged + Int(segment.window)
    self[other].largestWindow = Int(segment.window)
    self[other].announcedEnd = self[other].windowEnd
    settleScales()
    relay(syn, [], direction)
  }

  /// Windows are scaled only where both ends offered it (RFC 7323 section 2.2).
  private func settleScales() {
    let scales = (outbound.offered.windowScale, inbound.offered.windowScale)
    inbound.windowScale = scales.1 == nil ? 0 : scales.0 ?? 0
    outbound.windowScale = scales.0 == nil ? 0 : scales.1 ?? 0
  }

  /// Sends a segment on as it is.
  func relay(_ segment: TCPSegment, _ payload: ArraySlice<UInt8>, _ direction: Direction) {
    var header = segment
    header.payload = []
    put(header, payload.isEmpty ? [] : [payload], direction)
  }

  // MARK: Octets

  private func receiveOctets(
    _ segment: TCPSegment, _ payload: ArraySlice<UInt8>, _ direction: Direction, now: UInt64
  ) {
    let place = self[direction].place(ofInput: segment.sequence)
    let end = place + payload.count
    let hasFIN = segment.flags.contains(.fin)
    if payload.count <= 1, place == self[direction].acknowledged - 1, !hasFIN {
      keepAlive(direction)
      return
    }
    if hasFIN, self[direction].finPlace == nil, end >= self[direction].received { self[direction].finPlace = end }
    if segment.flags.contains(.urg) { self[direction].urgentEnd = place + Int(segment.urgent) }
    guard !payload.isEmpty || hasFIN else { return }
    self[direction].owesAcknowledgment = true
    // What lies beyond the window asks for it (RFC 9293 section 3.8.6.1).
    if end > self[direction].announcedEnd { self[direction].owesAnswer = true }
    let isRepeated = place < self[direction].received && repeatPassed(payload, at: place, direction)
    guard end + (hasFIN ? 1 : 0) > self[direction].received else {
      // Octets that went to their receiver again are answered by it.
      guard !isRepeated else { return }
      tally.duplicates += 1
      self[direction].owesAnswer = true
      retryForSender(direction, now: now)
      return
    }
    let before = self[direction].received
    take(payload, at: place, direction)
    self[direction].finish()
    if self[direction].received > before, let timestamp = segment.options.timestamp {
      self[direction].recent = (timestamp.value, now)
    }
    if isPassingThrough { self[direction].pass(self[direction].unread.count, []) }
    self[direction].passFIN()
    holdBack(direction, now: now)
  }

  /// Sees to it that octets of an incomplete message are acknowledged after a while.
  func holdBack(_ direction: Direction, now: UInt64) {
    if self[direction].unread.isEmpty || self[direction].isWaiting {
      self[direction].acknowledgeHeldAt = nil
    } else if self[direction].acknowledgeHeldAt == nil {
      self[direction].acknowledgeHeldAt = now + Self.heldDelay
    }
  }

  /// Takes octets in or out of order, within the limits.
  private func take(_ octets: ArraySlice<UInt8>, at place: Int, _ direction: Direction) {
    var octets = octets
    var place = place
    if place < self[direction].received {
      octets = octets.dropFirst(self[direction].received - place)
      place = self[direction].received
    }
    // Behind its FIN a sender has nothing to say.
    if let finPlace = self[direction].finPlace { octets = octets.prefix(max(0, finPlace - place)) }
    guard !octets.isEmpty else { return }
    let growth = outbound.growth + inbound.growth
    guard bufferedOctets + octets.count <= limits.octets + growth else {
      // What passes through must not be held up by what is held already.
      hasRefused = !isPassingThrough
      return
    }
    guard place == self[direction].received else {
      tally.outOfOrder += 1
      let pieces = limits.pieces + self[direction].growth / 1024
      if !self[direction].early.insert(octets, at: place, limit: pieces) { hasRefused = !isPassingThrough }
      self[direction].newestEarly = place
      // Said at once: the sender finds out what is missing by it (RFC 5681 section 4.2).
      self[direction].owesAnswer = true
      return
    }
    append(octets, direction)
    while let more = self[direction].early.take(from: self[direction].received) { append(more, direction) }
  }

  private func append(_ octets: ArraySlice<UInt8>, _ direction: Direction) {
    self[direction].received += octets.count
    if isPassingThrough, self[direction].unread.isEmpty {
      self[direction].queue.append(octets)
    } else {
      self[direction].unread.append(octets)
    }
  }

  /// A keep-alive (RFC 9293 section 3.8.4) goes to the other end, which answers it; where octets are on their way there,
  /// their acknowledgement is the answer, and the proxy's until then.
  private func keepAlive(_ direction: Direction) {
    guard self[direction].acknowledged == self[direction].received, self[direction].queue.isEmpty else {
      self[direction].owesAnswer = true
      return
    }
    put(header(direction, place: self[direction].outSent - 1), [], direction)
    // The answer has to get through, though it says nothing new.
    self[direction].owesAcknowledgment = false
    self[direction].answersKeepAlive = true
  }
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
