import WireFormats

/// A line being read word by word. Each method reads one thing and moves on, or throws what is wrong at its place.
struct StatementReader {
  let line: Line
  /// Whether the line begins with `no`.
  let isNegated: Bool
  /// The word that comes next, which is also how far reading has come.
  private(set) var index = 0

  /// A reader of a line that has a word at least.
  init(_ line: Line) {
    self.line = line
    isNegated = line.words.first.map { abbreviates($0.text, "no") && $0.text.utf8.count == 2 } == true
    index = isNegated ? 1 : 0
  }

  /// The place where the statement begins.
  var start: Place { place(column: line.words.first?.column ?? 1) }
  /// Whether all words are read.
  var atEnd: Bool { index == line.words.count }
  /// Whether the statement is `no` and keywords, without the value that they take otherwise.
  var isBareNegation: Bool { isNegated && atEnd }
  /// The place of the next word, or the one after the last.
  var place: Place {
    if !atEnd { return place(column: line.words[index].column) }
    return place(column: line.words.last?.endColumn ?? 1)
  }
  /// Whether the next word has digits only.
  var nextIsNumber: Bool { !atEnd && line.words[index].text.utf8.allSatisfy(isDigit) }
  /// The next word as it stands, or nothing at the end of the line.
  var nextWord: String { atEnd ? "" : line.words[index].text }
  /// Whether the next word begins like a number or an address.
  var nextBeginsWithDigit: Bool { !atEnd && line.words[index].text.utf8.first.map(isDigit) == true }

  /// The place of the word that was read last.
  var previousPlace: Place { index == 0 ? place : place(column: line.words[index - 1].column) }

  private func place(column: Int) -> Place {
    var place = line.start
    place.column = column
    return place
  }

  /// The next word, whatever it is.
  mutating func word(_ role: String) throws(Diagnostic) -> Located<String> {
    guard !atEnd else { throw incomplete([role]) }
    defer { index += 1 }
    return Located(value: line.words[index].text, place: place)
  }

  /// The rest of the line as it stands, `!` included.
  mutating func rest(_ role: String, upTo maximum: Int) throws(Diagnostic) -> Located<String> {
    let after = index == 0 ? line.octets.startIndex : line.words[index - 1].end
    let text = line.text(from: after)
    index = line.words.count
    var place = self.place
    guard let first = line.octets[after...].firstIndex(where: { !Line.isBlank($0) }) else {
      throw incomplete([role])
    }
    place.column = line.column(of: first)
    try Line.refuseControls(in: text, at: place.column, of: place)
    guard text.unicodeScalars.count <= maximum else {
      throw Diagnostic(place: place, message: "the text has more than \(maximum) characters")
    }
    return Located(value: text, place: place)
  }

  /// Refuses words after the end of the statement; `unsupported` are those that IOS would take.
  func end(unsupported: Refusals = [:]) throws(Diagnostic) {
    guard !atEnd else { return }
    let text = line.words[index].text
    if case .unsupported(let keyword) = KeywordMatch(text, among: [], unsupported: unsupported.map(\.key)) {
      throw refusal(of: keyword, unsupported)
    }
    throw Diagnostic(place: place, message: "unexpected \(quoted(text))", expected: ["end of line"])
  }
}

// MARK: Keywords

extension StatementReader {
  /// One of a set of keywords. `others` is what else may stand here, for the message.
  mutating func keyword<Set: KeywordSet>(_: Set.Type, or others: [String] = []) throws(Diagnostic) -> Set {
    // A keyword in full needs no comparison with the others; long configurations have hardly anything else.
    if !atEnd, let exact = Set(rawValue: line.words[index].text) {
      index += 1
      return exact
    }
    let keyword = try keyword(among: Set.allCases.map(\.rawValue), unsupported: Set.unsupported, or: others)
    guard let value = Set(rawValue: keyword) else { preconditionFailure("a keyword without a case") }
    return value
  }

  /// One of a set of keywords, or nil at the end of the line.
  mutating func option<Set: KeywordSet>(_ set: Set.Type) throws(Diagnostic) -> Set? {
    atEnd ? nil : try keyword(set, or: ["end of line"])
  }

  /// One of `keywords`, in full; `unsupported` are those that IOS would take here too.
  mutating func keyword(
    among keywords: [String], unsupported: Refusals = [:], or others: [String] = []
  ) throws(Diagnostic) -> String {
    let found = try find(keywords, unsupported.map(\.key), or: others)
    guard found.isSupported else { throw refusal(of: found.keyword, unsupported) }
    index += 1
    return found.keyword
  }

  /// The next keyword of a statement's beginning. One that leads to a refusal is read like the others, so that the
  /// refusal can name the whole statement.
  mutating func step(from node: Grammar.Node, isFirst: Bool) throws(Diagnostic) -> String {
    if !atEnd, node.children[line.words[index].text] != nil {
      index += 1
      return line.words[index - 1].text
    }
    let found = try find(node.supported, node.unsupported, isFirst: isFirst)
    index += 1
    return found.keyword
  }

  /// What the next word spells or abbreviates.
  private func find(
    _ keywords: [String], _ unsupported: [String], or others: [String] = [], isFirst: Bool = false
  ) throws(Diagnostic) -> (keyword: String, isSupported: Bool) {
    guard !atEnd else { throw incomplete(keywords + others) }
    let text = line.words[index].text
    switch KeywordMatch(text, among: keywords, unsupported: unsupported) {
    case .found(let keyword): return (keyword, true)
    case .unsupported(let keyword): return (keyword, false)
    case .ambiguous(let candidates):
      throw Diagnostic(place: place, message: "\(quoted(text)) is ambiguous", expected: candidates)
    case .unknown:
      throw Diagnostic(
        place: place, message: (isFirst ? "unknown statement " : "unexpected ") + quoted(text),
        expected: keywords + others, isUnknownStatement: isFirst)
    }
  }

  /// Moves on when the next word is `keyword` in full or abbreviated, and says whether it was.
  mutating func takes(_ keyword: String) -> Bool {
    guard !atEnd, abbreviates(line.words[index].text, keyword) else { return false }
    index += 1
    return true
  }

  /// The refusal of a statement whose keywords have just been read.
  func unsupported(_ statement: String, because reason: String) -> Diagnostic {
    Diagnostic(
      place: place(column: line.words[index - 1].column),
      message: "\(isNegated ? "'no \(statement)'" : "'\(statement)'") is not supported: \(reason)")
  }

  /// The refusal of the next word, which is one of `refusals`.
  func refusal(of keyword: String, _ refusals: Refusals) -> Diagnostic {
    let reason = refusals.first { $0.key == keyword }?.value ?? ""
    return Diagnostic(place: place, message: "'\(keyword)' is not supported: \(reason)")
  }

  func incomplete(_ expected: [String]) -> Diagnostic {
    Diagnostic(place: place, message: "the statement is incomplete", expected: expected)
  }
}

/// Whether an octet is one of ASCII's digits.
func isDigit(_ octet: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet) }

/// Whether an octet is one of ASCII's letters.
func isLetter(_ octet: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(octet | 0x20) }
