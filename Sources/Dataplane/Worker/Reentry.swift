import Forwarding
import Translation
import WireFormats

/// What a worker has to remember of a frame that is not simply one that a device has brought: it lies in the eight octets
/// of the buffer before the virtio header, so that a frame stays one 64-bit word.
///
///     0         1         2        3         4
///     | ingress | passage | egress | gateway | ports of the datagram |
struct FrameAnnotation: BitwiseCopyable {
  /// The interface that the packet arrives at, which need not be the device's.
  var ingress: InterfaceID
  var passage: Packet.Passage
  var portsOfDatagram: UInt32 = 0
  /// Of an IPv6 packet on its way to a slow path: where it is about to leave, and the gateway that may begin with it.
  var egress = InterfaceID(rawValue: 0)
  var gateway = GatewayID.none

  init(ingress: InterfaceID, passage: Packet.Passage, portsOfDatagram: UInt32 = 0) {
    self.ingress = ingress
    self.passage = passage
    self.portsOfDatagram = portsOfDatagram
  }

  /// Reads the annotation of a buffer that has one.
  init(_ buffer: PacketOctets) {
    ingress = InterfaceID(rawValue: buffer.load8(at: 0) & 63)
    passage = Packet.Passage(rawValue: buffer.load8(at: 1))
    egress = InterfaceID(rawValue: buffer.load8(at: 2) & 63)
    gateway = GatewayID(rawValue: buffer.load8(at: 3))
    portsOfDatagram = buffer.load32(at: 4)
  }

  func write(to buffer: PacketOctets) {
    buffer.store8(ingress.rawValue, at: 0)
    buffer.store8(passage.rawValue, at: 1)
    buffer.store8(egress.rawValue, at: 2)
    buffer.store8(gateway.rawValue, at: 3)
    buffer.store32(portsOfDatagram, at: 4)
  }
}

/// Frames that this worker is to process once more, oldest first: hairpinned packets, which arrive anew at an outside
/// interface (RFC 4787 REQ-9), and fragments whose first one has come.
///
/// They are the next burst of the same turn, so nothing recurses; a frame comes here at most once for each reason. There
/// is a place for every buffer.
struct ReentryQueue: ~Copyable {
  private var words: [UInt64] = []
  private var head = 0

  /// A queue for as many frames as there are buffers.
  init(capacity: Int) { words.reserveCapacity(2 * capacity) }

  var isEmpty: Bool { head == words.count }

  mutating func add(_ word: UInt64) { words.append(word) }

  mutating func take() -> UInt64? {
    guard head < words.count else {
      words.removeAll(keepingCapacity: true)
      head = 0
      return nil
    }
    defer { head += 1 }
    return words[head]
  }
}

extension Worker where IO: ~Copyable {
  /// Processes the frames that arrive anew, and those that arrive anew because of them.
  mutating func processAgain() {
    while !reentries.isEmpty {
      while let word = reentries.take() { addAnnotated(Frame(handoverWord: word), handedOver: false) }
      if frameCount > 0 { flushBurst() }
    }
  }

  /// Puts a frame that has an annotation into the burst: its headers have been looked at before.
  mutating func addAnnotated(_ annotated: Frame, handedOver: Bool) {
    var frame = annotated
    let annotation = FrameAnnotation(memory.octets(of: frame.buffer))
    frame.ingress = annotation.ingress
    let octets = memory.octets(of: frame)
    let type = octets.load16(at: Ethernet.type)
    let isTagged = type == Ethernet.typeVLAN
    if type == Ethernet.typeIPv6
      || isTagged && octets.load16(at: Ethernet.type + Ethernet.tagLength) == Ethernet.typeIPv6
    {
      receiveInspectedIPv6(frame, octets, isTagged ? Ethernet.headerLength + Ethernet.tagLength : Ethernet.headerLength)
      return
    }
    var passage = annotation.passage
    if handedOver { passage.insert(.handedOver) }
    unsafe packets[frameCount].portsOfDatagram = annotation.portsOfDatagram
    join(
      frame, octets, network: isTagged ? Ethernet.headerLength + Ethernet.tagLength : Ethernet.headerLength,
      passage: passage)
  }

  /// Gives a packet of the gateway's own an Ethernet header, so that it can arrive like any other.
  mutating func writeOwnHeader(_ frame: Frame) {
    let octets = memory.octets(of: frame)
    octets.store(.zero, at: Ethernet.destination)
    octets.store(.zero, at: Ethernet.source)
    octets.store16(Ethernet.typeIPv4, at: Ethernet.type)
  }

  /// The word of a frame with an annotation, which is written.
  mutating func annotate(_ frame: Frame, _ annotation: FrameAnnotation) -> UInt64 {
    annotation.write(to: memory.octets(of: frame.buffer))
    return frame.handoverWord | Frame.annotated
  }

  /// The word by which another worker takes up a packet where this one left it.
  mutating func handoverWord(_ frame: Frame, _ packet: Packet) -> UInt64 {
    guard !packet.passage.isDisjoint(with: [.hairpin, .portsKnown]) else { return frame.handoverWord }
    return annotate(
      frame,
      FrameAnnotation(
        ingress: packet.ingress, passage: packet.passage, portsOfDatagram: packet.portsOfDatagram))
  }

  /// Lets a rewritten packet arrive anew at an outside interface.
  mutating func hairpin(_ frame: Frame, _ packet: Packet, at interface: InterfaceID) {
    guard !packet.passage.contains(.hairpin) else {
      drop(frame, .hairpin)
      return
    }
    reentries.add(annotate(frame, FrameAnnotation(ingress: interface, passage: .hairpin)))
  }

  /// Keeps a fragment until the first one of its datagram has come.
  mutating func hold(_ frame: Frame, _ packet: Packet, at place: FragmentPlace) {
    translator.keepFragment(
      annotate(frame, FrameAnnotation(ingress: packet.ingress, passage: packet.passage)), at: place)
  }

  /// Takes back the fragments that the translator holds no longer.
  @inline(never)
  mutating func takeFragments() {
    while let word = translator.takeReleasedFragment() { reentries.add(word) }
    while let (word, reason) = translator.takeAbandonedFragment() { drop(Frame(handoverWord: word), reason) }
  }
}
