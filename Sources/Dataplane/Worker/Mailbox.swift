import Synchronization
package import Translation

/// Questions to a worker from other threads, answered between bursts.
///
/// The worker pays one relaxed load a turn while nobody asks. A question is a closure over the worker's translator and
/// does a bounded slice of work; longer jobs ask again.
final class Mailbox: Sendable {
  typealias Question = @Sendable (inout Translator) -> Void

  /// The questions that wait, oldest first. Each asker waits for its answer, so there are as many as askers.
  private let waiting = Mutex<[Question]>([])
  private let hasMail = Atomic<Bool>(false)
  /// Whether the worker has ended: questions are then turned away.
  private let isClosed = Mutex(false)

  /// Whether a question waits.
  @inline(__always) var isEmpty: Bool { !hasMail.load(ordering: .relaxed) }

  /// Leaves a question; false when the worker has ended.
  func post(_ question: @escaping Question) -> Bool {
    isClosed.withLock { closed in
      guard !closed else { return false }
      waiting.withLock { $0.append(question) }
      hasMail.store(true, ordering: .releasing)
      return true
    }
  }

  /// The worker: the oldest question.
  func take() -> Question? {
    waiting.withLock { questions in
      let first = questions.isEmpty ? nil : questions.removeFirst()
      hasMail.store(!questions.isEmpty, ordering: .relaxed)
      return first
    }
  }

  /// The worker, at its end: no question is left without an answer afterwards.
  func close(_ translator: inout Translator) {
    isClosed.withLock { $0 = true }
    while let question = take() { question(&translator) }
  }
}

/// A worker as the rest of the program sees it.
package final class WorkerHandle: Sendable {
  /// 0 to the number of workers minus 1.
  package let index: Int
  /// The core it is pinned to.
  package let core: Int
  /// The memory node of that core.
  package let node: Int
  /// What pages its tables and buffers lie in.
  package let pageKind: String
  /// How it moves frames: io_uring and its scheme, or read and write and why.
  package var engine: String { engineText.withLock { $0 } }
  package let counters: TranslationCounters
  package let traffic: InterfaceCounters
  package let load: WorkerLoad
  /// What becomes of its translations, for the log.
  package let journal: TranslationJournal
  let mailbox: Mailbox
  /// Datagrams of the gateway's own that it is to send.
  let outbox: Outbox
  let wake: WakeDescriptor
  let capture: CaptureRing
  let engineText = Mutex("starting")

  init(
    index: Int, core: Int, node: Int, pageKind: String, counters: TranslationCounters, wake: WakeDescriptor
  ) {
    self.index = index
    self.core = core
    self.node = node
    self.pageKind = pageKind
    self.counters = counters
    self.wake = wake
    traffic = InterfaceCounters()
    load = WorkerLoad()
    journal = TranslationJournal()
    mailbox = Mailbox()
    outbox = Outbox()
    capture = CaptureRing()
  }

  /// Asks the worker something that only it may look at, and waits for the answer without holding anything up. The
  /// question runs between two bursts, so it must be a bounded slice. Nil when the worker has ended.
  package func ask<Answer: Sendable>(
    _ question: @escaping @Sendable (inout Translator) -> Answer
  ) async -> Answer? {
    await withCheckedContinuation { continuation in
      let posted = mailbox.post { continuation.resume(returning: question(&$0)) }
      if posted { wake.wakeIfAsleep() } else { continuation.resume(returning: nil) }
    }
  }
}
