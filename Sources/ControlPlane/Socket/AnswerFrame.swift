/// One part of an answer: a head line and, for all but the end, octets.
///
///     data N\n     N octets of the answer
///     note N\n     N octets about the answer, for a person: what `capture` lost, for example
///     error N\n    N octets that say why there is no answer, or no more of it; nothing follows
///     end\n        the answer is complete; nothing follows
///
/// N is a decimal number up to `maximumSize`.
package enum AnswerFrame: Hashable, Sendable {
  case data([UInt8])
  case note(String)
  case error(String)
  case end

  /// Octets of the longest part.
  package static let maximumSize = 65_536

  /// Whether nothing follows.
  package var isLast: Bool {
    switch self {
    case .data, .note: false
    case .error, .end: true
    }
  }

  /// The frame's octets; text beyond `maximumSize` is cut off, and data must not be longer.
  package var octets: [UInt8] {
    func framed(_ name: String, _ octets: [UInt8]) -> [UInt8] { Array("\(name) \(octets.count)\n".utf8) + octets }
    switch self {
    case .data(let octets):
      precondition(octets.count <= Self.maximumSize)
      return framed("data", octets)
    case .note(let text): return framed("note", Array(text.utf8.prefix(Self.maximumSize)))
    case .error(let text): return framed("error", Array(text.utf8.prefix(Self.maximumSize)))
    case .end: return Array("end\n".utf8)
    }
  }
}

/// Takes frames out of octets that arrive in any pieces.
package struct AnswerReader: Sendable {
  /// The octets are no answer of this protocol.
  package struct Malformed: Error {}

  /// Octets of the longest head line.
  private static let maximumHead = 16

  private var pending: [UInt8] = []
  /// Where the unread octets of `pending` begin.
  private var start = 0

  package init() {}

  /// Adds octets as they came.
  package mutating func append(_ octets: some Sequence<UInt8>) {
    if start > 0, start == pending.count || start >= AnswerFrame.maximumSize {
      pending.removeFirst(start)
      start = 0
    }
    pending.append(contentsOf: octets)
  }

  /// The next frame, or nil when more octets are needed.
  package mutating func next() throws(Malformed) -> AnswerFrame? {
    let unread = pending[start...]
    guard let newline = unread.prefix(Self.maximumHead).firstIndex(of: UInt8(ascii: "\n")) else {
      if unread.count >= Self.maximumHead { throw Malformed() }
      return nil
    }
    let head = String(decoding: unread[..<newline], as: UTF8.self).split(separator: " ")
    if head == ["end"] {
      start = newline + 1
      return .end
    }
    guard head.count == 2, head[1].utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let size = Int(head[1]),
      size <= AnswerFrame.maximumSize, ["data", "note", "error"].contains(head[0])
    else { throw Malformed() }
    guard pending.count - newline - 1 >= size else { return nil }
    let octets = Array(pending[(newline + 1)..<(newline + 1 + size)])
    start = newline + 1 + size
    switch head[0] {
    case "data": return .data(octets)
    case "note": return .note(String(decoding: octets, as: UTF8.self))
    default: return .error(String(decoding: octets, as: UTF8.self))
    }
  }
}
