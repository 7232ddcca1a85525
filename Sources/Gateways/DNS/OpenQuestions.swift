/// The questions of one session that wait for their answers (rule R9), oldest first.
///
/// A name counts by a hash with a key of this process, so a session has a bound in octets as well: nobody outside knows what
/// else has the same one.
struct OpenQuestions {
  /// Questions that may wait at one time.
  static let maximum = 1024
  /// Microseconds after which nobody waits for an answer any more: a question that gives way after them is not missed.
  static let patience: UInt64 = 10_000_000

  /// A question as its receiver sees it, in 16 octets.
  private struct Question {
    var identifier: UInt16
    var type: UInt16
    /// When it was asked, in milliseconds.
    var asked: UInt32
    var name: Int
  }

  private var questions: [Question] = []

  /// A question has been asked; false where the oldest had to give way while its answer may still come.
  mutating func add(_ identifier: UInt16, _ labels: [UInt8], type: UInt16, now: UInt64) -> Bool {
    let asked = UInt32(truncatingIfNeeded: now / 1000)
    var isRoom = true
    if questions.count == Self.maximum {
      let oldest = questions.removeFirst()
      isRoom = UInt64(asked &- oldest.asked) * 1000 >= Self.patience
    }
    questions.append(Question(identifier: identifier, type: type, asked: asked, name: labels.hashValue))
    return isRoom
  }

  /// Whether an answer is to a question that waits; it does so no longer, unless more answers are to follow (`isStream`): a
  /// zone is transferred in several messages (RFC 5936 section 2.2).
  mutating func take(_ identifier: UInt16, _ labels: [UInt8], type: UInt16, isStream: Bool) -> Bool {
    let name = labels.hashValue
    guard let place = questions.firstIndex(where: { ($0.identifier, $0.type, $0.name) == (identifier, type, name) })
    else { return false }
    if !(isStream && Self.transfers.contains(type)) { questions.remove(at: place) }
    return true
  }

  /// Whether an identifier is that of a zone transfer, whose later messages need not repeat the question.
  func hasTransfer(_ identifier: UInt16) -> Bool {
    questions.contains { $0.identifier == identifier && Self.transfers.contains($0.type) }
  }

  /// IXFR and AXFR.
  private static let transfers: ClosedRange<UInt16> = 251...252
}
