import ArgumentParser

/// `tftp`: files of outside servers, read by inside clients.
struct TFTPProfile: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tftp",
    abstract: "TFTP conversations that read a file: conversations a second.",
    discussion: """
      The server sends from another port than the one that was asked, so the data arrive only through a gateway that has \
      read the request. Nothing is sent again: what is lost has failed.
      """)

  @OptionGroup var options: LoadOptions

  @Option(help: "Octets of the file.")
  var size = 1_024

  @OptionGroup var patience: Patience

  mutating func validate() throws {
    guard (0...TFTPFile.maximumSize).contains(size) else {
      throw ValidationError("--size must be between 0 and \(TFTPFile.maximumSize).")
    }
  }

  func run() throws {
    try Campaign(name: "tftp", options: options, unit: TFTPConversations.unit).run { surroundings in
      TFTPConversations(surroundings, size: size, patience: patience)
    }
  }
}
