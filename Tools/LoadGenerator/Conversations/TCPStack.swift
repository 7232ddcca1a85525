import WireFormats

/// The TCP connections of all hosts on one side of a lane.
final class TCPStack {
  /// The payload of a full segment: 1500 octets less both headers.
  static let segmentSize = 1_460

  private let side: Side
  private var connections: [TCPConnection?] = []
  private var vacant: [Int] = []
  private var index: [EndpointPair: Int] = [:]
  /// Whether a connection from outside is to be taken, and what it will belong to.
  private let accept: (EndpointPair) -> Int?
  private var nextInitial: UInt32

  init(_ side: Side, accept: @escaping (EndpointPair) -> Int?) {
    self.side = side
    self.accept = accept
    nextInitial = UInt32.random(in: 0...UInt32.max)
  }

  var count: Int { index.count }

  /// The places of all connections.
  var places: [Int] { connections.indices.filter { connections[$0] != nil } }

  /// What a place's connection is, as long as there is one.
  subscript(place: Int) -> TCPConnection? { place < connections.count ? connections[place] : nil }

  /// Opens a connection; nil when there is one between these endpoints.
  func connect(_ pair: EndpointPair, tag: Int) -> Int? {
    guard index[pair] == nil else { return nil }
    let place = add(pair, .synSent, tag: tag)
    transmit(place, [.syn])
    return place
  }

  /// Changes what a connection belongs to.
  func retag(_ place: Int, _ tag: Int) { connections[place]?.tag = tag }

  /// Sends octets, which fit in a segment, and whatever acknowledgment is owed.
  func send(_ place: Int, _ octets: [UInt8]) {
    guard let connection = self[place], !connection.hasSentFIN else { return }
    precondition(octets.count <= Self.segmentSize)
    let frame = side.room(FrameWriter.tcpPayload + octets.count)
    for (index, octet) in octets.enumerated() { frame.store8(octet, at: FrameWriter.tcpPayload + index) }
    finish(frame, place, [.ack], length: octets.count)
  }

  /// Sends a probe with zeros behind it, `length` octets together: as a super-frame where that is longer than a segment.
  /// For this nothing but probes may ever be sent on this side: the frames' memory is zeros behind them.
  func send(_ place: Int, _ probe: Probe, length: Int) {
    guard let connection = self[place], !connection.hasSentFIN else { return }
    let frame = side.room(FrameWriter.tcpPayload + length)
    probe.write(to: frame, at: FrameWriter.tcpPayload)
    finish(frame, place, [.ack], length: length, zerosFrom: FrameWriter.tcpPayload + Probe.size)
  }

  /// Sends every acknowledgment that is owed.
  func acknowledgeAll() {
    for place in connections.indices where connections[place]?.owesAcknowledgment == true { transmit(place, [.ack]) }
  }

  /// Sends what has to be sent again from `sequence` on.
  func rewind(_ place: Int, to sequence: UInt32) { connections[place]?.sendNext = sequence }

  /// Ends our direction.
  func close(_ place: Int) {
    guard let connection = self[place], !connection.hasSentFIN else { return }
    connections[place]?.hasSentFIN = true
    transmit(place, [.fin, .ack])
  }

  /// Breaks a connection and forgets it.
  func abort(_ place: Int) {
    guard self[place] != nil else { return }
    transmit(place, [.rst, .ack])
    remove(place)
  }

  /// Breaks every connection.
  func abortAll() {
    for place in places { abort(place) }
  }

  /// Forgets every connection, without a word to their peers.
  func forgetAll() {
    for place in places { remove(place) }
  }

  /// Takes a segment; nil when it belongs to no connection and begins none that is accepted.
  func arrived(_ packet: Arrival) -> TCPEvent? {
    let flags = packet.flags
    guard let place = index[packet.pair] else {
      guard flags.contains(.syn), !flags.contains(.ack), let tag = accept(packet.pair) else {
        refuse(packet)
        return nil
      }
      let place = add(packet.pair, .synReceived, tag: tag)
      connections[place]?.receiveNext = packet.sequence &+ 1
      connections[place]?.peerShift = packet.windowShift ?? 0
      connections[place]?.sendWindow = UInt32(packet.window)
      transmit(place, [.syn, .ack])
      return TCPEvent(connection: place, tag: tag)
    }
    guard var connection = connections[place] else { preconditionFailure("a place without a connection") }
    if connection.state == .synSent, !flags.contains(.rst), packet.acknowledgment != connection.sendNext {
      // The other end remembers a connection that is long over: told so, it makes room.
      refuse(packet)
      return TCPEvent(connection: place, tag: connection.tag, isDuplicate: true)
    }
    var event = TCPEvent(connection: place, tag: connection.tag)
    if flags.contains(.rst) {
      event.reset = true
      remove(place)
      return event
    }
    Self.advance(&connection, packet, flags, &event)
    connections[place] = connection
    return event
  }

  /// Sends the acknowledgment that is still owed after the profile has had its turn, and forgets what is over.
  func settle(_ event: inout TCPEvent) {
    guard let connection = self[event.connection] else { return }
    if connection.owesAcknowledgment { transmit(event.connection, [.ack]) }
    if connection.isOver {
      event.closed = true
      remove(event.connection)
    }
  }

  private static func advance(
    _ connection: inout TCPConnection, _ packet: Arrival, _ flags: TCPFlags, _ event: inout TCPEvent
  ) {
    if flags.contains(.syn) {
      guard connection.state == .synSent, flags.contains(.ack) else {
        connection.owesAcknowledgment = connection.state == .established
        return
      }
      connection.receiveNext = packet.sequence &+ 1
      connection.peerShift = packet.windowShift ?? 0
      connection.owesAcknowledgment = true
    }
    // The window of a handshake's segment is never shifted (RFC 7323 section 2.2).
    connection.sendWindow = UInt32(packet.window) << (flags.contains(.syn) ? 0 : UInt32(connection.peerShift))
    if flags.contains(.ack) {
      let acknowledged = packet.acknowledgment &- connection.sendUnacknowledged
      if acknowledged > 0, acknowledged <= connection.sendHighest &- connection.sendUnacknowledged {
        // What is sent again from here on was there already.
        if acknowledged > connection.inFlight { connection.sendNext = packet.acknowledgment }
        connection.sendUnacknowledged = packet.acknowledgment
        event.acknowledged = acknowledged
        if connection.state != .established {
          connection.state = .established
          event.opened = true
        }
      }
    }
    let length = packet.payload.count
    guard length > 0 || flags.contains(.fin) else {
      event.isDuplicate = event.acknowledged == 0 && !event.opened
      return
    }
    // What is not the very next is asked for again, by acknowledging what has come.
    connection.owesAcknowledgment = true
    guard packet.sequence == connection.receiveNext, !connection.hasReceivedFIN else {
      event.isDuplicate = true
      return
    }
    connection.receiveNext &+= UInt32(length)
    event.payload = packet.payload
    if flags.contains(.fin) {
      connection.receiveNext &+= 1
      connection.hasReceivedFIN = true
      event.finished = true
    }
  }

  /// Says that there is no such connection (RFC 9293 section 3.10.7.1).
  private func refuse(_ packet: Arrival) {
    let flags = packet.flags
    guard !flags.contains(.rst) else { return }
    let taken = UInt32(packet.payload.count) &+ (flags.contains(.syn) ? 1 : 0) &+ (flags.contains(.fin) ? 1 : 0)
    let numbers =
      flags.contains(.ack)
      ? SegmentNumbers(sequence: packet.acknowledgment, acknowledgment: 0, flags: .rst)
      : SegmentNumbers(sequence: 0, acknowledgment: packet.sequence &+ taken, flags: [.rst, .ack])
    FrameWriter.finishTCP(side.room(FrameWriter.tcpPayload), side.link, packet.pair, numbers)
  }

  private func add(_ pair: EndpointPair, _ state: TCPConnection.State, tag: Int) -> Int {
    nextInitial &+= 0x0001_0001
    let connection = TCPConnection(
      pair: pair, state: state, tag: tag, sendNext: nextInitial, sendUnacknowledged: nextInitial,
      sendHighest: nextInitial)
    let place = vacant.popLast() ?? connections.count
    if place == connections.count { connections.append(connection) } else { connections[place] = connection }
    index[pair] = place
    return place
  }

  private func remove(_ place: Int) {
    guard let connection = connections[place] else { return }
    index[connection.pair] = nil
    connections[place] = nil
    vacant.append(place)
  }

  /// Sends a segment without payload.
  private func transmit(_ place: Int, _ flags: TCPFlags) {
    let options = flags.contains(.syn) ? FrameWriter.handshakeOptions : 0
    finish(side.room(FrameWriter.tcpPayload + options), place, flags, length: 0)
  }

  private func finish(
    _ frame: PacketOctets, _ place: Int, _ flags: TCPFlags, length: Int, zerosFrom zeros: Int = .max
  ) {
    guard let connection = connections[place] else { preconditionFailure("no connection to send on") }
    let isSuper = length > Self.segmentSize
    FrameWriter.finishTCP(
      frame, side.link, connection.pair,
      SegmentNumbers(sequence: connection.sendNext, acknowledgment: connection.receiveNext, flags: flags),
      partial: isSuper, zerosFrom: zeros)
    if isSuper { side.markSuperFrame(segmentSize: Self.segmentSize, headerLength: FrameWriter.tcpPayload) }
    let next = connection.sendNext &+ UInt32(length) &+ (flags.contains(.syn) || flags.contains(.fin) ? 1 : 0)
    connections[place]?.sendNext = next
    if Int32(bitPattern: next &- connection.sendHighest) > 0 { connections[place]?.sendHighest = next }
    connections[place]?.owesAcknowledgment = false
  }
}
