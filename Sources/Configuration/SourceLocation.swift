/// A place in a configuration file.
package struct SourceLocation: Hashable, Sendable {
  /// The file's name as it was given.
  package var file: String
  /// The line, from 1; 0 when the error concerns the file as a whole.
  package var line: Int
  /// The place in the line, from 1, in Unicode scalars (what most editors count); 0 when `line` is 0.
  package var column: Int

  package init(file: String, line: Int, column: Int) {
    self.file = file
    self.line = line
    self.column = column
  }

  /// The file as a whole, for one that cannot be read.
  package static func wholeFile(_ file: String) -> Self { Self(file: file, line: 0, column: 0) }
}

extension SourceLocation: CustomStringConvertible {
  /// `FILE:LINE:COLUMN`, or `FILE` for the file as a whole.
  package var description: String { line == 0 ? file : "\(file):\(line):\(column)" }
}
