import ArgumentParser
import Glibc

/// `connect`: connections a second, each with one request and one reply.
struct Connect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Open TCP connections, send 64 bytes on each, await 64 bytes, close, and start over.")

  @Option(help: "The server's address.")
  var to: AddressArgument

  @Option(help: ArgumentHelp("The server's ports, taken in turn.", valueName: "base+count"))
  var ports: PortsArgument

  @Option(help: "Connections under way at any time.")
  var concurrency: Int

  @OptionGroup var duration: RunLength

  @OptionGroup var ownership: OwnershipFlag

  mutating func validate() throws {
    guard (1...Limits.concurrency).contains(concurrency) else {
      throw ValidationError("--concurrency must be between 1 and \(Limits.concurrency).")
    }
  }

  func run() throws {
    try ownership.allow(to.networkOrder)
    let descriptors = raiseOpenFiles()
    guard concurrency + 64 <= descriptors else {
      throw ValidationError("--concurrency \(concurrency) needs more open files than \(descriptors).")
    }
    var client = try ConnectionClient(
      address: to.networkOrder, ports: ports, concurrency: concurrency, descriptors: descriptors)
    let start = monotonicNanoseconds()
    client.run(until: start + duration.nanoseconds)
    let seconds = Double(monotonicNanoseconds() - start) / 1e9
    printResult([
      ("ok", .count(client.completed)), ("errors", .count(client.errors)), ("seconds", .real(seconds)),
      ("cps", .real(Double(client.completed) / seconds)),
    ])
  }
}
