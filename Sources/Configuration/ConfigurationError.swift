/// One thing that is wrong with a configuration.
package struct ConfigurationError: Error, Hashable, Sendable {
  /// Where the error is.
  package var location: SourceLocation
  /// What is wrong, without a full stop.
  package var message: String
  /// What could stand there instead; empty when nothing in particular was expected.
  package var expected: [String]
  /// The line that the error is in, without its end; empty when the error concerns the file as a whole.
  package var sourceLine: String

  /// Scalars of a long line that are shown around the error.
  static let excerptWidth = 160

  package init(location: SourceLocation, message: String, expected: [String] = [], sourceLine: String = "") {
    self.location = location
    self.message = message
    self.expected = expected
    self.sourceLine = sourceLine
  }

  /// The error as a terminal shows it: the location and the message, the line with a caret under the place, and what
  /// was expected, each on a line of its own.
  package func rendered() -> String {
    var text = "\(location): error: \(message)"
    if location.line > 0 {
      let (line, marker) = excerpt()
      text += "\n    \(line)\n    \(marker)^"
    }
    if !expected.isEmpty { text += "\n    expected: " + expected.joined(separator: ", ") }
    return text
  }

  /// The part of the line around the error, and the blanks that bring the caret under it.
  private func excerpt() -> (line: String, marker: String) {
    let scalars = Array(sourceLine.unicodeScalars)
    let caret = location.column - 1
    var range = scalars.startIndex..<scalars.endIndex
    if scalars.count > Self.excerptWidth {
      let lower = max(0, min(caret - Self.excerptWidth / 2, scalars.count - Self.excerptWidth))
      range = lower..<lower + Self.excerptWidth
    }
    var line = range.lowerBound > 0 ? "…" : ""
    var marker = range.lowerBound > 0 ? " " : ""
    for index in range {
      let scalar = Self.isPrintable(scalars[index]) ? scalars[index] : "\u{FFFD}"
      line.unicodeScalars.append(scalar)
      // A tab under a tab keeps the caret in place whatever the terminal's tab stops are.
      if index < caret { marker.unicodeScalars.append(scalar == "\t" ? "\t" : " ") }
    }
    if range.upperBound < scalars.count { line += "…" }
    if caret > range.upperBound { marker += String(repeating: " ", count: caret - range.upperBound) }
    return (line, marker)
  }

  /// Whether a scalar may go to a terminal as it is.
  static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "\t" || !(scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value))
  }
}

/// Everything that is wrong with a configuration, in the order of its lines; never empty.
package struct ConfigurationErrors: Error, Hashable, Sendable {
  /// Errors that one reading reports at most.
  package static let maximumCount = 20

  package var errors: [ConfigurationError]
  /// Whether there were more than `maximumCount`.
  package var areMore: Bool

  package init(_ errors: [ConfigurationError], areMore: Bool = false) {
    self.errors = errors
    self.areMore = areMore
  }

  /// All errors as a terminal shows them, one after the other, without a line end after the last.
  package func rendered() -> String {
    let text = errors.map { $0.rendered() }.joined(separator: "\n")
    return areMore ? text + "\nthere are more errors than these \(Self.maximumCount)" : text
  }
}

extension ConfigurationErrors: CustomStringConvertible {
  package var description: String { rendered() }
}
