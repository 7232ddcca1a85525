import ArgumentParser
import Configuration
import ControlPlane
import Replay
import WireFormats

/// `sallyport replay CAPTURE --config FILE --output DIR [--inside PREFIX]… [--json]`.
struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Play a capture through the gateway, without a gateway.",
    discussion: """
      The conversations of a pcap or pcapng file are played through the rules of a configuration by simulated hosts: those \
      in the networks of its inside interfaces, or in the networks that --inside names, are inside. What the hosts on \
      either side would see is written to inside.pcap and outside.pcap in the output directory; what was translated, \
      rewritten, opened and dropped is reported.

      Exits with 0 when every payload address that had to be translated was, with 1 when not, with 2 when the capture or \
      the configuration cannot be read or the output cannot be written.
      """)

  @Argument(help: "The capture: pcap or pcapng; Ethernet, raw IP, Linux cooked or loopback.")
  var capture: String

  @Option(help: ArgumentHelp("The configuration, in IOS syntax.", valueName: "file"))
  var config: String

  @Option(help: ArgumentHelp("The directory to write to; it is made if it does not exist.", valueName: "dir"))
  var output: String

  @Option(
    name: .customLong("inside"), parsing: .singleValue,
    help: ArgumentHelp(
      "A network whose hosts are inside, instead of those of the inside interfaces; may be repeated.",
      valueName: "prefix"), transform: IPv4Prefix.argument)
  var networks: [IPv4Prefix] = []

  @Flag(help: "Report in JSON.")
  var json = false

  /// The exit code of an error in a file or in the arguments.
  static let failure = ExitCode(2)

  func run() throws {
    let report = try replay()
    let listing = ReplayListing(report, of: capture)
    _ = Output.standard.write(json ? listing.json : Array(listing.text.utf8))
    guard report.isComplete else { throw ExitCode.failure }
  }

  private func replay() throws -> ReplayReport {
    do {
      let gateway = try GatewayConfiguration.load(path: config)
      let capture = try CaptureFile(try InputFile.read(capture))
      let replay = try CaptureReplay(capture, ReplayPlan(gateway, inside: networks))
      let files = try SideFiles(directory: output)
      return try replay.run { side, octets in try files.write(octets, of: side) }
    } catch let errors as ConfigurationErrors {
      Output.error.say(errors.rendered())
    } catch let error as CaptureError {
      Output.error.say("error: \(capture): \(error)")
    } catch let error as ReplayError {
      Output.error.say("error: \(capture): \(error)")
    } catch let error as FileError {
      Output.error.say("error: \(error)")
    }
    throw Self.failure
  }
}

extension IPv4Prefix {
  /// Reads `ADDRESS/LENGTH`, or an address for one host; bits of the host's part are refused.
  static func argument(_ text: String) throws -> IPv4Prefix {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    let digits = parts.count == 2 ? parts[1] : "32"
    guard parts.count <= 2, let first = parts.first, let address = IPv4Address(first),
      digits.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let length = UInt8(digits), length <= 32
    else { throw ValidationError("\(text) is not a network such as 192.168.0.0/16") }
    let network = IPv4Prefix(containing: address, length: length)
    guard network.address == address else {
      throw ValidationError("\(text) has bits behind its length; the network is \(network)")
    }
    return network
  }
}
