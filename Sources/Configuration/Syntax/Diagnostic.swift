/// A place in the text, with what it takes to find the line again.
struct Place: Hashable, Comparable, Sendable {
  /// From 1; 0 for the text as a whole.
  var line: Int
  /// The index of the line's first octet.
  var lineStart: Int
  /// From 1, in Unicode scalars.
  var column: Int

  /// The text as a whole.
  static let wholeText = Place(line: 0, lineStart: 0, column: 0)

  static func < (left: Self, right: Self) -> Bool {
    (left.line, left.column) < (right.line, right.column)
  }
}

/// A value and the place where it was written.
struct Located<Value: Sendable>: Sendable {
  var value: Value
  var place: Place
}

/// An error on its way to a `ConfigurationError`: not yet with the text of its line.
struct Diagnostic: Error {
  var place: Place
  var message: String
  var expected: [String] = []
  /// Whether the statement's first word is none of those that statements begin with.
  var isUnknownStatement = false

  /// The error as callers see it. `octets` is the text that was read.
  func placed(in octets: [UInt8], file: String) -> ConfigurationError {
    ConfigurationError(
      location: SourceLocation(file: file, line: place.line, column: place.column), message: message,
      expected: expected, sourceLine: place.line == 0 ? "" : SourceText.line(of: octets, at: place.lineStart))
  }
}

/// A word as an error message quotes it.
func quoted(_ text: String) -> String {
  let limit = 48
  guard text.unicodeScalars.count > limit else { return "'\(text)'" }
  return "'\(String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit))))…'"
}
