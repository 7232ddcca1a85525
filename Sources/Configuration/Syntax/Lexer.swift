/// A word of a line: octets without white space.
struct Word: Sendable {
  var text: String
  /// From 1, in Unicode scalars.
  var column: Int
  /// The index of the word's first octet in the source.
  var start: Int
  /// The index after its last octet.
  var end: Int

  /// The column after the word.
  var endColumn: Int { column + text.unicodeScalars.count }
}

/// A line as words, for the parser; without its comment.
struct Line {
  let start: Place
  let octets: ArraySlice<UInt8>
  let words: [Word]

  /// Splits a line at blanks and tabs. A word that begins with `!` begins a comment; within a word `!` is itself.
  init(start: Place, octets: ArraySlice<UInt8>) throws(Diagnostic) {
    self.start = start
    self.octets = octets
    guard octets.count <= SourceText.maximumLineOctets else {
      throw Diagnostic(
        place: start, message: "the line has more than \(SourceText.maximumLineOctets) octets")
    }
    var words: [Word] = []
    var index = octets.startIndex
    var column = 1
    while let first = octets[index...].firstIndex(where: { !Self.isBlank($0) }) {
      column += first - index
      if octets[first] == UInt8(ascii: "!") { break }
      index = octets[first...].firstIndex(where: Self.isBlank) ?? octets.endIndex
      let text = String(decoding: octets[first..<index], as: UTF8.self)
      let word = Word(text: text, column: column, start: first, end: index)
      try Self.refuseControls(in: text, at: column, of: start)
      words.append(word)
      column = word.endColumn
    }
    self.words = words
  }

  /// The text from `index` on, without blanks at either end.
  func text(from index: Int) -> String {
    var rest = octets[index...]
    while let first = rest.first, Self.isBlank(first) { rest.removeFirst() }
    while let last = rest.last, Self.isBlank(last) { rest.removeLast() }
    return String(decoding: rest, as: UTF8.self)
  }

  /// The column of the octet at `index`.
  func column(of index: Int) -> Int {
    String(decoding: octets[octets.startIndex..<index], as: UTF8.self).unicodeScalars.count + 1
  }

  static func isBlank(_ octet: UInt8) -> Bool { octet == UInt8(ascii: " ") || octet == UInt8(ascii: "\t") }

  /// Control characters have no meaning in a configuration, and would end up on terminals and in logs.
  static func refuseControls(in text: String, at column: Int, of line: Place) throws(Diagnostic) {
    for (offset, scalar) in text.unicodeScalars.enumerated() where !ConfigurationError.isPrintable(scalar) {
      var place = line
      place.column = column + offset
      let digits = String(scalar.value, radix: 16, uppercase: true)
      let code = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
      throw Diagnostic(place: place, message: "the control character U+\(code) is not allowed here")
    }
  }
}
