import Foundation
import Gateways
import Translation
import WireFormats

/// What the SIP gateway takes to read and translate an INVITE with a session description, and what a call takes in its
/// memory. Doors are granted at once; what they take at the worker is not among it.
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

  /// Microseconds for the first INVITE of each of many calls, and for a second one, and octets a call in memory.
  mutating func measure(calls: Int) throws -> (first: Double, again: Double, octets: Double) {
    let first = (0..<calls).map { Self.invite(call: $0, sequence: 1) }
    let again = (0..<calls).map { Self.invite(call: $0, sequence: 2) }
    let before = try Self.residentOctets()
    let firstTime = try seconds { for (call, octets) in first.enumerated() { try read(octets, call) } }
    let held = try Self.residentOctets() - before
    let againTime = try seconds { for (call, octets) in again.enumerated() { try read(octets, call) } }
    guard memory.rows(limit: calls + 1, now: time).count == calls, edits >= 2 * calls * 8 else {
      throw BenchmarkError.wrong("the gateway did not do what it is measured for")
    }
    return (firstTime * 1e6 / Double(calls), againTime * 1e6 / Double(calls), held / Double(calls))
  }

  /// The process' memory: what the allocator keeps for itself is in it, too.
  private static func residentOctets() throws -> Double {
    let words = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
    guard words.count > 1, let pages = Double(words[1]) else { throw BenchmarkError.wrong("/proc/self/statm") }
    return pages * 4096
  }

  private mutating func read(_ octets: [UInt8], _ call: Int) throws {
    var answers: [DoorAnswer] = []
    while true {
      var copy = inspector
      var agent = TranslationAgent(session, memory: memory, answers: answers, now: time)
      do throws(GatewayError) {
        try copy.inspect(octets.span, .outbound, through: &agent)
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
      + "Call-ID: 81622\(call)-\(call &* 7919)-exchange@10.10.10.10\r\nCSeq: \(sequence) INVITE\r\n"
      + "Allow: INVITE, ACK, CANCEL, BYE, REFER, NOTIFY, MESSAGE, OPTIONS, INFO, SUBSCRIBE, UPDATE, PRACK\r\n"
      + "Supported: replaces, timer, 100rel, outbound\r\nUser-Agent: Exchange 1.0\r\nSession-Expires: 1800\r\n"
      + "P-Asserted-Identity: <sip:exchange@10.10.10.10>\r\nRecord-Route: <sip:10.10.10.10:5060;lr>\r\n"
      + "Content-Type: application/sdp\r\nContent-Length: \(body.utf8.count)\r\n"
    let padding = max(0, length - head.utf8.count - body.utf8.count - 14)
    head += "X-Padding: \(String(repeating: "x", count: padding))\r\n\r\n"
    return Array((head + body).utf8)
  }
}
