import CReference
import Gateways
import Translation
import WireFormats

/// What the SIP gateway takes to read and translate an INVITE with a session description, and what a call takes in its
/// memory. Doors are granted at once; what they take at the worker `CallDoors` measures.
struct CallSignalling {
  /// Octets of the INVITE at least.
  private static let length = 1200

  private let session: ControlSession
  private let memory: any GatewayMemory
  private var inspector: any PayloadInspector
  private var time: UInt64 = 1_000_000
  private var edits = 0

  init() throws {
    guard let memory = SIPGateway.memory(EngineSettings()) else { throw BenchmarkError.wrong("SIP has no memory") }
    let (host, global) = (IPv4Address(0x0A0A_0A0A), IPv4Address(0xCB00_7164))
    var record = SessionRecord(
      insideLocal: (host, 5060), insideGlobal: (global, 41_000), outside: (IPv4Address(0xCB00_710A), 5060),
      protocol: .udp)
    record.gateway = SIPGateway.id
    session = ControlSession(
      InspectedSession(id: SessionID(worker: 0, number: 1, created: 1), record: record), gateway: SIPGateway.id)
    self.memory = memory
    inspector = SIPGateway.open(session)
  }

  /// Calls that ring at the same time: a host may have no more than some that nobody has answered.
  private static let block = 10_000

  /// Microseconds for the first INVITE of each of many calls, and for a second one, and octets a call in memory.
  mutating func measure(calls: Int) throws -> (first: Double, again: Double, octets: Double) {
    let first = (0..<calls).map { Self.invite(call: $0, sequence: 1) }
    let answers = (0..<calls).map { Self.answer(call: $0) }
    let again = (0..<calls).map { Self.invite(call: $0, sequence: 2) }
    let before = sp_allocated_octets()
    var firstTime = 0.0
    for start in stride(from: 0, to: calls, by: Self.block) {
      let block = start..<min(calls, start + Self.block)
      firstTime += try seconds { for call in block { try read(first[call], .outbound, call) } }
      for call in block { try read(answers[call], .inbound, call) }
    }
    let held = Double(sp_allocated_octets()) - Double(before)
    withExtendedLifetime((first, answers, again)) {}
    let known = edits
    let againTime = try seconds { for (call, octets) in again.enumerated() { try read(octets, .outbound, call) } }
    guard memory.rows(limit: calls + 1, now: time).count(where: { $0.state == "confirmed" && $0.doors == 1 }) == calls,
      known >= calls * 11, edits - known >= calls * 8
    else { throw BenchmarkError.wrong("the gateway did not do what it is measured for") }
    return (firstTime * 1e6 / Double(calls), againTime * 1e6 / Double(calls), held / Double(calls))
  }

  private mutating func read(_ octets: [UInt8], _ direction: Direction, _ call: Int) throws {
    var answers: [DoorAnswer] = []
    while true {
      var copy = inspector
      var agent = TranslationAgent(session, memory: memory, answers: answers, now: time)
      do throws(GatewayError) {
        try copy.inspect(octets.span, direction, through: &agent)
      } catch {
        guard case .pending = error, let wanted = agent.wanted else { throw error }
        let door = DoorID(worker: 0, place: UInt32(call), generation: 0)
        let port = UInt16(1024 + call * 2 % 64_000)
        answers.append(
          DoorAnswer(
            wanted,
            .granted(DoorGrant(door: door, insideGlobal: session.insideGlobal.address, insideGlobalPort: port))))
        continue
      }
      agent.carryOutChanges()
      edits += agent.edits.count
      inspector = copy
      return
    }
  }

  /// The called side takes the call.
  private static func answer(call: Int) -> [UInt8] {
    Array(
      ("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 203.0.113.100:41000;branch=z9hG4bK-524287-1---\(call);rport\r\n"
        + "To: <sip:+15551234@203.0.113.10>;tag=\(call)\r\n"
        + "From: \"Exchange\" <sip:exchange@203.0.113.100>;tag=\(call)\r\nCall-ID: \(callID(of: call))\r\n"
        + "CSeq: 1 INVITE\r\nContact: <sip:+15551234@203.0.113.10:5060>\r\nContent-Length: 0\r\n\r\n").utf8)
  }

  private static func callID(of call: Int) -> String { "81622\(call)-\(call &* 7919)-exchange@10.10.10.10" }

  private static func invite(call: Int, sequence: Int) -> [UInt8] {
    let port = 1024 + call * 2 % 64_000
    let body =
      "v=0\r\no=- 20518 0 IN IP4 10.10.10.10\r\ns=-\r\nc=IN IP4 10.10.10.10\r\nt=0 0\r\n"
      + "m=audio \(port) RTP/AVP 0 8 18 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
      + "a=rtpmap:18 G729/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendrecv\r\n"
    var head =
      "INVITE sip:+15551234\(call % 1000)@203.0.113.10;user=phone SIP/2.0\r\n"
      + "Via: SIP/2.0/UDP 10.10.10.10:5060;branch=z9hG4bK-524287-1---\(call);rport\r\nMax-Forwards: 70\r\n"
      + "Contact: <sip:exchange@10.10.10.10:5060>\r\nTo: <sip:+15551234@203.0.113.10>\r\n"
      + "From: \"Exchange\" <sip:exchange@10.10.10.10>;tag=\(call)\r\n"
      + "Call-ID: \(callID(of: call))\r\nCSeq: \(sequence) INVITE\r\n"
      + "Allow: INVITE, ACK, CANCEL, BYE, REFER, NOTIFY, MESSAGE, OPTIONS, INFO, SUBSCRIBE, UPDATE, PRACK\r\n"
      + "Supported: replaces, timer, 100rel, outbound\r\nUser-Agent: Exchange 1.0\r\nSession-Expires: 1800\r\n"
      + "P-Asserted-Identity: <sip:exchange@10.10.10.10>\r\nRecord-Route: <sip:10.10.10.10:5060;lr>\r\n"
      + "Content-Type: application/sdp\r\nContent-Length: \(body.utf8.count)\r\n"
    let padding = max(0, length - head.utf8.count - body.utf8.count - 14)
    head += "X-Padding: \(String(repeating: "x", count: padding))\r\n\r\n"
    return Array((head + body).utf8)
  }
}
