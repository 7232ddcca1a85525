import Forwarding
import GatewayTestSupport
import Gateways
import Glibc
import TestSupport
import Translation
import WireFormats

// An input is a control session of one of the gateways: what both sides send, in pieces. The same octets in other pieces
// must bring about the same edits and doors; edits lie within their messages; what is not edited goes on as it came.

/// libFuzzer's own main is left out, because a Swift package gives an executable's main another name.
@main
enum FuzzGateways {
  static func main() {
    var count = CommandLine.argc
    var arguments = unsafe Optional(CommandLine.unsafeArgv)
    unsafe exit(runFuzzer(&count, &arguments, { unsafe fuzzGateways($0, $1) }))
  }
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
  _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// The only gateway that is asked, where SALLYPORT_FUZZ_GATEWAY names one; Tools/fuzz has seen to it that it does.
private let chosen: (any ApplicationGateway.Type)? = {
  guard let name = unsafe getenv("SALLYPORT_FUZZ_GATEWAY") else { return nil }
  guard let gateway = GatewayCatalog.gateway(named: unsafe String(cString: name)) else {
    fatalError("no gateway of this name")
  }
  return gateway
}()

/// One input: the gateway, who opened the session, and pieces of a direction and a length before each.
private func fuzzGateways(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  guard input.count > 2 else { return 0 }
  let gateway = chosen ?? GatewayCatalog.all[Int(input[0]) % GatewayCatalog.all.count]
  let isDatagrams =
    gateway.services.allSatisfy { $0.transport == .udp }
    || input[1] & 2 != 0 && gateway.services.contains { $0.transport == .udp }
  let opened: Direction = input[1] & 1 == 0 ? .outbound : .inbound
  var pieces: [(Direction, [UInt8])] = []
  var at = 2
  while at < input.count, pieces.count < 64 {
    let length = min(Int(input[at] >> 1), input.count - at - 1)
    pieces.append((input[at] & 1 == 0 ? .outbound : .inbound, Array(input[at + 1..<at + 1 + length])))
    at += 1 + length
  }
  let whole = play(gateway, opened, isDatagrams, pieces, cut: nil)
  guard !isDatagrams else { return 0 }
  let cut = play(gateway, opened, isDatagrams, pieces, cut: 1 + Int(input[1] >> 4))
  guard whole.passed == cut.passed, whole.edits == cut.edits, whole.doors.count == cut.doors.count,
    whole.steppedAside == cut.steppedAside
  else {
    fatalError("other pieces brought about something else: \(summary(whole)) and not \(summary(cut))")
  }
  return 0
}

/// What came of a conversation.
private func summary(_ conversation: Conversation) -> String {
  let aside = conversation.steppedAside?.name ?? "-"
  return "\(conversation.passed) \(conversation.edits) doors \(conversation.doors.count) aside \(aside)"
}

private func play(
  _ gateway: any ApplicationGateway.Type, _ opened: Direction, _ isDatagrams: Bool, _ pieces: [(Direction, [UInt8])],
  cut: Int?
) -> Conversation {
  var conversation = Conversation(
    gateway, opened: opened, transport: isDatagrams ? .udp : .tcp, addresses: Book(), options: .readsParts)
  for (direction, octets) in pieces {
    if isDatagrams {
      conversation.datagram(octets, direction)
    } else if let cut {
      for start in stride(from: 0, to: octets.count, by: cut) {
        conversation.send(Array(octets[start..<min(start + cut, octets.count)]), direction)
      }
    } else {
      conversation.send(octets, direction)
    }
  }
  return conversation
}

/// Every address has another one, of other length in text.
private struct Book: AddressBook {
  private func other(_ address: IPv4Address) -> IPv4Address? { IPv4Address(address.rawValue ^ 0x0101_0F63) }
  func insideGlobal(of local: IPv4Address, in: RoutingInstance, _: RoutingInstance) -> IPv4Address? { other(local) }
  func insideLocal(of global: IPv4Address, in: RoutingInstance, _: RoutingInstance) -> IPv4Address? { other(global) }
  func outsideLocal(of global: IPv4Address, in: RoutingInstance, _: RoutingInstance) -> IPv4Address? { nil }
  func outsideGlobal(of local: IPv4Address, in: RoutingInstance, _: RoutingInstance) -> IPv4Address? { nil }
}
