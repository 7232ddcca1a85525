package import Translation
import WireFormats

/// A TCP connection that goes through the gateway as octet streams: segments of both ends in, octets in order for whoever
/// reads and edits them, segments for both ends out.
///
/// The handshake passes from end to end, so sequence numbers, window scale, timestamps and selective acknowledgement are
/// what the two ends agree on; the proxy keeps to it. Numbers differ behind it by what the edits have added. An octet is
/// acknowledged to its sender when its receiver has acknowledged it, so that nothing is lost that the sender believes
/// delivered if the proxy goes away; only octets of a message that is not complete, which nobody else can acknowledge, are
/// acknowledged on its own account.
///
/// The pipes of the two directions have a place of their own in memory, since their fields are read and written one by one
/// for each segment: as objects they would be counted and their accesses looked up at every field, as parts of a value
/// copied. So has what is asked of the whole connection for each segment. Invariant: `pipes` is two initialized pipes,
/// outbound and inbound, and `standing` one initialized standing, for as long as the connection lives.
@safe package final class VirtualConnection {
  private let pipes: UnsafeMutablePointer<Pipe>
  private let standing: UnsafeMutablePointer<Standing>
  var outgoing: [OutgoingSegment] = []
  private var nextOutgoing = 0
  var tally = StreamTally()
  /// Whether octets had to be refused because the limit was reached.
  var hasRefused = false
  /// Challenges in the second that began then.
  var challenges = 0
  var challengesSince: UInt64 = 0
  /// Who opened it; nil before the first SYN.
  var opener: Direction?

  /// How the connection stands.
  private struct Standing: BitwiseCopyable {
    var limits: StreamLimits
    var isEstablished = false
    var isReset = false
    var isPassingThrough = false
    var wantsRoom = false
  }

  package init(limits: StreamLimits = StreamLimits()) {
    unsafe pipes = .allocate(capacity: 2)
    unsafe pipes.initialize(repeating: Pipe(), count: 2)
    unsafe standing = .allocate(capacity: 1)
    unsafe standing.initialize(to: Standing(limits: limits))
  }

  deinit {
    unsafe pipes.deinitialize(count: 2)
    unsafe pipes.deallocate()
    unsafe standing.deallocate()
  }

  var limits: StreamLimits { unsafe standing.pointee.limits }

  /// Whether both SYNs were seen and acknowledged.
  package internal(set) var isEstablished: Bool {
    get { unsafe standing.pointee.isEstablished }
    set { unsafe standing.pointee.isEstablished = newValue }
  }

  /// Whether a reset ended it.
  package internal(set) var isReset: Bool {
    get { unsafe standing.pointee.isReset }
    set { unsafe standing.pointee.isReset = newValue }
  }

  /// Whether everything passes as it is.
  package internal(set) var isPassingThrough: Bool {
    get { unsafe standing.pointee.isPassingThrough }
    set { unsafe standing.pointee.isPassingThrough = newValue }
  }

  /// Whether a stream goes faster than its sender may send for want of room.
  package internal(set) var wantsRoom: Bool {
    get { unsafe standing.pointee.wantsRoom }
    set { unsafe standing.pointee.wantsRoom = newValue }
  }

  @inline(__always)
  subscript(direction: Direction) -> Pipe {
    unsafeAddress { unsafe UnsafePointer(direction.isOutbound ? pipes : pipes + 1) }
    unsafeMutableAddress { unsafe direction.isOutbound ? pipes : pipes + 1 }
  }

  /// From inside to outside.
  @inline(__always)
  var outbound: Pipe {
    unsafeAddress { unsafe UnsafePointer(pipes) }
    unsafeMutableAddress { unsafe pipes }
  }

  /// From outside to inside.
  @inline(__always)
  var inbound: Pipe {
    unsafeAddress { unsafe UnsafePointer(pipes + 1) }
    unsafeMutableAddress { unsafe pipes + 1 }
  }

  // MARK: What it is

  /// How far the streams differ behind the gateway.
  package var shift: SequenceShift {
    SequenceShift(
      outbound: Int32(clamping: outbound.map.shift), inbound: Int32(clamping: inbound.map.shift))
  }

  /// Whether nothing is held, and a constant shift describes it.
  package var isQuiet: Bool { isReset || outbound.isQuiet && inbound.isQuiet }

  /// Whether it could go on without the proxy from here: a constant shift describes all that is under way, and whatever is
  /// lost of it, its sender still has.
  package var isTransparent: Bool { isReset || outbound.isTransparent && inbound.isTransparent }

  /// Whether a constant shift describes what is not acknowledged yet.
  package var hasConstantShift: Bool { outbound.map.isSettled && inbound.map.isSettled }

  /// Whether both ends have ended their streams, or a reset has ended both.
  package var isClosed: Bool { isReset || outbound.isFinished && inbound.isFinished }

  /// Whether the SYN of a direction had this sequence number.
  package func began(with sequence: UInt32, _ direction: Direction) -> Bool {
    self[direction].initialSequence == sequence
  }

  /// Whether the limit was reached: octets had to be refused, or what is unread has no room for its end. Means something
  /// once everything has been read that can be: a hole that is filled makes much unread at once.
  package var overflowed: Bool {
    guard !isPassingThrough else { return false }
    return hasRefused || fillsUp(.outbound) || fillsUp(.inbound)
  }

  private func fillsUp(_ direction: Direction) -> Bool {
    !self[direction].isWaiting && self[direction].unread.count >= limits.ofDirection
  }

  /// Octets that are held.
  package var bufferedOctets: Int { outbound.held + inbound.held }

  /// When `turn` is due; never after a reset.
  package var deadline: UInt64? {
    guard !isReset else { return nil }
    let earliest = min(outbound.deadline, inbound.deadline)
    return earliest == .max ? nil : earliest
  }

  // MARK: Reading and passing on

  /// Octets in order that were not passed on.
  package func unreadCount(_ direction: Direction) -> Int { self[direction].unread.count }

  /// How many of them lie in one piece, from the first on.
  package func frontCount(_ direction: Direction) -> Int { self[direction].unread.front.count }

  /// Puts more of them into that piece; false when all are there.
  package func gather(_ direction: Direction) -> Bool { self[direction].unread.gather() }

  /// The first unread octets, as many as lie in one piece.
  package func withUnread<Result>(_ direction: Direction, _ body: (Span<UInt8>) -> Result) -> Result {
    let front = self[direction].unread.front
    return body(front.span)
  }

  /// Whether the sender has ended its stream behind the unread octets.
  package func hasEnded(_ direction: Direction) -> Bool { self[direction].hasFIN }

  /// Passes the first unread octets on, with edits in ascending order. Where `more` follow at once, nothing is sent before
  /// those.
  package func pass(_ count: Int, edits: [StreamEdit], _ direction: Direction, more: Bool = false, now: UInt64) {
    precondition(count >= 0 && count <= self[direction].unread.count)
    self[direction].pass(count, edits)
    holdBack(direction, now: now)
    if !more { flush(now: now) }
  }

  /// Says whether the unread octets are a complete message that waits for something: it is not acknowledged meanwhile.
  package func wait(_ isWaiting: Bool, _ direction: Direction, now: UInt64) {
    self[direction].isWaiting = isWaiting
    holdBack(direction, now: now)
  }

  /// Passes a message on as nothing at all.
  package func discard(_ count: Int, _ direction: Direction, now: UInt64) {
    pass(count, edits: [StreamEdit(range: 0..<count, octets: [])], direction, now: now)
  }

  /// Passes everything on as it is from now on, and what is unread first.
  package func passEverything(now: UInt64) {
    isPassingThrough = true
    hasRefused = false
    for direction in [Direction.outbound, .inbound] {
      self[direction].isWaiting = false
      self[direction].pass(self[direction].unread.count, [])
      holdBack(direction, now: now)
    }
    flush(now: now)
  }

  /// Says by what way segments of a direction leave, and how long their network header is: 20 octets for IPv4, 40 for
  /// IPv6.
  package func setPath(_ direction: Direction, mtu: Int, networkHeader: Int, superFrames: Bool) {
    self[direction].path.superFrames = superFrames
    self[direction].path.networkHeader = networkHeader
    self[direction].path.mtu = min(mtu, self[direction].path.learntMTU ?? mtu)
  }

  /// Takes a smaller MTU of the way of a direction (RFC 1191), and sends again what was too large for it.
  package func reduceSegmentSize(_ direction: Direction, to mtu: Int, now: UInt64) {
    guard mtu < self[direction].path.mtu, isEstablished else { return }
    // RFC 791 section 3.2: every way takes 68 octets.
    self[direction].path.learntMTU = max(mtu, 68)
    self[direction].path.mtu = max(mtu, 68)
    resendFirst(direction, now: now)
  }

  // MARK: Room

  /// Octets of a direction that its sender may be invited to send, unread ones and those on their way to the receiver.
  @inline(__always)
  func room(_ direction: Direction) -> Int { limits.ofDirection + self[direction].growth }

  /// Gives a stream more room where it fills what it has, which is then what its rate is bound by: twice as much, up to sixteen
  /// times the limit. A message that is incomplete must still fit into the limit.
  ///
  /// - Parameter grant: whether so many octets more may be held.
  package func grow(_ grant: (Int) -> Bool) {
    wantsRoom = false
    for direction in [Direction.outbound, .inbound] where self[direction].isCramped {
      self[direction].isCramped = false
      let more = min(room(direction), limits.growth - self[direction].growth)
      if more > 0, grant(more) { self[direction].growth += more }
    }
  }

  // MARK: Out

  /// The oldest segment that is to be sent.
  package func takeOutgoing() -> OutgoingSegment? {
    guard nextOutgoing < outgoing.count else {
      // An idle connection keeps room for two segments only.
      if !outgoing.isEmpty { outgoing.removeAll(keepingCapacity: outgoing.capacity <= 2) }
      nextOutgoing = 0
      return nil
    }
    defer { nextOutgoing += 1 }
    return outgoing[nextOutgoing]
  }

  /// Gives everything that is to be sent away, the oldest first.
  package func drain(_ body: (OutgoingSegment) -> Void) {
    for index in nextOutgoing..<outgoing.count { body(outgoing[index]) }
    if !outgoing.isEmpty { outgoing.removeAll(keepingCapacity: outgoing.capacity <= 2) }
    nextOutgoing = 0
  }

  /// What was counted since the last call.
  package func takeTally() -> StreamTally {
    defer { tally = StreamTally() }
    return tally
  }

  // MARK: Numbers, for messages about segments

  /// The sequence number that the receiver knows for the sender's.
  package func map(sequence: UInt32, _ direction: Direction) -> UInt32 {
    let pipe = self[direction]
    return pipe.sequence(of: pipe.map.output(ofInput: pipe.place(ofInput: sequence)))
  }

  /// The sender's sequence number for one that the receiver knows.
  package func unmap(sequence: UInt32, _ direction: Direction) -> UInt32 {
    let pipe = self[direction]
    return pipe.sequence(of: pipe.map.input(ofOutput: pipe.place(ofOutput: sequence)))
  }
}

extension Pipe {
  /// Moves the first unread octets to the queue for the receiver, edited.
  mutating func pass(_ count: Int, _ edits: [StreamEdit]) {
    var from = 0
    let start = unreadStart
    for edit in edits {
      precondition(edit.range.lowerBound >= from && edit.range.upperBound <= count, "an edit out of order or range")
      unread.copy(from..<edit.range.lowerBound, to: &queue)
      let output = queueEnd
      queue.append(edit.octets[...])
      map.add(
        input: start + edit.range.lowerBound..<start + edit.range.upperBound,
        output: output..<output + edit.octets.count)
      from = edit.range.upperBound
    }
    unread.copy(from..<count, to: &queue)
    unread.removeFirst(count)
    // What was replaced by nothing needs no acknowledgement of its own.
    map.settle(upTo: outAcknowledged)
    passFIN()
  }

  /// When the first of what is due is due.
  var deadline: UInt64 { min(retransmitAt ?? .max, probeAt ?? .max, acknowledgeHeldAt ?? .max) }

  /// Passes the FIN on when all before it has been passed.
  mutating func passFIN() {
    guard hasFIN, unread.isEmpty, !passedFIN else { return }
    outFIN = queueEnd
    passedFIN = true
  }
}
