import ArgumentParser

/// `sip`: calls of inside user agents to outside ones, with their media.
struct SIPProfile: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sip",
    abstract: "SIP calls over UDP or TCP with media both ways: calls a second.",
    discussion: """
      INVITE, 100, 180, 200, ACK, RTP both ways between the endpoints that the descriptions name, BYE, 200. What Via, \
      Contact, From and the description name must be what the gateway makes of the packets, and no message outside may \
      name an inside address.
      """)

  /// The most packets each way: they are sent in a row, as no voice would be.
  private static let mostPackets = 100

  @OptionGroup var options: LoadOptions

  @Option(help: "What the messages go over: udp or tcp, with a connection for each call.")
  var transport: SessionTransport = .udp

  @Option(help: "Packets of media each way, in a row.")
  var mediaPackets = 4

  @OptionGroup var patience: Patience

  mutating func validate() throws {
    guard (1...Self.mostPackets).contains(mediaPackets) else {
      throw ValidationError("--media-packets must be between 1 and \(Self.mostPackets).")
    }
  }

  func run() throws {
    try Campaign(name: "sip", options: options, unit: SIPConversations.unit).run { surroundings in
      SIPConversations(
        surroundings, transport: transport, mediaPackets: mediaPackets, patience: patience)
    }
  }
}
