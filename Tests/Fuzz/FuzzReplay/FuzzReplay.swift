import Configuration
import Glibc
import Replay
import WireFormats

// An input is a capture: a pcap or pcapng file as it is. Whatever it says, it is read or refused, its replay comes to an
// end, and what is written can be read again.

/// libFuzzer's own main is left out, because a Swift package gives an executable's main another name.
@main
enum FuzzReplay {
  static func main() {
    var count = CommandLine.argc
    var arguments = unsafe Optional(CommandLine.unsafeArgv)
    unsafe exit(runFuzzer(&count, &arguments, { unsafe fuzzReplay($0, $1) }))
  }
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
  _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// The gateway: a rule, a static entry, an outside entry. Most addresses that an input has are inside or outside.
private let plan: ReplayPlan = {
  let text = """
    interface inside0
     device tap sp-inside
     ip address 10.0.0.1 255.0.0.0
     ip nat inside
    interface outside0
     device tap sp-outside
     ip address 203.0.113.1 255.255.255.0
     ip nat outside
    ip route 0.0.0.0 0.0.0.0 203.0.113.254
    access-list 10 permit any
    ip nat pool OUT 203.0.113.100 203.0.113.103 prefix-length 24
    ip nat inside source list 10 pool OUT overload
    ip nat inside source static 10.10.10.11 203.0.113.50
    ip nat outside source static 203.0.113.10 172.16.0.10 add-route

    """
  guard let configuration = try? GatewayConfiguration.parse(text, file: "fuzz.conf") else {
    fatalError("the configuration has errors")
  }
  return ReplayPlan(
    interfaces: configuration.interfaces, routes: configuration.routes, translation: configuration.translation,
    engine: configuration.engineSettings, insideNetworks: networks)
}()

/// Networks of addresses that captures have, so that one end of what the seeds say is inside.
private let networks: [IPv4Prefix] = [
  ("10.0.0.0", 31), ("10.10.10.0", 24), ("10.30.28.90", 32), ("172.23.0.3", 32), ("172.16.238.131", 32),
  ("192.168.0.13", 32), ("192.168.1.212", 32), ("192.168.1.2", 32),
].compactMap { address, length in
  IPv4Address(address).map { IPv4Prefix(containing: $0, length: length) }
}

private func fuzzReplay(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  guard let capture = try? CaptureFile(input), let replay = try? CaptureReplay(capture, plan) else { return 0 }
  var files: (inside: [UInt8], outside: [UInt8]) = ([], [])
  let report = replay.run { side, octets in
    if side == .inside { files.inside += octets } else { files.outside += octets }
  }
  guard let inside = try? CaptureFile(files.inside), let outside = try? CaptureFile(files.outside),
    inside.count == report.insideFrames, outside.count == report.outsideFrames
  else { fatalError("what was written cannot be read") }
  guard report.played + report.skipped.values.reduce(0, +) == report.frames else {
    fatalError("a frame was not counted")
  }
  return 0
}
