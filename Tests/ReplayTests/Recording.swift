import Configuration
import TestSupport
import Translation
import WireFormats

@testable import Replay

/// A capture that a test writes: what hosts said to each other, packet by packet.
struct Recording {
  /// The format of the file.
  enum Format: CaseIterable {
    case microseconds, nanoseconds, bigMicroseconds, bigNanoseconds, pcapng, bigPcapng
    var isBig: Bool { self == .bigMicroseconds || self == .bigNanoseconds || self == .bigPcapng }
  }

  /// Nanoseconds since 1970, and the frame.
  private(set) var frames: [(time: UInt64, octets: [UInt8])] = []
  /// The time of the next frame; each takes a millisecond.
  var time: UInt64 = 1_700_000_000_000_000_000

  mutating func add(_ octets: [UInt8]) {
    frames.append((time, octets))
    time += 1_000_000
  }

  mutating func add(_ datagram: Datagram) { add(datagram.frame().octets) }

  mutating func wait(seconds: UInt64) { time += seconds * 1_000_000_000 }

  /// A UDP datagram with a text.
  mutating func say(_ text: String, from source: SocketAddress, to destination: SocketAddress) {
    add(.udp(from: source, to: destination).with { $0.payload = Array(text.utf8) })
  }

  // MARK: Files

  func file(_ format: Format = .nanoseconds, link: UInt32 = 1) -> [UInt8] {
    switch format {
    case .pcapng, .bigPcapng: pcapng(isBig: format.isBig, link: link)
    default: pcap(format, link: link)
    }
  }

  private func number(_ value: UInt32, _ isBig: Bool) -> [UInt8] {
    let octets = (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * UInt32($0))) }
    return isBig ? octets.reversed() : octets
  }

  private func pcap(_ format: Format, link: UInt32) -> [UInt8] {
    let isNano = format == .nanoseconds || format == .bigNanoseconds
    let version: UInt32 = format.isBig ? 2 << 16 | 4 : 4 << 16 | 2
    var file = [isNano ? 0xA1B2_3C4D : 0xA1B2_C3D4, version, 0, 0, 65_535, link].flatMap { number($0, format.isBig) }
    for frame in frames {
      let rest = UInt32(frame.time % 1_000_000_000)
      let length = UInt32(frame.octets.count)
      file += [UInt32(truncatingIfNeeded: frame.time / 1_000_000_000), isNano ? rest : rest / 1000, length, length]
        .flatMap {
          number($0, format.isBig)
        }
      file += frame.octets
    }
    return file
  }

  /// A section, an interface that counts nanoseconds, and enhanced packet blocks.
  private func pcapng(isBig: Bool, link: UInt32) -> [UInt8] {
    func block(_ type: UInt32, _ body: [UInt8]) -> [UInt8] {
      let padded = body + [UInt8](repeating: 0, count: (4 - body.count % 4) % 4)
      let length = number(UInt32(padded.count + 12), isBig)
      return number(type, isBig) + length + padded + length
    }
    func pair(_ first: UInt16, _ second: UInt16) -> [UInt8] {
      let swap = { (value: UInt16) in
        isBig ? [UInt8(value >> 8), UInt8(value & 255)] : [UInt8(value & 255), UInt8(value >> 8)]
      }
      return swap(first) + swap(second)
    }
    let section = number(0x1A2B_3C4D, isBig) + pair(1, 0) + [UInt8](repeating: 0xFF, count: 8)
    var file = block(0x0A0D_0D0A, section)
    file += block(1, pair(UInt16(link), 0) + number(0, isBig) + pair(9, 1) + [9, 0, 0, 0] + pair(0, 0))
    for frame in frames {
      let length = UInt32(frame.octets.count)
      let fields = [0, UInt32(frame.time >> 32), UInt32(truncatingIfNeeded: frame.time), length, length]
      file += block(6, fields.flatMap { number($0, isBig) } + frame.octets)
    }
    return file
  }
}

/// A TCP connection of a recording: what each end sends, and that the other acknowledges it.
struct RecordedConnection {
  let client: SocketAddress
  let server: SocketAddress
  private var next: (client: UInt32, server: UInt32) = (1000, 900_000)

  init(from client: SocketAddress, to server: SocketAddress) { (self.client, self.server) = (client, server) }

  mutating func connect(in recording: inout Recording) {
    segment(true, .syn, "", in: &recording)
    segment(false, [.syn, .ack], "", in: &recording)
    segment(true, .ack, "", in: &recording)
  }

  /// The client or the server says something, and the other acknowledges.
  mutating func client(_ text: String, in recording: inout Recording) { say(true, text, in: &recording) }
  mutating func server(_ text: String, in recording: inout Recording) { say(false, text, in: &recording) }

  private mutating func say(_ isClient: Bool, _ text: String, in recording: inout Recording) {
    segment(isClient, .ack, text, in: &recording)
    segment(!isClient, .ack, "", in: &recording)
  }

  mutating func close(in recording: inout Recording) {
    segment(true, [.fin, .ack], "", in: &recording)
    segment(false, [.fin, .ack], "", in: &recording)
    segment(true, .ack, "", in: &recording)
  }

  mutating func segment(_ isClient: Bool, _ flags: TCPFlags, _ text: String, in recording: inout Recording) {
    var datagram = Datagram.tcp(from: isClient ? client : server, to: isClient ? server : client, flags)
    datagram.payload = Array(text.utf8)
    datagram.sequence = isClient ? next.client : next.server
    datagram.acknowledgment = flags.contains(.ack) ? (isClient ? next.server : next.client) : 0
    let length = UInt32(text.utf8.count) + (flags.isDisjoint(with: [.syn, .fin]) ? 0 : 1)
    if isClient { next.client += length } else { next.server += length }
    recording.add(datagram)
  }

  /// Octets that an end sent and the capture lost.
  mutating func lose(_ count: UInt32, ofClient isClient: Bool) {
    if isClient { next.client += count } else { next.server += count }
  }
}

/// A replay with what the two sides saw.
struct Replayed {
  let report: ReplayReport
  let inside: [RecordedPacket]
  let outside: [RecordedPacket]

  /// The gateway of the tests: 10.10.10.0/24 shares four addresses, bob has one of his own.
  static let configuration = """
    interface inside0
     device tap sp-inside
     ip address 10.10.10.1 255.255.255.0
     ip nat inside
    interface outside0
     device tap sp-outside
     ip address 203.0.113.1 255.255.255.0
     ip nat outside
    ip route 0.0.0.0 0.0.0.0 203.0.113.254
    access-list 10 permit 10.10.10.0 0.0.0.255
    ip nat pool OUT 203.0.113.100 203.0.113.103 prefix-length 24
    ip nat inside source list 10 pool OUT overload
    ip nat inside source static 10.10.10.11 203.0.113.50

    """

  static func plan(_ more: String = "", inside networks: [IPv4Prefix] = []) throws -> ReplayPlan {
    let configuration = try GatewayConfiguration.parse(Self.configuration + more, file: "test.conf")
    return ReplayPlan(
      interfaces: configuration.interfaces, routes: configuration.routes, translation: configuration.translation,
      engine: configuration.engineSettings, insideNetworks: networks)
  }

  init(_ recording: Recording, _ more: String = "") throws { try self.init(recording.file(), Self.plan(more)) }

  init(_ file: [UInt8], _ plan: ReplayPlan) throws {
    var files: [CaptureSide: [UInt8]] = [:]
    report = try CaptureReplay(CaptureFile(file), plan).run { files[$0, default: []] += $1 }
    inside = try Self.packets(files[.inside] ?? [])
    outside = try Self.packets(files[.outside] ?? [])
  }

  private static func packets(_ file: [UInt8]) throws -> [RecordedPacket] {
    let capture = try CaptureFile(file)
    return try (0..<capture.count).map { try capture.packet($0).get() }
  }

  /// What a side saw of TCP or UDP payload from an address, joined.
  static func text(_ packets: [RecordedPacket], from address: IPv4Address) -> String {
    var octets: [UInt8] = []
    for packet in packets where packet.source == address {
      if let segment = StreamSegment(packet.octets, at: packet.headerLength), packet.protocolNumber == .tcp {
        octets += packet.octets[segment.payload]
      }
      if packet.protocolNumber == .udp { octets += packet.octets.dropFirst(packet.headerLength + 8) }
    }
    return String(decoding: octets, as: UTF8.self)
  }

  /// What the carol of the recordings read.
  var outsideText: String {
    outside.filter { $0.source.rawValue >> 8 == 0xCB_0071 && $0.source.rawValue & 255 >= 50 }.reduce(into: "") {
      $0 += Self.text([$1], from: $1.source)
    }
  }

  /// Packets whose checksums are wrong.
  var wrongChecksums: Int { wrong.count }

  /// The packets whose checksums are wrong.
  var wrong: [[UInt8]] { (inside + outside).filter { !Self.isRight($0) }.map(\.octets) }

  private static func isRight(_ packet: RecordedPacket) -> Bool {
    let header = Array(packet.octets[..<packet.headerLength])
    guard NaiveChecksum.sum(header) == 0xFFFF else { return false }
    guard !packet.isFragment else { return true }
    let body = Array(packet.octets[packet.headerLength...])
    switch packet.protocolNumber {
    case .icmp where body.count >= 8: return NaiveChecksum.sum(body) == 0xFFFF
    // What has no whole header has no checksum, and a UDP sender may leave it out.
    case .udp where body.count < 8 || body[6] == 0 && body[7] == 0, .tcp where body.count < 20: return true
    case .udp where Int(body[4]) << 8 | Int(body[5]) != body.count: return true
    case .tcp, .udp:
      let pseudo = NaiveChecksum.pseudoHeader(
        source: Array(packet.octets[12..<16]), destination: Array(packet.octets[16..<20]),
        protocolNumber: packet.protocolNumber.rawValue, length: body.count)
      return NaiveChecksum.sum(pseudo + body) == 0xFFFF
    default: return true
    }
  }

  /// The names of what went wrong.
  var problems: [String] { report.problems.map(\.name) }
}
