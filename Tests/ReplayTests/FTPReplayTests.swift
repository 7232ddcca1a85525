import Gateways
import TestSupport
import Testing
import Translation
import WireFormats

@testable import Replay

private let alice = Host.alice.at(40_000)
private let carol = Host.carol.at(21)

@Suite struct `A replay of FTP` {
  /// alice's control connection with carol, open and greeted.
  private func control(_ recording: inout Recording) -> RecordedConnection {
    var control = RecordedConnection(from: alice, to: carol)
    control.connect(in: &recording)
    control.server("220 carol's files\r\n", in: &recording)
    control.client("USER alice\r\n", in: &recording)
    control.server("331 and the password\r\n", in: &recording)
    return control
  }

  /// Active: PORT names alice's port 51201, to which carol connects.
  private func active(_ pieces: [String] = ["PORT 10,10,10,10,200,1\r\n"]) -> Recording {
    var recording = Recording()
    var control = control(&recording)
    for piece in pieces { control.client(piece, in: &recording) }
    control.server("200 PORT command successful\r\n", in: &recording)
    control.client("RETR file\r\n", in: &recording)
    var data = RecordedConnection(from: Host.carol.at(20), to: Host.alice.at(200 * 256 + 1))
    data.connect(in: &recording)
    data.client("what the file says", in: &recording)
    data.close(in: &recording)
    control.server("226 done\r\n", in: &recording)
    control.client("QUIT\r\n", in: &recording)
    control.close(in: &recording)
    return recording
  }

  @Test func `gives PORT the door that the server then connects to`() throws {
    let replayed = try Replayed(active())
    #expect(replayed.problems == [] && replayed.report.isComplete)
    let door = try #require(replayed.report.entries.flatMap(\.doors).first)
    let (high, low) = (door.grant.insideGlobalPort >> 8, door.grant.insideGlobalPort & 255)
    let address = door.grant.insideGlobal.description.replacing(".", with: ",")
    #expect(replayed.outsideText.contains("PORT \(address),\(high),\(low)\r\n"))
    #expect(!replayed.outsideText.contains("10,10,10,10"))
    // The data connection went to the door, and its octets arrived at alice.
    let data = try #require(replayed.report.translations.first { $0.opened == .inbound })
    #expect(data.insideGlobal?.port == door.grant.insideGlobalPort && data.inbound >= 4)
    #expect(Replayed.text(replayed.inside, from: Host.carol.address).contains("what the file says"))
    #expect(replayed.report.drops == [:] && replayed.wrongChecksums == 0)
    let edit = try #require(replayed.report.entries.flatMap(\.edits).first)
    #expect(edit.before == Array("10,10,10,10,200,1".utf8) && edit.field == "PORT")
  }

  @Test func `does the same however the command was cut`() throws {
    let whole = try Replayed(active())
    for cut in 1..<23 {
      let command = "PORT 10,10,10,10,200,1\r\n"
      let replayed = try Replayed(active([String(command.prefix(cut)), String(command.dropFirst(cut))]))
      #expect(replayed.outsideText == whole.outsideText && replayed.report.isComplete)
      #expect(replayed.wrongChecksums == 0 && replayed.report.drops == [:])
    }
  }

  @Test func `numbers what follows an edit as the receiver knows it`() throws {
    let replayed = try Replayed(active())
    // Every acknowledgement is of octets that were sent: the highest of a side is the sum of what the other has.
    for packets in [replayed.inside, replayed.outside] {
      var ends: [[UInt32]: UInt32] = [:]
      for packet in packets {
        guard let segment = StreamSegment(packet.octets, at: packet.headerLength), let ports = packet.ports else {
          continue
        }
        let way = [
          packet.source.rawValue, UInt32(ports.source), packet.destination.rawValue, UInt32(ports.destination),
        ]
        ends[way] = max(ends[way] ?? 0, segment.sequence &+ segment.length)
        guard segment.flags.contains(.ack) else { continue }
        #expect(segment.acknowledgment <= ends[[way[2], way[3], way[0], way[1]], default: 0])
      }
    }
  }

  @Test func `gives PASV's answer of a server inside the door that the client then connects to`() throws {
    var recording = Recording()
    var control = RecordedConnection(from: Host.carol.at(40_000), to: Host.bob.at(21))
    control.connect(in: &recording)
    control.server("220 bob's files\r\n", in: &recording)
    control.client("PASV\r\n", in: &recording)
    control.server("227 Entering Passive Mode (10,10,10,11,195,80)\r\n", in: &recording)
    var data = RecordedConnection(from: Host.carol.at(40_001), to: Host.bob.at(50_000))
    data.connect(in: &recording)
    data.server("what bob's file says", in: &recording)
    data.close(in: &recording)
    let replayed = try Replayed(recording)
    #expect(replayed.problems == [])
    #expect(replayed.outsideText.contains("227 Entering Passive Mode (203,0,113,50,"))
    #expect(replayed.outsideText.contains("what bob's file says"))
    #expect(replayed.report.translations.allSatisfy { $0.insideGlobal?.address == Place.bobGlobal })
  }

  @Test func `calls an address of somebody else in a command a leak`() throws {
    let replayed = try Replayed(active(["PORT 10,10,10,12,200,1\r\n"]))
    #expect(replayed.report.entries.flatMap(\.remarks).contains { $0.hasPrefix("bounce") })
    #expect(replayed.problems == ["leak"])
    // An address that is in nobody's way is not.
    #expect(try Replayed(active(["PORT 192,168,10,12,200,1\r\n"])).problems == [])
  }

  @Test func `calls a door that is refused a problem`() throws {
    let replayed = try Replayed(active(["PORT 10,10,10,10,0,22\r\n"]))
    #expect(replayed.problems.contains("door-refused") && replayed.problems.contains("leak"))
  }

  @Test func `mentions an address that no command carries`() throws {
    var recording = Recording()
    var control = control(&recording)
    control.client("CWD 10.10.10.10\r\n", in: &recording)
    let replayed = try Replayed(recording)
    #expect(replayed.problems == [] && replayed.report.mentions.map(\.address) == [Host.alice.address])
  }

  @Test func `of a dry run is no success`() throws {
    let replayed = try Replayed(active(), "ip nat service ftp dry-run\n")
    #expect(Set(replayed.problems) == ["dry-run", "leak"])
    #expect(replayed.outsideText.contains("PORT 10,10,10,10,200,1"))
  }

  @Test func `leaves a stranger's session alone and its addresses to it`() throws {
    var recording = Recording()
    var control = RecordedConnection(from: alice, to: carol)
    control.connect(in: &recording)
    control.client("POST / HTTP/1.1\r\nPORT 10,10,10,10,200,1\r\n", in: &recording)
    let replayed = try Replayed(recording)
    #expect(replayed.problems == [])
    #expect(replayed.report.translations.first?.steppedAside == .stranger)
    #expect(replayed.report.entries.flatMap(\.doors).isEmpty)
  }

  @Test func `says what the capture lacks of a control stream`() throws {
    var recording = Recording()
    var control = control(&recording)
    control.lose(12, ofClient: true)
    control.client("PORT 10,10,10,10,200,1\r\n", in: &recording)
    let replayed = try Replayed(recording)
    guard case .missing(_, .outbound, 12)? = replayed.report.problems.first else {
      Issue.record("nothing is missing")
      return
    }
  }

  @Test func `works without the acknowledgements that a filter has left out`() throws {
    let all = active()
    var recording = Recording()
    for frame in all.frames {
      let packet = try RecordedPacket.read(frame.octets.span.extracting(14..<frame.octets.count), time: 0).get()
      let segment = try #require(StreamSegment(packet.octets, at: packet.headerLength))
      if !segment.isPure { recording.add(frame.octets) }
      recording.time += 60_000_000
    }
    let replayed = try Replayed(recording)
    #expect(replayed.problems == [] && replayed.report.drops == [:])
    #expect(try replayed.outsideText == Replayed(all).outsideText)
    #expect(Replayed.text(replayed.inside, from: Host.carol.address).contains("what the file says"))
  }

  @Test func `comes out the same every time`() throws {
    let (first, second) = (try Replayed(active()), try Replayed(active()))
    #expect(first.outside.map(\.octets) == second.outside.map(\.octets))
    #expect(first.inside.map(\.octets) == second.inside.map(\.octets))
  }
}
