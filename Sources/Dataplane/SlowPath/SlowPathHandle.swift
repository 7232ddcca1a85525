package import Gateways
import Synchronization

/// A slow path as the rest of the program sees it.
package final class SlowPathHandle: Sendable {
  typealias Question = @Sendable (inout GatewayEngine) -> Void

  /// 0 to the number of slow paths minus 1.
  package let index: Int
  /// The core that it is pinned to; nil for whichever the kernel chooses.
  package let core: Int?
  package let counters = GatewayCounters()
  /// What gateways have done, for those who follow it.
  package let ledger = Ledger()
  let wake: WakeDescriptor
  /// Questions that wait, oldest first; nil once the thread has ended.
  private let waiting = Mutex<[Question]?>([])
  private let hasMail = Atomic<Bool>(false)

  init(index: Int, core: Int?) throws(RingError) {
    self.index = index
    self.core = core
    wake = try WakeDescriptor()
  }

  /// Asks the slow path something that only it may look at. Nil when it has ended.
  package func ask<Answer: Sendable>(
    _ question: @escaping @Sendable (inout GatewayEngine) -> Answer
  ) async -> Answer? {
    await withCheckedContinuation { continuation in
      let posted = waiting.withLock { questions in
        guard questions != nil else { return false }
        questions?.append { continuation.resume(returning: question(&$0)) }
        hasMail.store(true, ordering: .releasing)
        return true
      }
      if posted { wake.wakeIfAsleep() } else { continuation.resume(returning: nil) }
    }
  }

  /// Whether a question waits.
  var isEmpty: Bool { !hasMail.load(ordering: .relaxed) }

  /// The slow path: answers the oldest question.
  func answerOne(_ engine: inout GatewayEngine) {
    let question = waiting.withLock { questions -> Question? in
      guard let all = questions, !all.isEmpty else { return nil }
      let first = questions?.removeFirst()
      hasMail.store(all.count > 1, ordering: .relaxed)
      return first
    }
    question?(&engine)
  }

  /// The slow path, at its end: no question is left without an answer afterwards.
  func close(_ engine: inout GatewayEngine) {
    while !isEmpty { answerOne(&engine) }
    let rest = waiting.withLock { questions in
      defer { questions = nil }
      return questions ?? []
    }
    for question in rest { question(&engine) }
  }
}
