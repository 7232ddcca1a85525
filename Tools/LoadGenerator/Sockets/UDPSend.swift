import ArgumentParser

/// `udp-send`: datagrams from many flows, paced or as fast as possible.
struct UDPSend: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "udp-send", abstract: "Send UDP datagrams from many connected sockets.")

  @Option(help: ArgumentHelp("Where to send.", valueName: "address:port"))
  var to: DestinationArgument

  @Option(help: "How many flows, each a socket with its own source port.")
  var flows = 1

  @Option(help: "Payload of a datagram, in bytes.")
  var size: Int

  @Option(help: "Packets a second, or max.")
  var rate: RateArgument

  @OptionGroup var duration: RunLength

  @OptionGroup var ownership: OwnershipFlag

  @Option(help: "Hand the kernel this many datagrams in one piece (UDP_SEGMENT).")
  var gso: Int?

  @Option(help: "First source port; the flows take consecutive ones. Otherwise the kernel chooses.")
  var sourcePort: UInt16?

  mutating func validate() throws {
    guard (1...Limits.flows).contains(flows) else {
      throw ValidationError("--flows must be between 1 and \(Limits.flows).")
    }
    guard (0...Limits.payload).contains(size) else {
      throw ValidationError("--size must be between 0 and \(Limits.payload).")
    }
    if let gso {
      guard size > 0, (1...Limits.segments).contains(gso), gso * size <= Limits.payload else {
        throw ValidationError(
          "--gso must be between 1 and \(Limits.segments), and \(Limits.payload) bytes with --size.")
      }
    }
    if let sourcePort, sourcePort == 0 || Int(sourcePort) + flows > 65_536 {
      throw ValidationError("--source-port and --flows leave the range of ports.")
    }
  }

  func run() throws {
    try ownership.allow(to.address.networkOrder)
    raiseOpenFiles()
    sharpenTimers()
    let sockets = try (0..<flows).map { try openFlow($0) }
    var sender = try UDPSender(flows: sockets, datagramSize: size, segments: gso ?? 1)
    let result = sender.run(rate: rate, nanoseconds: duration.nanoseconds)
    printResult([
      ("sent", .count(result.sent)), ("errors", .count(result.errors)),
      ("seconds", .real(Double(result.nanoseconds) / 1e9)),
    ])
  }

  private func openFlow(_ index: Int) throws -> Socket {
    let socket = try Socket(.datagram)
    if let sourcePort { try socket.bind(port: sourcePort + UInt16(index)) }
    try socket.connect(to: to.address.networkOrder, port: to.port)
    if gso != nil { try socket.setSegmentSize(size) }
    return socket
  }
}
