import GatewayTestSupport
import Gateways
import TestSupport
import Testing
import Translation
import WireFormats

/// NAT slipstreaming: a browser is made to send another protocol's message in the body of an HTTP request, placed so that
/// it begins where a segment does. No gateway, present or future, may take it for what it looks like.
@Suite("Strangers")
struct StrangerTests {
  /// What an attacker would like a gateway to read.
  private static let messages = [
    "PORT 10,10,10,10,200,1\r\n", "EPRT |1|10.10.10.10|6275|\r\n", "227 Entering Passive Mode (10,10,10,10,200,1)\r\n",
    "REGISTER sip:carol SIP/2.0\r\nContact: <sip:x@10.10.10.10:1234>\r\n\r\n",
  ]

  private static var gateways: [any ApplicationGateway.Type] { GatewayCatalog.all }

  @Test(arguments: gateways.indices)
  func `a message in the body of an HTTP request opens nothing, wherever a segment begins`(_ number: Int) {
    let gateway = Self.gateways[number]
    for message in Self.messages {
      for padding in stride(from: 0, to: 3_000, by: 97) {
        let head = "POST /\(padding) HTTP/1.1\r\nHost: carol\r\nContent-Length: 9000\r\n\r\n"
        var conversation = Conversation(gateway)
        if gateway.services.allSatisfy({ $0.transport == .udp }) {
          conversation.datagram(Array((head + message).utf8), .outbound)
        } else {
          conversation.send(head + String(repeating: "A", count: padding), .outbound)
          conversation.send(message, .outbound)
          conversation.send("HTTP/1.1 200 OK\r\n\r\n" + "200 OK\r\n", .inbound)
          conversation.send(message, .outbound)
        }
        #expect(conversation.steppedAside == .stranger)
        #expect(conversation.doors.isEmpty && conversation.edits.isEmpty && conversation.activated.isEmpty)
      }
    }
  }

  @Test(arguments: gateways.indices)
  func `a stranger's octets all go on`(_ number: Int) {
    let gateway = Self.gateways[number]
    guard !gateway.services.allSatisfy({ $0.transport == .udp }) else { return }
    var conversation = Conversation(gateway)
    let octets = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ 128) }
    conversation.send(octets, .outbound)
    #expect(conversation.passed[.outbound] == octets)
  }
}
