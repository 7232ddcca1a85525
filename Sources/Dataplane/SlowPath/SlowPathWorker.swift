import CKernel
import Forwarding
import Gateways
import Glibc
import Translation
import WireFormats

/// Everything that one slow path needs to know of the gateway.
struct SlowPathPlan: Sendable {
  /// 0 to the number of slow paths minus 1.
  var index: Int
  var workers: Int
  var slowPaths: Int
  var memory: FrameMemory
  var rings: [HandoverRing]
  var returns: [HandoverRing]
  /// Of the workers.
  var wakes: [WakeDescriptor]
  var interfaces: [NetworkInterface]
  var settings: EngineSettings

  var parties: Int { workers + slowPaths }
  /// Its place among the workers and slow paths.
  var party: Int { workers + index }
}

/// The thread that the packets of gateways' sessions come to: it copies them out of the workers' buffers, gives them to
/// the engine, and sends what the engine makes back to the workers that own the sessions, in buffers of its own.
///
/// It may allocate, and it may wait; a worker never waits for it. When its buffers or a ring are used up, it takes no more
/// in until there is room again, and the ring that fills up meanwhile is where a flood ends.
struct SlowPathWorker: ~Copyable {
  let plan: SlowPathPlan
  let handle: SlowPathHandle
  let memory: FrameMemory
  var engine: GatewayEngine
  private var pool: BufferPool
  /// What there was no room for.
  var unsent: EngineOutput?
  /// The number of a session that has ended, until the second word comes, for each worker.
  private var endedNumbers: [UInt32?]
  private var words: [UInt64] = Array(repeating: 0, count: 64)

  init(_ plan: SlowPathPlan, handle: SlowPathHandle, addresses: any AddressBook) {
    self.plan = plan
    self.handle = handle
    memory = plan.memory
    engine = GatewayEngine(plan.settings, addresses: addresses, counters: handle.counters, ledger: handle.ledger)
    pool = BufferPool(worker: plan.party, count: plan.memory.buffersPerPool)
    endedNumbers = Array(repeating: nil, count: plan.workers)
  }

  /// The loop: until `stop` says so.
  mutating func run(until stop: () -> Bool) {
    while !stop() {
      if turn(at: monotonicNanoseconds() / 1000) == 0 { sleep() }
    }
    handle.close(&engine)
  }

  /// One turn: what has come, what is due, what is to be sent. Returns how much there was.
  mutating func turn(at now: UInt64) -> Int {
    takeReturned()
    var work = 0
    // While the last output waits for room, nothing more is taken in.
    if send() {
      for worker in 0..<plan.workers { work += take(from: worker, now: now) }
      if let deadline = engine.deadline, deadline <= now {
        engine.turn(now: now)
        work += 1
      }
      if !handle.isEmpty {
        handle.answerOne(&engine)
        work += 1
      }
      _ = send()
    }
    publish()
    return work
  }

  /// Buffers of its own that are nowhere on their way.
  var freeBuffers: Int { pool.count }

  // MARK: In

  func ring(from: Int, to: Int) -> HandoverRing { plan.rings[from * plan.parties + to] }

  private mutating func takeReturned() {
    for worker in 0..<plan.workers {
      let ring = plan.returns[worker * plan.parties + plan.party]
      while true {
        let count = unsafe words.withUnsafeMutableBufferPointer { unsafe ring.take(into: $0) }
        for word in words.prefix(count) { pool.put(BufferID(rawValue: UInt32(truncatingIfNeeded: word))) }
        if count < words.count { break }
      }
    }
  }

  /// Takes a burst of a worker's; returns its size.
  private mutating func take(from worker: Int, now: UInt64) -> Int {
    let ring = ring(from: worker, to: plan.party)
    let count = unsafe words.withUnsafeMutableBufferPointer { unsafe ring.take(into: $0) }
    for index in 0..<count {
      let word = words[index]
      if let number = endedNumbers[worker] {
        endedNumbers[worker] = nil
        engine.ended(
          SessionID(worker: UInt8(worker), number: number, created: UInt32(truncatingIfNeeded: word)))
      } else if word & Frame.ended != 0 {
        endedNumbers[worker] = UInt32(truncatingIfNeeded: word)
      } else if word & Frame.order != 0 {
        let buffer = BufferID(rawValue: UInt32(truncatingIfNeeded: word))
        let (number, answer) = memory.answer(in: buffer)
        pool.put(buffer)
        engine.answered(number, answer, now: now)
      } else {
        receive(Frame(handoverWord: word), from: worker, now: now)
      }
      // What a message brought about goes out before the next is read, so that doors are asked for in time.
      _ = send()
    }
    engine.flush(now: now)
    _ = send()
    return count
  }

  /// Copies a packet out of its buffer, gives that back, and lets the engine have it; unless it can pass where it lies.
  private mutating func receive(_ frame: Frame, from worker: Int, now: UInt64) {
    let annotation = FrameAnnotation(memory.octets(of: frame.buffer))
    guard let arriving = ArrivingPacket(frame, annotation, memory, interface(annotation.ingress)) else {
      giveBack(frame.buffer)
      handle.counters.add(to: .discarded)
      return
    }
    if arriving.isIPv6 {
      receiveIPv6(frame, annotation, arriving, from: worker, now: now)
      return
    }
    let session = memory.session(of: frame.buffer)
    if pass(frame, annotation, arriving, session.id, now: now) { return }
    let packet = InspectedPacket(
      octets: arriving.octets.copied, session: session, direction: arriving.direction, arrival: arriving.arrival,
      segmentSize: arriving.segmentSize, hasPartialChecksum: arriving.hasPartialChecksum)
    giveBack(frame.buffer)
    engine.receive(packet, more: true, now: now)
  }

  /// Sends a packet that the engine only gave other numbers back in the buffer that it came in, which goes home when the
  /// worker has sent it.
  mutating func pass(
    _ frame: Frame, _ annotation: FrameAnnotation, _ arriving: ArrivingPacket, _ session: SessionID, now: UInt64
  ) -> Bool {
    guard unsent == nil, Int(session.worker) < plan.workers else { return false }
    let ring = ring(from: plan.party, to: Int(session.worker))
    guard ring.hasRoom,
      engine.pass(
        arriving.octets, of: session, arriving.direction, arriving.arrival, segmentSize: arriving.segmentSize,
        hasPartialChecksum: arriving.hasPartialChecksum, now: now)
    else { return false }
    sendBack(frame, annotation, by: ring)
    return true
  }

  /// Sends a frame on in its own buffer, by a ring with room.
  func sendBack(_ frame: Frame, _ annotation: FrameAnnotation, by ring: HandoverRing) {
    let passage = annotation.passage.intersection(.hairpin).union(.inspected)
    FrameAnnotation(ingress: annotation.ingress, passage: passage).write(to: memory.octets(of: frame.buffer))
    precondition(ring.stage(frame.handoverWord | Frame.annotated), "there was room")
  }

  func interface(_ id: InterfaceID) -> NetworkInterface? {
    let place = Int(id.rawValue)
    if place < plan.interfaces.count, plan.interfaces[place].id == id { return plan.interfaces[place] }
    return plan.interfaces.first { $0.id == id }
  }

  func giveBack(_ buffer: BufferID) {
    let isRoom = plan.returns[plan.party * plan.parties + buffer.worker].stage(UInt64(buffer.rawValue))
    precondition(isRoom, "the return ring has a place for every buffer of the pool")
  }

  // MARK: Out

  /// Sends what the engine has made; false when there is no room for all of it.
  private mutating func send() -> Bool {
    while let output = unsent ?? engine.takeOutput() {
      guard send(output) else {
        unsent = output
        return false
      }
      unsent = nil
    }
    return true
  }

  private mutating func send(_ output: EngineOutput) -> Bool {
    let worker =
      switch output {
      case .packet(let packet): Int(packet.session.worker)
      case .order(_, let worker, let order):
        order.thirdParty.map { Ownership.worker(ofInside: $0.host, in: $0.instance, of: plan.workers) } ?? Int(worker)
      }
    guard worker < plan.workers else { return true }
    let ring = ring(from: plan.party, to: worker)
    guard ring.room() > 0, let buffer = pool.take() else { return false }
    let word: UInt64?
    switch output {
    case .packet(let packet): word = write(packet, to: buffer)
    case .order(let number, _, let order):
      memory.write(order, number: number, to: buffer)
      word = UInt64(buffer.rawValue) | Frame.order
    }
    guard let word, ring.stage(word) else {
      pool.put(buffer)
      handle.counters.add(to: .discarded)
      return true
    }
    return true
  }

  /// Writes a packet as a frame that arrives at its interface; nil when it is larger than a buffer.
  private mutating func write(_ packet: EnginePacket, to buffer: BufferID) -> UInt64? {
    let network = Ethernet.headerLength
    let length = VirtioHeader.size + network + packet.count
    guard FrameMemory.readOffset + length + FrameMemory.slack <= memory.bufferOctets,
      let interface = interface(packet.arrival.ingress)
    else { return nil }
    let frame = Frame(
      buffer: buffer, start: UInt16(FrameMemory.readOffset), device: UInt8(interface.device), length: UInt32(length))
    let header = memory.header(of: frame)
    for offset in 0..<VirtioHeader.size { header.store8(0, at: offset) }
    let octets = memory.octets(of: frame)
    octets.store(.zero, at: Ethernet.destination)
    octets.store(.zero, at: Ethernet.source)
    let isIPv6 = packet.beginning.first.map { $0 >> 4 == 6 } ?? false
    octets.store16(isIPv6 ? Ethernet.typeIPv6 : Ethernet.typeIPv4, at: Ethernet.type)
    octets.suffix(from: network).store(packet.beginning)
    var end = network + packet.beginning.count
    for piece in packet.pieces {
      octets.suffix(from: end).store(piece)
      end += piece.count
    }
    if packet.segmentSize > 0 {
      guard describeSegments(packet, in: header, octets.prefix(end)) else { return nil }
    }
    let passage = Packet.Passage(rawValue: packet.arrival.passage).union(.inspected)
    FrameAnnotation(ingress: packet.arrival.ingress, passage: passage).write(to: memory.octets(of: buffer))
    return frame.handoverWord | Frame.annotated
  }

  /// Says in the virtio header how a super-frame is to be cut (virtio 1.2 section 5.1.6.2); false when it is none.
  private func describeSegments(_ packet: EnginePacket, in header: PacketOctets, _ octets: PacketOctets) -> Bool {
    let network = Ethernet.headerLength
    let isIPv6 = octets.load8(at: network) >> 4 == 6
    let transport: Int
    if isIPv6 {
      guard let upper = IPv6Header(octets, at: network)?.upperLayer(in: octets) else { return false }
      transport = upper.offset
    } else {
      transport = network + Int(octets.load8(at: network) & 15) * 4
    }
    guard transport + TCPField.minimumLength <= octets.count else { return false }
    let end = transport + Int(octets.load8(at: transport + TCPField.dataOffset) >> 4) * 4
    header.store8(VirtioHeader.needsChecksum, at: VirtioHeader.flags)
    header.store8(isIPv6 ? VirtioHeader.gsoTCPv6 : VirtioHeader.gsoTCPv4, at: VirtioHeader.gsoType)
    header.store16(UInt16(end).byteSwapped, at: VirtioHeader.headerLength)
    header.store16(packet.segmentSize.byteSwapped, at: VirtioHeader.gsoSize)
    header.store16(UInt16(transport).byteSwapped, at: VirtioHeader.checksumStart)
    header.store16(UInt16(TCPField.checksum).byteSwapped, at: VirtioHeader.checksumOffset)
    return true
  }

  /// Makes what was staged visible to the workers, and wakes those that sleep.
  private func publish() {
    for worker in 0..<plan.workers {
      let frames = ring(from: plan.party, to: worker).publish()
      let buffers = plan.returns[plan.party * plan.parties + worker].publish()
      if frames || buffers { plan.wakes[worker].wakeIfAsleep() }
    }
  }

  // MARK: Rest

  private var hasArrivals: Bool {
    (0..<plan.workers).contains { worker in
      !ring(from: worker, to: plan.party).isEmpty || !plan.returns[worker * plan.parties + plan.party].isEmpty
    }
  }

  /// Sleeps until something comes or is due.
  private mutating func sleep() {
    handle.wake.prepareToSleep()
    defer { handle.wake.awake() }
    guard !hasArrivals, handle.isEmpty else { return }
    let now = monotonicNanoseconds() / 1000
    // What waits for room is tried again soon.
    var patience: UInt64 = unsent == nil ? Self.longestSleep : 1000
    if let deadline = engine.deadline { patience = min(patience, deadline > now ? deadline - now : 0) }
    guard patience > 0 else { return }
    var descriptor = pollfd(fd: handle.wake.descriptor, events: Int16(POLLIN), revents: 0)
    if unsafe poll(&descriptor, 1, Int32((patience + 999) / 1000)) > 0 { handle.wake.clear() }
  }

  /// Microseconds after which it looks even if nobody has woken it.
  private static var longestSleep: UInt64 { 500_000 }
}
