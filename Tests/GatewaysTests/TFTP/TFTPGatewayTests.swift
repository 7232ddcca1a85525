import GatewayTestSupport
import Gateways
import TestSupport
import Testing
import Translation
import WireFormats

@Suite("The TFTP gateway")
struct TFTPGatewayTests {
  private func request(_ opcode: UInt8, _ strings: [String]) -> [UInt8] {
    [0, opcode] + strings.flatMap { Array($0.utf8) + [0] }
  }

  @Test(arguments: [UInt8(1), 2])
  func `a client's request lets its server answer from any port of its own address`(_ opcode: UInt8) throws {
    var conversation = Conversation(TFTPGateway.self, transport: .udp)
    conversation.datagram(request(opcode, ["boot.img", "octet", "blksize", "1428"]), .outbound)
    let door = try #require(conversation.doors.first)
    #expect(door.request.direction == .inbound && door.request.insideLocalPort == 40_000)
    #expect(door.request.remote == Host.carol.address && door.request.remotePort == 0)
    #expect(conversation.edits.isEmpty)
  }

  @Test func `a server inside answers an outside client from a new port`() throws {
    var conversation = Conversation(TFTPGateway.self, opened: .inbound, transport: .udp)
    conversation.datagram(request(1, ["boot.img", "NetASCII"]), .inbound)
    let door = try #require(conversation.doors.first)
    #expect(door.request.direction == .outbound && door.request.remotePort == 40_000)
  }

  @Test func `a thousand requests of one client's port have one door at a time (R8)`() {
    var conversation = Conversation(TFTPGateway.self, transport: .udp)
    for _ in 0..<1000 { conversation.datagram(request(1, ["a", "octet"]), .outbound) }
    #expect(conversation.doors.count - conversation.closed.count == 1)
  }

  @Test(
    arguments: [
      [], [0], [0, 1], [0, 1, 0], [0, 3, 0, 1], [0, 1, 97], [0, 1, 97, 0], [0, 1, 97, 0, 111],
      Array("\0\u{1}a\0octets\0".utf8), Array("\0\u{1}a\0octet\0blksize\0".utf8), Array("GET / HTTP/1.1\r\n\r\n".utf8),
    ] as [[UInt8]])
  func `what is no request makes a stranger`(_ datagram: [UInt8]) {
    var conversation = Conversation(TFTPGateway.self, transport: .udp)
    conversation.datagram(datagram, .outbound)
    #expect(conversation.doors.isEmpty && conversation.steppedAside == .stranger)
  }
}
