import Gateways
import TestSupport
import Translation
import WireFormats

/// What the SIP gateway allocates to read and translate an INVITE: as much however many fields it has that hold no
/// address of the host.
enum Messages {
  /// Allocations for a message of a call that is known.
  static func allocations(fields: Int) -> UInt64 {
    var record = SessionRecord(
      insideLocal: (Host.alice.address, 5060), insideGlobal: (Place.pool.lowerBound, 41_000),
      outside: (Host.carol.address, 5060), protocol: .udp)
    record.gateway = SIPGateway.id
    let session = ControlSession(
      InspectedSession(id: SessionID(worker: 0, number: 1, created: 1), record: record), gateway: SIPGateway.id)
    let memory = SIPGateway.memory(EngineSettings())
    let octets = invite(fields: fields)
    var inspector = SIPGateway.open(session)
    func read() -> UInt64 {
      countAllocations {
        var agent = TranslationAgent(session, memory: memory, now: 1_000_000)
        do throws(GatewayError) {
          try inspector.inspect(octets.span, .outbound, through: &agent)
        } catch {
          exit(1)
        }
        agent.carryOutChanges()
        keep(agent.edits)
      }
    }
    // The first one begins the call.
    _ = read()
    return read()
  }

  private static func invite(fields: Int) -> [UInt8] {
    let kinds = [
      "Allow: INVITE, ACK, BYE", "Route: <sip:proxy.example.net;lr>", "Supported: timer", "X-Other: (a) \"b\", <c>;d=e",
      "Record-Route: <sip:198.51.100.1;lr>",
    ]
    let own = [
      "Via: SIP/2.0/UDP 10.10.10.10:5060;branch=z9hG4bK1;rport", "From: <sip:alice@10.10.10.10>;tag=1",
      "To: <sip:carol@203.0.113.10>", "Call-ID: 1", "CSeq: 1 INVITE", "Contact: <sip:alice@10.10.10.10:5060>",
      "Content-Length: 0",
    ]
    let others = (own.count..<max(own.count, fields)).map { kinds[$0 % kinds.count] }
    let lines = ["INVITE sip:carol@203.0.113.10 SIP/2.0"] + others + own + ["", ""]
    return Array(lines.joined(separator: "\r\n").utf8)
  }
}
