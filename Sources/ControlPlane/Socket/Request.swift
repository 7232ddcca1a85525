/// How an answer is written.
package enum AnswerFormat: String, Sendable, CaseIterable {
  /// For people, in IOS's shapes.
  case text
  /// For programs (`--json`).
  case json
}

/// One request to the control socket: a line of text, and the only thing that a client ever sends.
///
///     sallyport/1 FORMAT WORD WORD …\n
///
/// `sallyport/1` names the protocol and its version, FORMAT is `text` or `json`, the words are those of a command such
/// as `show ip nat translations`. Words are separated by single spaces and hold no white space or control characters;
/// the line is UTF-8 and at most `maximumSize` octets long, its newline included. The answer is a series of
/// `AnswerFrame`s, after which the daemon closes the connection.
package struct Request: Hashable, Sendable {
  /// The first word of every request.
  package static let version = "sallyport/1"
  /// Octets of the longest request.
  package static let maximumSize = 65_536

  package var format: AnswerFormat
  package var words: [String]

  package init(format: AnswerFormat, words: [String]) {
    self.format = format
    self.words = words
  }

  /// Why a line is not a request.
  package enum Malformation: Error, Hashable, Sendable {
    case notText
    case wrongVersion(String)
    case unknownFormat(String)
    case tooLong
    case timedOut
    case incomplete
  }

  /// Reads a line without its newline.
  package init(line: [UInt8]) throws(Malformation) {
    guard let text = String(validating: line, as: UTF8.self),
      !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
    else { throw .notText }
    let words = text.split(separator: " ").map(String.init)
    guard let version = words.first, version == Self.version else { throw .wrongVersion(words.first ?? "") }
    guard words.count > 1, let format = AnswerFormat(rawValue: words[1]) else {
      throw .unknownFormat(words.count > 1 ? words[1] : "")
    }
    self.format = format
    self.words = Array(words[2...])
  }

  /// The line with its newline, or nil for words that a line cannot hold.
  package var line: [UInt8]? {
    let text = ([Self.version, format.rawValue] + words).joined(separator: " ")
    let isClean = words.allSatisfy {
      !$0.isEmpty && !$0.unicodeScalars.contains { $0.value <= 0x20 || $0.value == 0x7F }
    }
    guard isClean, text.utf8.count < Self.maximumSize else { return nil }
    return Array(text.utf8) + [UInt8(ascii: "\n")]
  }
}

extension Request.Malformation: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notText: "the request is not a line of UTF-8 text without control characters"
    case .wrongVersion(let version):
      "the request begins with \"\(version.prefix(32))\" instead of \"\(Request.version)\""
    case .unknownFormat(let format): "the answer's format is \"\(format.prefix(32))\" instead of text or json"
    case .tooLong: "the request is longer than \(Request.maximumSize) octets"
    case .timedOut: "no complete request came in time"
    case .incomplete: "the connection ended in the middle of the request"
    }
  }
}
