import Glibc
import TestSupport
import WireFormats

// Any octets through every view: a view may refuse them or not, but what it accepts lies within them, agrees with a
// checksum that shares no code with it, and is read as it was written.

/// libFuzzer's own main is left out, because a Swift package gives an executable's main another name.
@main
enum FuzzWireFormats {
  static func main() {
    var count = CommandLine.argc
    var arguments = unsafe Optional(CommandLine.unsafeArgv)
    unsafe exit(runFuzzer(&count, &arguments, { unsafe fuzzWireFormats($0, $1) }))
  }
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
  _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// One input.
private func fuzzWireFormats(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  let arena = FrameArena([Frame(octets: input)])
  let octets = arena.octets(0)
  for offset in [0, 14, 18, count - 20, count - 28] { lookAtHeader(octets, at: offset, input) }
  lookAtARP(octets, input)
  lookAtText(String(decoding: input, as: UTF8.self))
  withExtendedLifetime(input) { precondition(arena.sent(0).frame == input, "a view wrote where it should read") }
  return 0
}

private func lookAtHeader(_ octets: PacketOctets, at offset: Int, _ input: [UInt8]) {
  if let header = IPv4Header(octets, at: offset) {
    precondition(header.headerLength >= 20 && header.headerLength <= 60)
    precondition(header.payload <= header.end && header.end <= input.count)
    precondition(NaiveChecksum.sum(input[offset..<header.payload]) == 0xFFFF)
    precondition(IPv4Header(quotedIn: octets, at: offset) != nil)
    let sum = InternetChecksum.fold(octets.sum(header.payload..<header.end))
    precondition(sum % 0xFFFF == NaiveChecksum.sum(input[header.payload..<header.end]) % 0xFFFF)
  } else {
    // A diagnosis is true: each fault is the first that holds.
    switch IPv4Header.diagnose(octets, at: offset) {
    case .truncated: precondition(offset < 0 || input.count < offset + 20)
    case .notVersion4: precondition(input[offset] >> 4 != 4)
    case .headerLength: precondition(input[offset] & 15 < 5 || input.count < offset + Int(input[offset] & 15) * 4)
    case .totalLength:
      let total = Int(input[offset + 2]) << 8 | Int(input[offset + 3])
      precondition(total < Int(input[offset] & 15) * 4 || input.count < offset + total)
    case .checksum:
      precondition(NaiveChecksum.sum(input[offset..<offset + Int(input[offset] & 15) * 4]) != 0xFFFF)
    }
  }
  if let quoted = IPv4Header(quotedIn: octets, at: offset) {
    precondition(quoted.payload <= input.count && quoted.totalLength >= quoted.headerLength)
  }
}

private func lookAtARP(_ octets: PacketOctets, _ input: [UInt8]) {
  guard let packet = ARPPacket(octets, at: 0) else { return }
  let copy = FrameArena([Frame(octets: [UInt8](repeating: 0, count: ARPPacket.length))])
  packet.write(to: copy.octets(0), at: 0)
  precondition(copy.sent(0).frame == Array(input.prefix(ARPPacket.length)))
}

private func lookAtText(_ text: String) {
  if let address = IPv4Address(text) { precondition(address.description == text) }
  if let address = MACAddress(text) { precondition(address.description == text.lowercased()) }
}
