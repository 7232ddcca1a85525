import WireFormats

@testable import sallyport_load

/// A gateway of a few lines between two ports in memory: one global address, a port for each inside endpoint, in the
/// order of their coming. It can be told to do badly what a load generator has to notice.
final class MemoryGateway {
  /// What it does wrong.
  struct Faults {
    /// Of so many packets from inside, one is dropped.
    var dropOneOf = 0
    /// Of so many packets from inside, one comes twice.
    var repeatOneOf = 0
    /// Of so many packets from inside, one waits for the next.
    var delayOneOf = 0
    /// After so many packets from inside, mappings are given anew.
    var forgetAfter = 0
    /// Packets pass as they are.
    var translatesNothing = false
    /// Of so many packets from inside, one has an octet changed.
    var damageOneOf = 0
    /// Not even questions for its address are answered.
    var isSilent = false
    /// Each inside host has a global address of its own, which takes the host's place in payloads, too.
    var payloads = Payloads.untouched
    /// Of media, the port is another one outside than the payloads say.
    var movesMedia = false
  }

  /// What is read of payloads.
  enum Payloads {
    case untouched
    /// The header fields of a message, and not what they describe.
    case heads
    case whole
  }

  static let inside = IPv4Address(0x0A0A_0A01)
  static let global = IPv4Address(0xCB00_7164)
  private static let insideMAC = MACAddress(0x02_00_00_00_00_01)
  private static let outsideMAC = MACAddress(0x02_00_00_00_01_01)

  final class Port: FramePort {
    /// Nothing to wait on: polling skips it.
    let descriptor: Int32 = -1
    fileprivate(set) var waiting: [[UInt8]] = []
    fileprivate var deliver: ([UInt8]) -> Void = { _ in }

    func send(_ batch: FrameBatch) -> Int {
      for place in 0..<batch.count { deliver(batch.frame(place).copied) }
      return batch.count
    }

    func receive(into batch: FrameBatch) {
      batch.count = 0
      for frame in waiting.prefix(FrameBatch.capacity) { batch.add(frame.count).store(frame) }
      waiting.removeFirst(min(waiting.count, FrameBatch.capacity))
    }

    func overruns() -> UInt64 { 0 }
  }

  let insidePort = Port()
  let outsidePort = Port()
  private var faults: Faults
  private var ports: [Endpoint: UInt16] = [:]
  private var endpoints: [UInt16: Endpoint] = [:]
  private var nextPort: UInt16 = 10_000
  private var packets = 0
  private var held: [UInt8]?

  init(_ faults: Faults = Faults()) {
    self.faults = faults
    insidePort.deliver = { [unowned self] in fromInside($0) }
    outsidePort.deliver = { [unowned self] in fromOutside($0) }
  }

  private func fromInside(_ frame: [UInt8]) {
    var frame = frame
    if isQuestion(frame) {
      if !faults.isSilent { insidePort.waiting.append(answer(frame)) }
      return
    }
    guard frame.count > 34, !faults.isSilent else { return }
    packets += 1
    if happens(faults.dropOneOf) { return }
    if faults.forgetAfter > 0, packets % faults.forgetAfter == 0 { ports.removeAll() }
    if faults.payloads != .untouched {
      exchangeHost(&frame, at: 26, from: Self.insideText, to: Self.globalText)
    } else if !faults.translatesNothing {
      translateOut(&frame)
    }
    header(&frame, from: Self.outsideMAC, to: SimulatedNetwork.outsideMAC)
    if happens(faults.damageOneOf) { frame[frame.count - 1] ^= 0x55 }
    if happens(faults.delayOneOf), held == nil {
      held = frame
      return
    }
    outsidePort.waiting.append(frame)
    if happens(faults.repeatOneOf) { outsidePort.waiting.append(frame) }
    if let late = held {
      outsidePort.waiting.append(late)
      held = nil
    }
  }

  private func fromOutside(_ frame: [UInt8]) {
    var frame = frame
    guard frame.count > 34, !isQuestion(frame), frame[12] == 8, frame[13] == 0 else { return }
    if faults.payloads != .untouched {
      exchangeHost(&frame, at: 30, from: Self.globalText, to: Self.insideText)
    } else if !faults.translatesNothing {
      let found = withOctets(&frame) { octets -> Bool in
        guard let target = endpoints[octets.load16(at: 36)] else { return false }
        octets.store32(target.address.rawValue, at: 30)
        octets.store16(target.port, at: 36)
        Self.mend(octets)
        return true
      }
      guard found else { return }
    }
    header(&frame, from: Self.insideMAC, to: SimulatedNetwork.insideMAC)
    insidePort.waiting.append(frame)
  }

  /// What the addresses of up to ten hosts and of their global ones begin with, equally long.
  private static let insideText = Array("10.10.10.10".utf8)
  private static let globalText = Array("198.51.100.".utf8)

  /// Puts a host's other address into a datagram's header, and into as much of its payload as is read.
  private func exchangeHost(_ frame: inout [UInt8], at field: Int, from old: [UInt8], to new: [UInt8]) {
    let base: UInt32 = field == 26 ? 0xC633_6400 : 0x0A0A_0A64
    let isMedia = frame[42] == 0x80
    var start = 42
    while !isMedia, start + old.count <= frame.count {
      if faults.payloads == .heads, frame[start...].starts(with: Array("\r\n\r\n".utf8)) { break }
      if frame[start..<start + old.count].elementsEqual(old) {
        frame.replaceSubrange(start..<start + old.count, with: new)
      }
      start += 1
    }
    withOctets(&frame) { octets in
      octets.store32(base + (octets.load32(at: field) & 0xFF) % 100, at: field)
      if faults.movesMedia, isMedia, field == 26 { octets.store16(octets.load16(at: 34) ^ 2, at: 34) }
      Self.mend(octets)
    }
  }

  private func translateOut(_ frame: inout [UInt8]) {
    withOctets(&frame) { octets in
      let source = Endpoint(octets.address(at: 26), octets.load16(at: 34))
      let port = ports[source] ?? nextPort
      if ports[source] == nil {
        nextPort &+= 1
        ports[source] = port
        endpoints[port] = source
      }
      octets.store32(Self.global.rawValue, at: 26)
      octets.store16(port, at: 34)
      Self.mend(octets)
    }
  }

  private func happens(_ oneOf: Int) -> Bool { oneOf > 0 && packets % oneOf == 0 }

  /// Computes both checksums anew; of headers without options.
  private static func mend(_ octets: PacketOctets) {
    octets.store16(0, at: 24)
    octets.store16(InternetChecksum.finish(octets.sum(14..<34)), at: 24)
    let number = IPProtocol(rawValue: octets.load8(at: 23))
    let field = 34 + (number == .udp ? UDPField.checksum : TCPField.checksum)
    octets.store16(0, at: field)
    let pseudo = InternetChecksum.pseudoHeader(
      source: octets.address(at: 26), destination: octets.address(at: 30), protocol: number, length: octets.count - 34)
    octets.store16(InternetChecksum.finish(pseudo &+ octets.sum(34..<octets.count)), at: field)
  }

  private func isQuestion(_ frame: [UInt8]) -> Bool { frame.count >= 42 && frame[12] == 8 && frame[13] == 6 }

  private func answer(_ frame: [UInt8]) -> [UInt8] {
    var reply = frame
    withOctets(&reply) { octets in
      guard let question = ARPPacket(octets, at: 14) else { return }
      ARPPacket(
        operation: .reply, senderMAC: Self.insideMAC, sender: question.target, targetMAC: question.senderMAC,
        target: question.sender
      ).write(to: octets, at: 14)
    }
    header(&reply, from: Self.insideMAC, to: SimulatedNetwork.insideMAC)
    return reply
  }

  private func header(_ frame: inout [UInt8], from source: MACAddress, to destination: MACAddress) {
    withOctets(&frame) { octets in
      octets.store(destination, at: 0)
      octets.store(source, at: 6)
    }
  }

  @discardableResult
  private func withOctets<Result>(_ frame: inout [UInt8], _ body: (PacketOctets) -> Result) -> Result {
    unsafe frame.withUnsafeMutableBytes { buffer in
      unsafe body(PacketOctets(base: buffer.baseAddress!, count: buffer.count))
    }
  }
}
