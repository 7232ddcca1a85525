import Glibc
import Synchronization

/// Whether the user has asked the run to end (SIGINT, SIGTERM): trials then end at once, and what was counted is told.
enum Stop {
  private static let asked = Atomic<Bool>(false)

  static var isAsked: Bool { asked.load(ordering: .relaxed) }

  /// From now on the signals end the run in order.
  static func listen() {
    // A handler must not be what makes the word.
    _ = isAsked
    let handler: @convention(c) (Int32) -> Void = { _ in Stop.asked.store(true, ordering: .relaxed) }
    signal(SIGINT, handler)
    signal(SIGTERM, handler)
  }
}
