import Forwarding
import Translation
import WireFormats

extension Worker where IO: ~Copyable {
  /// Takes what the engine has finished: frames go to the burst, buffers back to their pools. Returns the number of
  /// frames.
  mutating func harvest() -> Int {
    var received = 0
    while true {
      let count = unsafe io.harvest(into: completions)
      for index in 0..<count {
        let completion = unsafe completions[index]
        let token = Token(rawValue: completion.token)
        switch token.kind {
        case .read, .tryRead: received += endRead(token, completion)
        case .write:
          if completion.result < 0 { handle.counters.count(.transmitFailed) }
          release(token.buffer)
        case .wake:
          handle.wake.clear()
          io.watch(descriptor: handle.wake.descriptor, token: Token(.wake).rawValue)
        case nil: break
        }
      }
      if unsafe count < completions.count { break }
    }
    if received > 0 {
      handle.load.add(to: .bursts)
      handle.load.add(received, to: .frames)
    }
    return received
  }

  /// Puts a buffer back to the pool that it is from.
  mutating func release(_ buffer: BufferID) {
    if buffer.worker == plan.index {
      pool.put(buffer)
    } else if !plan.returns[plan.index * plan.parties + buffer.worker].stage(UInt64(buffer.rawValue)) {
      // The ring has a place for every buffer of the pool, so this cannot be.
      preconditionFailure("the return ring to worker \(buffer.worker) is full")
    }
  }

  /// Classifies a frame: a packet joins the burst; ARP and what is not ours end here.
  mutating func addFrame(_ received: Frame, handedOver: Bool) {
    var frame = received
    guard frame.length >= UInt32(VirtioHeader.size + Ethernet.headerLength) else {
      drop(frame, .frameTooShort)
      return
    }
    let octets = memory.octets(of: frame)
    var type = octets.load16(at: Ethernet.type)
    var network = Ethernet.headerLength
    var interface = links.interface(of: frame.device)
    if type == Ethernet.typeVLAN {
      guard octets.count >= Ethernet.headerLength + Ethernet.tagLength else {
        drop(frame, .frameTooShort)
        return
      }
      network += Ethernet.tagLength
      let vlan = octets.load16(at: Ethernet.type + 2) & 0xFFF
      // Identifier 0 only carries a priority; the frame is an untagged one (IEEE 802.1Q section 6.9).
      if vlan != 0 { interface = links.interface(of: frame.device, vlan: vlan) }
      type = octets.load16(at: Ethernet.type + Ethernet.tagLength)
    }
    guard let interface else {
      drop(frame, .unknownVLAN)
      return
    }
    frame.ingress = interface
    if !handedOver {
      handle.traffic.count(.receivedPackets, on: interface, octets: octets.count)
      if captured != 0 { capture(octets, interface, .received) }
    }
    let target = octets.macAddress(at: Ethernet.destination)
    guard type == Ethernet.typeIPv4, target == links[interface].hardwareAddress else {
      sideDoor(frame, octets, type: type, network: network, target: target)
      return
    }
    join(frame, octets, network: network, passage: handedOver ? .handedOver : [])
  }

  /// Puts an IPv4 packet into the burst.
  @inline(__always)
  mutating func join(_ frame: Frame, _ octets: PacketOctets, network: Int, passage: Packet.Passage) {
    let header = memory.header(of: frame)
    let offload = FrameOffload(
      partialChecksum: header.load8(at: VirtioHeader.flags) & VirtioHeader.needsChecksum != 0,
      segmentSize: header.load8(at: VirtioHeader.gsoType) == VirtioHeader.gsoNone
        ? 0 : header.load16(at: VirtioHeader.gsoSize).byteSwapped)
    unsafe frames[frameCount] = frame
    unsafe packets[frameCount].arrive(
      octets, networkOffset: network, ingress: frame.ingress, offload: offload, passage: passage)
    frameCount += 1
    if frameCount == plan.burst { flushBurst() }
  }

  /// What is not an IPv4 packet for the gateway's own Ethernet address.
  @inline(never)
  private mutating func sideDoor(
    _ frame: Frame, _ octets: PacketOctets, type: UInt16, network: Int, target: MACAddress
  ) {
    let isOurs = target == links[frame.ingress].hardwareAddress
    switch type {
    case Ethernet.typeARP where isOurs || target == .broadcast: receiveARP(frame, octets, network)
    case Ethernet.typeIPv6: receiveIPv6(frame, octets, network, isOurs: isOurs)
    case _ where !isOurs: drop(frame, target.isGroup ? .multicast : .notOurEthernetAddress)
    default: drop(frame, .unsupportedEtherType)
    }
  }

  /// Translates the burst and does what its verdicts say.
  mutating func flushBurst() {
    let count = frameCount
    frameCount = 0
    var burst = unsafe UnsafeMutableBufferPointer(rebasing: packets[0..<count]).mutableSpan
    translator.process(&burst, now: now)
    // Whose neighbours have answered meanwhile came before all of these.
    if waiting.count > 0 { sendWaiting() }
    for index in 0..<count { execute(unsafe frames[index], unsafe packets[index]) }
    if translator.hasFragments { takeFragments() }
  }

  /// Counts the reason and frees the buffer: dropping, explaining and counting are one act.
  mutating func drop(_ frame: Frame, _ reason: DropReason) {
    handle.counters.count(reason)
    release(frame.buffer)
  }

  // Mutating, though it changes nothing: a call that only borrows would copy the worker first.
  @inline(never)
  mutating func capture(_ octets: PacketOctets, _ interface: InterfaceID, _ direction: CaptureDirection) {
    guard captured >> UInt64(interface.rawValue & 63) & 1 == 1 else { return }
    handle.capture.record(
      octets, interface: Int(interface.rawValue), direction: direction, timestamp: nanoseconds)
  }
}
