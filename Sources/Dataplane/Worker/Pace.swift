import Glibc

/// When a worker spins and when it sleeps.
///
/// A sleep costs the next frame a wake-up (some microseconds); spinning costs the core to others. In the adaptive mode
/// a worker spins after its last frame for a window that grows while spinning brings frames and shrinks to nothing
/// while it does not, so that an idle gateway sleeps and a busy one hardly ever does.
struct Pace: Sendable {
  enum Step {
    case go, spin, sleep
  }

  /// The longest time to spin after the last frame, in nanoseconds.
  static let maximumWindow: UInt64 = 50_000
  private static let minimumWindow: UInt64 = 1_000

  private let mode: PollMode
  private var window: UInt64 = minimumWindow
  private var lastWork: UInt64 = 0
  private var isSpinning = false

  init(_ mode: PollMode) { self.mode = mode }

  /// What to do after a turn that did `work` pieces of work.
  mutating func next(work: Int, at now: UInt64) -> Step {
    if work > 0 {
      if isSpinning { window = min(window * 2, Self.maximumWindow) }
      isSpinning = false
      lastWork = now
      return .go
    }
    switch mode {
    case .busy:
      isSpinning = true
      return .spin
    case .interrupt: return .sleep
    case .adaptive:
      guard now &- lastWork < window else {
        if isSpinning { window = max(window / 2, Self.minimumWindow) }
        isSpinning = false
        return .sleep
      }
      isSpinning = true
      return .spin
    }
  }

  /// Gives the core to whoever else wants it between two looks. A worker in the adaptive mode may share its core; one in
  /// the busy mode has it for itself.
  func letOthersRun() {
    if mode == .adaptive { sched_yield() }
  }
}
