import TestSupport
import Testing
import WireFormats

@testable import Replay

@Suite struct `A replay of damaged captures` {
  @Test func `ends, and what it writes is sound`() throws {
    var random = SeededRandom(seed: 11)
    let whole = Self.recording
    for _ in 0..<120 {
      var recording = Recording()
      for frame in whole.frames {
        var octets = frame.octets
        switch UInt8.random(in: 0..<12, using: &random) {
        case 0: octets.removeLast(Int.random(in: 0...octets.count, using: &random))
        case 1...3:
          octets[Int.random(in: 14..<octets.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
        case 4: continue
        case 5: recording.add(octets)
        case 6: recording.time = UInt64.random(in: 0...UInt64.max >> 1, using: &random)
        default: break
        }
        recording.add(octets)
      }
      guard let replayed = try? Replayed(recording) else { continue }
      #expect(replayed.wrong == [])
    }
  }

  /// One of everything.
  private static var recording: Recording {
    var recording = Recording()
    var control = RecordedConnection(from: Host.alice.at(40_000), to: Host.carol.at(21))
    control.connect(in: &recording)
    control.server("220 hello\r\n", in: &recording)
    control.client("PORT 10,10,10,10,200,1\r\n", in: &recording)
    control.server("200 yes\r\n", in: &recording)
    var data = RecordedConnection(from: Host.carol.at(20), to: Host.alice.at(51_201))
    data.connect(in: &recording)
    data.client("octets", in: &recording)
    data.close(in: &recording)
    recording.say("\0\u{1}file\0octet\0", from: Host.alice.at(4000), to: Host.carol.at(69))
    recording.say("\0\u{3}\0\u{1}data", from: Host.carol.at(3333), to: Host.alice.at(4000))
    recording.say("hello", from: Host.carol.at(5353), to: Host.bob.at(53))
    let lost = Datagram.udp(from: Host.alice.at(4000), to: Host.dave.at(33_434))
    recording.add(lost)
    recording.add(
      .icmpError(type: 3, code: 3, from: Host.dave.address, to: Host.alice.address, about: lost.packet()))
    recording.add(lost.with { $0.fragment = 0x2000 })
    recording.add(lost.with { $0.fragment = 4 })
    return recording
  }
}
