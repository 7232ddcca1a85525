import GatewayTestSupport
import Gateways
import TestSupport
import Testing
import Translation

@Suite("The example gateway")
struct ExampleGatewayTests {
  @Test func `opens a door for the client's own endpoint and says where it is`() throws {
    var conversation = Conversation(ExampleGateway.self)
    conversation.send("HERE 10.10.10.10 5000\r\n", .outbound)
    #expect(conversation.text(.outbound) == "HERE 203.0.113.100 50000\r\n")
    let door = try #require(conversation.doors.first)
    #expect(door.request.insideLocalPort == 5000 && door.request.remote == Host.carol.address)
  }

  @Test func `is in no catalogue`() { #expect(!GatewayCatalog.all.contains { $0.id == ExampleGateway.id }) }

  @Test(arguments: ["HERE 10.10.10.11 5000\r\n", "HERE 10.10.10.10 70000\r\n", "HERE 10.10.10 1\r\n", "HERE \r\n"])
  func `leaves alone what is not the client's own, or is nothing at all`(_ line: String) {
    var conversation = Conversation(ExampleGateway.self)
    conversation.send(line, .outbound)
    #expect(conversation.doors.isEmpty && conversation.text(.outbound) == line)
  }

  @Test func `of the catalogue all numbers and names are different`() {
    #expect(Set(GatewayCatalog.all.map { $0.id }).count == GatewayCatalog.all.count)
    #expect(Set(GatewayCatalog.all.map { $0.name }).count == GatewayCatalog.all.count)
  }
}
