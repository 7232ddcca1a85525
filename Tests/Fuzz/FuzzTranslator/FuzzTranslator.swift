import Glibc

// An input is a play of many steps (Play.swift). After it the state must hold, and nothing may be left of it once all
// has timed out; and at no time may an inside address leave, or a right checksum become a wrong one.

/// libFuzzer's own main is left out, because a Swift package gives an executable's main another name.
@main
enum FuzzTranslator {
  static func main() {
    var count = CommandLine.argc
    var arguments = unsafe Optional(CommandLine.unsafeArgv)
    unsafe exit(runFuzzer(&count, &arguments, { unsafe fuzzTranslator($0, $1) }))
  }
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
  _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// One input.
private func fuzzTranslator(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  var play = Play(input)
  play.perform()
  return 0
}
