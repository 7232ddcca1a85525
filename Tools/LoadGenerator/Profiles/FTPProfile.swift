import ArgumentParser

/// `ftp`: control conversations, each with a data connection.
struct FTPProfile: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ftp",
    abstract: "FTP conversations that fetch a file: conversations a second.",
    discussion: """
      The client names its data endpoint by PORT or EPRT, and the server connects there; or the server does by PASV. \
      What the payload names must be what the gateway makes of the packets, and the data must arrive.
      """)

  @OptionGroup var options: LoadOptions

  @Option(help: "How the data connection is agreed upon: port, eprt or pasv.")
  var command: FTPDataCommand = .port

  @Option(help: "Octets of the file.")
  var size = 1_024

  @OptionGroup var patience: Patience

  mutating func validate() throws {
    guard (1...TCPStack.segmentSize).contains(size) else {
      throw ValidationError("--size must be between 1 and \(TCPStack.segmentSize).")
    }
  }

  func run() throws {
    try Campaign(name: "ftp", options: options, unit: FTPConversations.unit).run { surroundings in
      FTPConversations(surroundings, command: command, size: size, patience: patience)
    }
  }
}

enum FTPDataCommand: String, ExpressibleByArgument, CaseIterable {
  case port, eprt, pasv
}
