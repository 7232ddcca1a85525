import GatewayTestSupport
import Gateways
import TestSupport
import Testing
import Translation
import VirtualTCP
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
        if (gateway.services + gateway.ipv6Services).allSatisfy({ $0.transport == .udp }) {
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

  /// The attacker's server chooses the MSS, and so where segments of the request begin; the page pads its body until the
  /// message begins one of them. The server's answers are those that would activate a door.
  @Test(arguments: gateways.indices, [200, 536, 1460])
  func `whatever MSS the attacker offers and wherever the request is split, nothing opens`(_ number: Int, _ size: Int) {
    let gateway = Self.gateways[number]
    guard !(gateway.services + gateway.ipv6Services).allSatisfy({ $0.transport == .udp }) else { return }
    let head = Array("POST / HTTP/1.1\r\nHost: carol\r\nContent-Length: 9000\r\n\r\n".utf8)
    var opened = 0
    for split in 1...3_000 {
      let message = Array(Self.messages[split % Self.messages.count].utf8)
      let padding = [UInt8](repeating: 65, count: max(0, split - head.count))
      let request = head + padding + message
      var conversation = Conversation(gateway)
      var at = 0
      while at < request.count {
        let end = min(at < split ? min(at + size, split) : at + size, request.count)
        conversation.send(Array(request[at..<end]), .outbound)
        at = end
      }
      conversation.send("200 OK\r\n227 Entering Passive Mode (10,10,10,10,200,1)\r\n", .inbound)
      opened += conversation.doors.count + conversation.edits.count + conversation.activated.count
      // What does not begin with the grammar is a stranger's; a first piece of a word may still be either.
      if conversation.steppedAside != .stranger { Issue.record("split at \(split): not a stranger") }
      if conversation.passed[.outbound] != request { Issue.record("split at \(split): octets are missing") }
    }
    #expect(opened == 0)
  }

  @Test(arguments: gateways.indices)
  func `a connection that was there before the gateway is never read`(_ number: Int) {
    let gateway = Self.gateways[number]
    guard gateway.services.first?.transport == .tcp else { return }
    for message in Self.messages {
      var bench = EngineBench(gateway)
      bench.send(.outbound, .ack, message)
      bench.send(.inbound, .ack, message)
      let out = bench.take()
      #expect(out.orders.allSatisfy { $0 == .release(bench.session.id, SequenceShift()) })
      #expect(out.segments.map { String(decoding: $0.1.payload, as: UTF8.self) } == [message, message])
    }
  }

  @Test(arguments: gateways.indices)
  func `a stranger's octets all go on`(_ number: Int) {
    let gateway = Self.gateways[number]
    guard !(gateway.services + gateway.ipv6Services).allSatisfy({ $0.transport == .udp }) else { return }
    var conversation = Conversation(gateway)
    let octets = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ 128) }
    conversation.send(octets, .outbound)
    #expect(conversation.passed[.outbound] == octets)
  }
}
