import GatewayTestSupport
import Gateways
import TestSupport
import Testing
import Translation

@Suite("The FTP gateway")
struct FTPGatewayTests {
  private static let greeting = "220 carol's files\r\n"

  /// A client inside at 10.10.10.10, a server outside.
  private func client() -> Conversation {
    var conversation = Conversation(FTPGateway.self)
    conversation.send(Self.greeting, .inbound)
    return conversation
  }

  /// A server inside at 10.10.10.10, a client outside.
  private func server() -> Conversation {
    var conversation = Conversation(FTPGateway.self, opened: .inbound)
    conversation.send(Self.greeting, .outbound)
    return conversation
  }

  // MARK: Active

  @Test func `a client's PORT names the granted endpoint, and its door waits for the server's yes (R5)`() throws {
    var conversation = client()
    conversation.send("PORT 10,10,10,10,200,1\r\n", .outbound)
    #expect(conversation.text(.outbound) == "PORT 203,0,113,100,195,80\r\n")
    let door = try #require(conversation.doors.first)
    #expect(door.request.direction == .inbound && door.request.insideLocalPort == 200 * 256 + 1)
    #expect(door.request.remote == Host.carol.address && !door.request.isActive && door.request.isSingleUse)
    #expect(conversation.activated.isEmpty)
    conversation.send("200 PORT command successful\r\n", .inbound)
    #expect(conversation.activated == [door.grant.door])
  }

  @Test func `EPRT does what PORT does`() {
    var conversation = client()
    conversation.send("EPRT |1|10.10.10.10|6275|\r\n", .outbound)
    #expect(conversation.text(.outbound) == "EPRT |1|203.0.113.100|50000|\r\n")
    conversation.send("EPRT |2|1080::8:800:200C:417A|5282|\r\n", .outbound)
    #expect(conversation.doors.count == 1, "IPv6 is left alone")
  }

  @Test func `a PORT that the server refuses closes its door`() {
    var conversation = client()
    conversation.send("PORT 10,10,10,10,200,1\r\n", .outbound)
    conversation.send("500 Illegal PORT command.\r\n", .inbound)
    #expect(conversation.activated.isEmpty && conversation.closed == conversation.doors.map(\.grant.door))
  }

  @Test func `an address that is not the client's opens nothing and stays (bounce, R4)`() {
    var conversation = client()
    conversation.send("PORT 10,10,10,11,200,1\r\nPORT 192,0,2,1,0,80\r\n", .outbound)
    #expect(conversation.doors.isEmpty && conversation.edits.isEmpty)
    #expect(conversation.remarks.count == 2 && conversation.remarks[0].hasPrefix("bounce"))
    #expect(conversation.text(.outbound) == "PORT 10,10,10,11,200,1\r\nPORT 192,0,2,1,0,80\r\n")
  }

  @Test func `a port that doors may not lead to leaves the command as it is (R6)`() {
    var conversation = client()
    conversation.grant = { _, _ in .refused(.deniedPort) }
    conversation.send("PORT 10,10,10,10,0,22\r\n", .outbound)
    #expect(conversation.text(.outbound) == "PORT 10,10,10,10,0,22\r\n" && conversation.doors.isEmpty)
    conversation.send("200 fine\r\n", .inbound)
    #expect(conversation.activated.isEmpty)
  }

  @Test func `a client outside is reached from inside by a door of its own`() throws {
    var conversation = server()
    conversation.send("PORT 203,0,113,10,200,1\r\n", .inbound)
    let door = try #require(conversation.doors.first)
    #expect(door.request.direction == .outbound && door.request.remotePort == 51201)
    #expect(conversation.edits.isEmpty, "inside knows the client by its own address")
  }

  @Test func `an endpoint that is agreed upon takes the place of the last one, whose door closes`() {
    var conversation = client()
    conversation.send("PORT 10,10,10,10,200,1\r\n", .outbound)
    conversation.send("200 fine\r\n", .inbound)
    conversation.send("PORT 10,10,10,10,200,2\r\n", .outbound)
    #expect(conversation.closed.isEmpty, "the server may not have come to it yet")
    conversation.send("200 fine\r\n", .inbound)
    #expect(conversation.closed == [conversation.doors[0].grant.door])
    #expect(conversation.activated == conversation.doors.map(\.grant.door))

    var other = server()
    other.send("PASV\r\nEPSV\r\n", .inbound)
    other.send("227 =10,10,10,10,200,1\r\n229 ok (|||51202|)\r\n", .outbound)
    #expect(other.doors.count == 2 && other.closed == [other.doors[0].grant.door])
  }

  // MARK: Passive

  @Test(arguments: [
    "227 Entering Passive Mode (10,10,10,10,19,137)\r\n", "227 Entering Passive Mode 10,10,10,10,19,137\r\n",
    "227 Entering 1st Passive Mode (10,10,10,10,19,137).\r\n", "227 =10,10,10,10,19,137\n",
  ])
  func `a server's 227 names the granted endpoint`(_ reply: String) throws {
    var conversation = server()
    conversation.send("PASV\r\n", .inbound)
    conversation.send(reply, .outbound)
    #expect(
      conversation.text(.outbound)
        == Self.greeting + reply.replacing("10,10,10,10,19,137", with: "203,0,113,100,195,80"))
    let door = try #require(conversation.doors.first)
    #expect(door.request.insideLocalPort == 5001 && door.request.isActive && door.request.remote == Host.carol.address)
  }

  @Test func `a server's 229 names the granted port`() {
    var conversation = server()
    conversation.send("EPSV\r\n", .inbound)
    conversation.send("229 Entering Extended Passive Mode (|||6446|)\r\n", .outbound)
    #expect(conversation.text(.outbound).hasSuffix("229 Entering Extended Passive Mode (|||50000|)\r\n"))
  }

  @Test func `EPSV ALL and EPSV of another family wait for no 229`() {
    var conversation = server()
    conversation.send("EPSV ALL\r\n", .inbound)
    conversation.send("229 Entering Extended Passive Mode (|||6446|)\r\n", .outbound)
    #expect(conversation.doors.isEmpty)
  }

  @Test func `a 227 that nobody asked for opens nothing (R9)`() {
    var conversation = server()
    conversation.send("NLST 227 Entering Passive Mode (10,10,10,10,0,139)\r\n", .inbound)
    conversation.send("227 Entering Passive Mode (10,10,10,10,19,137)\r\n", .outbound)
    #expect(conversation.doors.isEmpty && conversation.edits.isEmpty)
  }

  @Test func `an echoed 227 in the middle of a reply opens nothing`() {
    var conversation = server()
    conversation.send("PASV\r\n", .inbound)
    conversation.send("500-what is\r\n227 Entering Passive Mode (10,10,10,10,0,139)\r\n500 ?\r\n", .outbound)
    #expect(conversation.doors.isEmpty && conversation.edits.isEmpty)
    conversation.send("227 Entering Passive Mode (10,10,10,10,19,137)\r\n", .outbound)
    #expect(conversation.doors.isEmpty, "the 500 was PASV's answer")
  }

  @Test func `a 227 with another host's address opens nothing`() {
    var conversation = server()
    conversation.send("PASV\r\n", .inbound)
    conversation.send("227 Entering Passive Mode (10,10,10,11,19,137)\r\n", .outbound)
    #expect(conversation.doors.isEmpty && conversation.remarks.first?.hasPrefix("foreign address") == true)
  }

  @Test func `replies belong to commands in their order, preliminary ones to none`() {
    var conversation = server()
    conversation.send("NOOP\r\nPASV\r\nLIST\r\n", .inbound)
    conversation.send("200 ok\r\n227 (10,10,10,10,19,137)\r\n150 coming\r\n226 done\r\n", .outbound)
    #expect(conversation.doors.count == 1)
    conversation.send("PASV\r\n", .inbound)
    conversation.send("227 (10,10,10,10,19,138)\r\n", .outbound)
    #expect(conversation.doors.count == 2)
  }

  // MARK: Encryption

  @Test func `an accepted AUTH ends the looking, a refused one does not`() {
    var conversation = client()
    conversation.send("AUTH TLS\r\n", .outbound)
    conversation.send("530 no\r\n", .inbound)
    #expect(conversation.steppedAside == nil)
    conversation.send("AUTH TLS\r\n", .outbound)
    conversation.send("234 go ahead\r\n", .inbound)
    #expect(conversation.steppedAside == .encrypted)
    conversation.send([22, 3, 1, 0, 200, 1, 0], .outbound)
    #expect(conversation.passed[.outbound]?.suffix(7) == [22, 3, 1, 0, 200, 1, 0])
  }

  // MARK: Cuts and strangers

  @Test func `however the octets are cut, the edits are the same`() {
    let script: [(String, Direction)] = [
      (Self.greeting, .inbound), ("USER anonymous\r\n", .outbound), ("331 password\r\n", .inbound),
      ("PORT 10,10,10,10,200,1\r\nEPRT |1|10.10.10.10|6275|\r\n", .outbound),
      ("200 ok\r\n200 ok\r\n", .inbound), ("QUIT\r\n", .outbound),
    ]
    var whole = Conversation(FTPGateway.self)
    for (text, direction) in script { whole.send(text, direction) }
    for size in 1...30 {
      var cut = Conversation(FTPGateway.self)
      for (text, direction) in script {
        let octets = Array(text.utf8)
        for start in stride(from: 0, to: octets.count, by: size) {
          cut.send(Array(octets[start..<min(start + size, octets.count)]), direction)
        }
      }
      #expect(cut.passed == whole.passed && cut.doors.count == whole.doors.count && cut.steppedAside == nil)
    }
  }

  @Test func `telnet's interrupt before ABOR does not make a stranger`() {
    var conversation = client()
    conversation.send("USER a\r\n", .outbound)
    conversation.send([0xFF, 0xF4, 0xFF, 0xF2] + Array("ABOR\r\n".utf8), .outbound)
    conversation.send("PORT 10,10,10,10,200,1\r\n", .outbound)
    #expect(conversation.doors.count == 1 && conversation.errors.isEmpty)
  }

  @Test func `a line without end passes in pieces, and the next one is read`() {
    var conversation = client()
    conversation.send("USER a\r\n", .outbound)
    let long = "SITE " + String(repeating: "x", count: 20_000)
    conversation.send(long, .outbound)
    #expect(conversation.text(.outbound).hasSuffix(String(repeating: "x", count: 100)))
    conversation.send("\r\nPORT 10,10,10,10,200,1\r\n", .outbound)
    #expect(conversation.doors.count == 1)
  }

  @Test(arguments: [
    "227 \r\n", "227 (1,2,3,4,5)\r\n", "227 (256,1,1,1,1,1)\r\n", "227 (10,10,10,10,999999999999,1)\r\n",
    "229 (|||)\r\n",
    "229 (|||99999|)\r\n", "229 (\r\n", "229\r\n",
  ])
  func `a broken answer is counted and goes on as it is`(_ reply: String) {
    var conversation = server()
    conversation.send(reply.hasPrefix("227") ? "PASV\r\n" : "EPSV\r\n", .inbound)
    conversation.send(reply, .outbound)
    #expect(conversation.doors.isEmpty && conversation.errors.count == 1)
    #expect(conversation.text(.outbound) == Self.greeting + reply)
  }
}
