import Translation

/// The commands of a control connection that have no reply yet, oldest first.
struct AwaitedReplies {
  /// What a reply will be the answer to.
  enum Command: Hashable {
    case passive
    case extendedPassive
    case auth
    /// PORT or EPRT, with the door that waits for it, if there is one.
    case door(DoorID?)
    case other
  }

  /// Commands that may wait for their replies.
  static let longest = 64

  private var first: [Command] = []
  /// How many others come behind those: most commands are such, and a number takes no memory.
  private var others: UInt8 = 0

  /// A client that pipelines more than the bound has lost count of nothing that could be translated: the oldest is
  /// forgotten.
  mutating func append(_ command: Command) {
    if first.count + Int(others) == Self.longest { _ = takeFirst() }
    guard command != .other else {
      others += 1
      return
    }
    first += repeatElement(.other, count: Int(others))
    others = 0
    first.append(command)
  }

  /// The command that the next reply is for.
  mutating func takeFirst() -> Command? {
    if let command = first.first {
      first = Array(first.dropFirst())
      return command
    }
    guard others > 0 else { return nil }
    others -= 1
    return .other
  }
}
