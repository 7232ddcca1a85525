import TestSupport
import Testing
import WireFormats

@testable import Replay

private let question = Datagram.udp(from: Host.alice.at(4000), to: Host.carol.at(53))

@Suite struct `A capture file` {
  private var recording: Recording {
    var recording = Recording()
    recording.add(question)
    recording.time += 123_456_000
    recording.add(question.reversed)
    return recording
  }

  @Test(arguments: Recording.Format.allCases)
  func `is read in every format and byte order`(format: Recording.Format) throws {
    let capture = try CaptureFile(recording.file(format))
    #expect(capture.frames.map(\.time) == [1_700_000_000_000_000_000, 1_700_000_000_124_456_000])
    #expect(!capture.breaksOff)
    let packet = try capture.packet(0).get()
    #expect(packet.octets == question.packet())
    #expect(packet.source == Host.alice.address && packet.ports?.destination == 53 && packet.missing == 0)
  }

  @Test(arguments: Recording.Format.allCases)
  func `that breaks off has what is whole`(format: Recording.Format) throws {
    let whole = recording.file(format)
    for cut in 1..<40 {
      let capture = try CaptureFile(Array(whole.dropLast(cut)))
      #expect(capture.count == 1 && capture.breaksOff)
    }
  }

  @Test(
    arguments: [
      (1, [UInt8](repeating: 2, count: 12) + [0x08, 0x00]),
      (1, [UInt8](repeating: 2, count: 12) + [0x81, 0x00, 0x00, 0x05, 0x08, 0x00]),
      (1, [UInt8](repeating: 2, count: 12) + [0x88, 0xA8, 0, 1, 0x81, 0x00, 0, 2, 0x08, 0x00]),
      (0, [2, 0, 0, 0]), (0, [0, 0, 0, 2]), (108, [0, 0, 0, 2]), (101, []), (12, []), (228, []),
      (113, [0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x08, 0x00]),
      (276, [0x08, 0x00, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0]),
    ] as [(UInt32, [UInt8])])
  func `has frames of every link type that is understood`(link: UInt32, header: [UInt8]) throws {
    var recording = Recording()
    recording.add(header + question.packet())
    for format in [Recording.Format.microseconds, .pcapng] {
      let packet = try CaptureFile(recording.file(format, link: link)).packet(0).get()
      #expect(packet.octets == question.packet())
    }
  }

  @Test func `says what its frames are that are no IPv4 packets`() throws {
    let ethernet = [UInt8](repeating: 2, count: 12)
    let packet = question.packet()
    let frames: [([UInt8], SkipReason)] = [
      (ethernet + [0x08, 0x06] + [UInt8](repeating: 0, count: 28), .arp),
      (ethernet + [0x86, 0xDD] + [UInt8](repeating: 0x60, count: 40), .ipv6), (ethernet + [0x88, 0x63, 0], .notIP),
      (ethernet, .truncated), (ethernet + [0x08, 0x00], .truncated),
      (ethernet + [0x08, 0x00] + packet.prefix(19), .truncated),
      (ethernet + [0x08, 0x00, 0x44] + packet.dropFirst(), .malformed),
      (ethernet + [0x08, 0x00] + packet.prefix(2) + [0, 19] + packet.dropFirst(4), .malformed), ([], .truncated),
      (ethernet + [0x81, 0, 0, 1, 0x81, 0, 0, 1, 0x81, 0, 0, 1, 8, 0] + packet, .notIP),
    ]
    var recording = Recording()
    for frame in frames { recording.add(frame.0) }
    let capture = try CaptureFile(recording.file())
    for (index, frame) in frames.enumerated() {
      guard case .failure(let reason) = capture.packet(index) else { throw SkipReason.malformed }
      #expect(reason == frame.1)
    }
  }

  @Test func `has zeros for what it did not keep`() throws {
    var recording = Recording()
    recording.add(Array(question.frame().octets.dropLast(5)))
    let packet = try CaptureFile(recording.file()).packet(0).get()
    #expect(packet.missing == 5 && packet.octets.count == question.packet().count)
    #expect(packet.octets.suffix(5) == [0, 0, 0, 0, 0])
  }

  @Test func `that is none is refused`() {
    #expect(throws: CaptureError.unknownFormat) { try CaptureFile([]) }
    #expect(throws: CaptureError.unknownFormat) { try CaptureFile(Array("no capture at all, but long enough".utf8)) }
    #expect(throws: CaptureError.truncatedHeader) { try CaptureFile([0xD4, 0xC3]) }
    #expect(throws: CaptureError.truncatedHeader) { try CaptureFile(Array(recording.file().prefix(23))) }
    #expect(throws: CaptureError.truncatedHeader) { try CaptureFile(Array(recording.file(.pcapng).prefix(11))) }
    #expect(throws: CaptureError.linkType(147)) { try CaptureFile(recording.file(.microseconds, link: 147)) }
  }

  @Test func `with impossible lengths is refused`() {
    var file = recording.file(.microseconds)
    file.replaceSubrange(32..<36, with: [0xFF, 0xFF, 0xFF, 0xFF])
    #expect(throws: CaptureError.malformedRecord(at: 24)) { try CaptureFile(file) }
    for length in [0, 4, 8, 13] as [UInt8] {
      var file = recording.file(.pcapng)
      file.replaceSubrange(4..<8, with: [length, 0, 0, 0])
      #expect(throws: CaptureError.malformedBlock(at: 0)) { try CaptureFile(file) }
    }
  }

  @Test func `of another link type behind an understood one loses only those frames`() throws {
    // pcapng has a link type for each interface.
    let capture = try CaptureFile(recording.file(.pcapng, link: 147))
    #expect(capture.count == 2)
    guard case .failure(.linkType) = capture.packet(0) else {
      Issue.record("the frame's link type is understood")
      return
    }
  }

  @Test func `counts time in powers of two and of ten`() throws {
    func time(resolution: UInt8) throws -> UInt64? {
      var file = recording.file(.pcapng)
      // The value of the first interface option, behind section, block header, link type, snap length and option header.
      file[28 + 8 + 8 + 4] = resolution
      return try CaptureFile(file).frames.first?.time
    }
    let ticks: UInt64 = 1_700_000_000_000_000_000
    #expect(try time(resolution: 9) == ticks)
    #expect(try time(resolution: 12) == ticks / 1000)
    let (seconds, rest) = (ticks >> 31, ticks & 0x7FFF_FFFF)
    #expect(try time(resolution: 0x80 | 31) == seconds * 1_000_000_000 + (rest * 1_000_000_000) >> 31)
    for resolution in 0...UInt8.max { _ = try time(resolution: resolution) }
  }

  @Test func `of random octets is read or refused`() throws {
    var random = SeededRandom(seed: 4)
    for round in 0..<3000 {
      var file = recording.file(Recording.Format.allCases[round % Recording.Format.allCases.count])
      for _ in 0...Int.random(in: 0..<8, using: &random) {
        file[Int.random(in: 0..<file.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      guard let capture = try? CaptureFile(file) else { continue }
      for index in 0..<capture.count { _ = capture.packet(index) }
    }
  }
}
