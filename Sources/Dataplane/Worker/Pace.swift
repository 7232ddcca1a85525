import Glibc

/// When a worker spins and when it sleeps.
///
/// A sleep costs the next frame a wake-up (some microseconds); spinning costs the core to others. In the adaptive mode
/// a worker spins after its last frame for a window that grows while spinning brings frames, or would have, and shrinks to
/// nothing while it does not, so that an idle gateway sleeps and a busy one hardly ever does. On a core that others want,
/// only what spinning really caught counts: there it takes their time.
struct Pace: Sendable {
  enum Step {
    case go, spin, sleep
  }

  /// The longest time to spin after the last frame, in nanoseconds.
  static let maximumWindow: UInt64 = 50_000
  private static let minimumWindow: UInt64 = 1_000
  /// Two looks of a spinning worker this far apart, in nanoseconds, say that others had the core between them.
  private static let longLook: UInt64 = 10_000
  /// How long a core is taken for shared after that, in nanoseconds.
  private static let sharing: UInt64 = 20_000_000

  private let mode: PollMode
  private var window: UInt64 = minimumWindow
  private var lastWork: UInt64 = 0
  private var isSpinning = false
  private var hasSlept = false
  private var lastLook: UInt64 = 0
  private var sharedUntil: UInt64 = 0

  init(_ mode: PollMode) { self.mode = mode }

  /// What to do after a turn that did `work` pieces of work.
  mutating func next(work: Int, at now: UInt64) -> Step {
    if isSpinning {
      if now &- lastLook > Self.longLook { sharedUntil = now &+ Self.sharing }
      lastLook = now
    }
    if work > 0 {
      // What counts is whether the longest window would have caught the frame: one at a steady distance wider than the
      // window of the moment would otherwise be slept through for ever.
      let wasMissed = hasSlept && now &- lastWork < Self.maximumWindow && now >= sharedUntil
      if isSpinning || wasMissed {
        window = min(window * 2, Self.maximumWindow)
      } else if hasSlept {
        window = max(window / 2, Self.minimumWindow)
      }
      isSpinning = false
      hasSlept = false
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
        isSpinning = false
        hasSlept = true
        return .sleep
      }
      if !isSpinning { lastLook = now }
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
