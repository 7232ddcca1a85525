import WireFormats

/// The words of a command and how far they have been read.
struct CommandWords {
  let words: [String]
  private(set) var position = 0

  init(_ words: [String]) { self.words = words }

  var isAtEnd: Bool { position == words.count }

  /// The error that a word is not what it should be, or that it is missing.
  func error(_ problem: String = "Invalid input", expected: [String]) -> CommandError {
    CommandError(
      words: words, position: position, problem: isAtEnd ? "Incomplete command" : problem, expected: expected)
  }

  /// The keyword that the next word abbreviates. Case does not matter; of two keywords of which one begins with the
  /// other, the shorter needs all its letters.
  mutating func keyword(_ candidates: [String]) throws(CommandError) -> String {
    guard !isAtEnd else { throw error(expected: candidates) }
    let word = words[position].lowercased()
    let fitting = candidates.filter { !word.isEmpty && $0.lowercased().hasPrefix(word) }
    guard let keyword = fitting.first(where: { $0.lowercased() == word }) ?? fitting.first else {
      throw error(expected: candidates)
    }
    guard fitting.count == 1 || keyword.lowercased() == word else {
      throw error("Ambiguous command", expected: fitting)
    }
    position += 1
    return keyword
  }

  /// One fixed keyword.
  mutating func expect(_ keyword: String) throws(CommandError) { _ = try self.keyword([keyword]) }

  /// The next word as an IPv4 address.
  mutating func address(or other: String? = nil) throws(CommandError) -> IPv4Address {
    guard !isAtEnd, let address = IPv4Address(words[position]) else {
      throw error(expected: ["an IPv4 address"] + (other.map { [$0] } ?? []))
    }
    position += 1
    return address
  }

  /// The next word as an address of either kind.
  mutating func tracedHost() throws(CommandError) -> TracedHost {
    guard !isAtEnd, let address = IPv6Address(words[position]) else {
      return .ipv4(try address(or: "an IPv6 address"))
    }
    position += 1
    return .ipv6(address)
  }

  /// The next word as the last IPv4 address of a range from `first` on.
  mutating func address(notBefore first: IPv4Address) throws(CommandError) -> IPv4Address {
    guard !isAtEnd, let address = IPv4Address(words[position]), address >= first else {
      throw error(expected: ["an IPv4 address that is not below \(first)"])
    }
    position += 1
    return address
  }

  /// The next word as a decimal number in a range; `name` says what it counts.
  mutating func number(_ name: String, in range: ClosedRange<Int>) throws(CommandError) -> Int {
    guard !isAtEnd, words[position].utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let number = Int(words[position]),
      range.contains(number)
    else { throw error(expected: ["\(name) from \(range.lowerBound) to \(range.upperBound)"]) }
    position += 1
    return number
  }

  /// The next word as a port, or an ICMP query's identifier.
  mutating func port() throws(CommandError) -> UInt16 { UInt16(try number("a port", in: 0...65_535)) }

  /// The next word as it is; `what` names it in an error.
  mutating func name(_ what: String) throws(CommandError) -> String {
    guard !isAtEnd else { throw error(expected: [what]) }
    position += 1
    return words[position - 1]
  }

  /// Whether the next word begins as an IPv4 address does, and no keyword.
  var isAtAddress: Bool { !isAtEnd && (words[position].utf8.first.map { 0x30...0x39 ~= $0 } ?? false) }

  /// Goes over all words that are left: they belong to something that is refused as a whole.
  mutating func skipRest() { position = words.count }

  /// Nothing may follow.
  func end() throws(CommandError) {
    guard isAtEnd else { throw error(expected: ["the end of the command"]) }
  }
}
