import GatewayTestSupport
import Gateways
import Glibc
import TestSupport
import Translation
import WireFormats

// An input is one SIP message, one session description or one body of several parts, which stands in a message then. It
// goes out and comes in again. Whatever it is: what is not edited goes on as it came, and where Content-Length was right
// it is right afterwards.

/// libFuzzer's own main is left out, because a Swift package gives an executable's main another name.
@main
enum FuzzSIP {
  static func main() {
    var count = CommandLine.argc
    var arguments = unsafe Optional(CommandLine.unsafeArgv)
    unsafe exit(runFuzzer(&count, &arguments, { unsafe fuzzSIP($0, $1) }))
  }
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
  _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// What an input is: SALLYPORT_FUZZ_MODE, which Tools/fuzz sets.
private enum Mode: String {
  case message, sdp, multipart
}

private let mode: Mode = {
  guard let name = unsafe getenv("SALLYPORT_FUZZ_MODE") else { return .message }
  guard let mode = Mode(rawValue: unsafe String(cString: name)) else { fatalError("no such mode") }
  return mode
}()

/// One input: how it travels, and its octets.
private func fuzzSIP(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  guard let flags = input.first else { return 0 }
  let octets = Array(input.dropFirst())
  let message =
    switch mode {
    case .message: octets
    case .sdp: invite("application/sdp", octets)
    case .multipart: invite("multipart/mixed;boundary=b", octets)
    }
  let direction: Direction = flags & 1 == 0 ? .outbound : .inbound
  let memory = SIPGateway.memory(EngineSettings())
  var datagrams = conversation(.udp, flags, memory)
  // An INVITE of the same call, so that answers and later requests mean something.
  if flags & 4 != 0 { datagrams.datagram(invite("application/sdp", Array(description.utf8)), direction) }
  datagrams.datagram(message, direction)
  let left = datagrams.passed[direction] ?? []
  check(message, left)
  datagrams.datagram(left, direction == .outbound ? .inbound : .outbound)
  check(left, datagrams.passed[direction == .outbound ? .inbound : .outbound] ?? [])
  compareStreams(message, direction, flags)
  return 0
}

/// Whether a message comes out of a stream alike in whatever pieces it comes.
private func compareStreams(_ message: [UInt8], _ direction: Direction, _ flags: UInt8) {
  var results: [[UInt8]] = []
  for size in [message.count + 1, 1 + Int(flags >> 4)] {
    var stream = conversation(.tcp, flags, SIPGateway.memory(EngineSettings()))
    for start in stride(from: 0, to: message.count, by: size) {
      stream.send(Array(message[start..<min(start + size, message.count)]), direction)
    }
    stream.send([], direction, ending: true)
    results.append(stream.passed[direction] ?? [])
  }
  guard results[0] == results[1] else { fatalError("other pieces brought about something else") }
}

private func conversation(
  _ transport: IPProtocol, _ flags: UInt8, _ memory: (any GatewayMemory)?
) -> Conversation {
  Conversation(
    SIPGateway.self, opened: flags & 2 == 0 ? .outbound : .inbound, transport: transport,
    options: flags & 8 == 0 ? .readsParts : [.readsParts, .directMedia, .evenMediaPorts], memory: memory)
}

/// Where a body's length was right it has to be right behind the gateway.
private func check(_ before: [UInt8], _ after: [UInt8]) {
  guard mode != .message, let old = split(before), let new = split(after), old.length == old.body else { return }
  guard new.length == new.body else { fatalError("Content-Length \(new.length) of a body of \(new.body)") }
}

/// The Content-Length that `invite` wrote, which is its last field, and the octets of the body.
private func split(_ message: [UInt8]) -> (length: Int, body: Int)? {
  guard let end = message.indices.dropFirst(3).first(where: { Array(message[$0 - 3...$0]) == [13, 10, 13, 10] }),
    let space = message[..<end].lastIndex(of: 0x20),
    let length = Int(String(decoding: message[space + 1..<end - 3], as: UTF8.self))
  else { return nil }
  return (length, message.count - end - 1)
}

private let description = "v=0\r\no=a 1 1 IN IP4 10.10.10.10\r\nc=IN IP4 10.10.10.10\r\nm=audio 4000 RTP/AVP 0\r\n"

/// An INVITE of alice's with a body.
private func invite(_ type: String, _ body: [UInt8]) -> [UInt8] {
  let lines = [
    "INVITE sip:carol@203.0.113.10 SIP/2.0", "Via: SIP/2.0/UDP 10.10.10.10:40000;branch=z9hG4bK1",
    "From: <sip:alice@10.10.10.10>;tag=a", "To: <sip:carol@203.0.113.10>", "Call-ID: 1", "CSeq: 1 INVITE",
    "Contact: <sip:alice@10.10.10.10:40000>", "Content-Type: \(type)", "Content-Length: \(body.count)", "", "",
  ]
  return Array(lines.joined(separator: "\r\n").utf8) + body
}
