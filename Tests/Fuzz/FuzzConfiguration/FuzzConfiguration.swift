import Configuration
import Glibc

// Any octets as a configuration: it is refused with places that exist, or accepted, and then what is rendered reads
// back equal and renders the same.

/// libFuzzer's own main is left out, because a Swift package gives an executable's main another name.
@main
enum FuzzConfiguration {
  static func main() {
    var count = CommandLine.argc
    var arguments = unsafe Optional(CommandLine.unsafeArgv)
    unsafe exit(runFuzzer(&count, &arguments, { unsafe fuzzConfiguration($0, $1) }))
  }
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
  _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// One input.
private func fuzzConfiguration(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  // As it stands hardly any input comes further than its first word, so that it is also read behind a configuration
  // that has something of everything to name.
  lookAt(input)
  lookAt(Array(surroundings.utf8) + input)
  return 0
}

private func lookAt(_ octets: [UInt8]) {
  do throws(ConfigurationErrors) {
    let gateway = try GatewayConfiguration.parse(octets, file: "fuzz.conf")
    let text = gateway.render()
    do throws(ConfigurationErrors) {
      let again = try GatewayConfiguration.parse(text, file: "rendered.conf")
      precondition(again == gateway, "what is rendered means something else:\n\(text)")
      precondition(again.render() == text, "what is rendered renders otherwise:\n\(text)")
    } catch {
      preconditionFailure("what is rendered is refused:\n\(error.rendered())\n\(text)")
    }
  } catch {
    lookAt(error, in: octets)
  }
}

private func lookAt(_ errors: ConfigurationErrors, in octets: [UInt8]) {
  precondition((1...ConfigurationErrors.maximumCount).contains(errors.errors.count))
  let lines = octets.reduce(1) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
  for error in errors.errors {
    precondition(!error.message.isEmpty && error.location.line <= lines)
    precondition((0...error.sourceLine.unicodeScalars.count + 1).contains(error.location.column))
    // Errors go to terminals, which must not be spoken to by the text of a file.
    precondition(error.rendered().unicodeScalars.allSatisfy { $0 == "\n" || $0 == "\t" || $0.value >= 0x20 })
  }
}

/// One of each thing that statements name.
private let surroundings = """
  ip vrf R
  interface i
   device tap t
   ip address 10.0.0.1 255.255.255.0
  interface o
   device tap u
   ip address 203.0.113.1 255.255.255.0
  access-list 1 permit any
  access-list 100 permit tcp any any eq www
  route-map M permit 10
   match ip address 1
  ip nat pool P 203.0.113.9 203.0.113.19 prefix-length 24
  ip nat pool Q prefix-length 24 type rotary
   address 10.0.0.50 10.0.0.59

  """
