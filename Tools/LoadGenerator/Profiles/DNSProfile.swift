import ArgumentParser

/// `dns`: questions of inside hosts to outside name servers.
struct DNSProfile: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dns",
    abstract: "DNS questions and answers over UDP: conversations a second.",
    discussion: """
      With --answer and --expect-answer the address in the answer must be translated, as a gateway does for a host with a \
      static address; otherwise it must arrive as it was sent.
      """)

  @OptionGroup var options: LoadOptions

  @Option(help: ArgumentHelp("The address that servers answer; otherwise their own.", valueName: "address"))
  var answer: HostAddress?

  @Option(help: ArgumentHelp("The address that clients must be told; otherwise the same.", valueName: "address"))
  var expectAnswer: HostAddress?

  @OptionGroup var patience: Patience

  mutating func validate() throws {
    guard expectAnswer == nil || answer != nil else { throw ValidationError("--expect-answer wants --answer.") }
  }

  func run() throws {
    try Campaign(name: "dns", options: options, unit: DNSConversations.unit).run { surroundings in
      DNSConversations(
        surroundings, answer: answer?.value, expected: expectAnswer?.value ?? answer?.value, patience: patience)
    }
  }
}
