/// How packets are moved: the `dataplane` section.
package struct DataplaneSettings: Hashable, Sendable {
  /// How a worker waits for frames (`poll`).
  package enum Poll: String, Sendable, CaseIterable {
    /// Never sleeps.
    case busy
    /// Spins while there is traffic, sleeps when there is none.
    case adaptive
    /// Sleeps whenever there is nothing to do.
    case interrupt
  }

  /// What the kernel may leave undone in the frames that it hands over (`offload`).
  package enum Offload: String, Sendable, CaseIterable {
    /// Partial checksums and unsegmented super-frames.
    case gso
    /// Complete frames only.
    case none
  }

  /// The pages that tables and buffers lie in (`memory`).
  package enum Memory: String, Sendable, CaseIterable {
    /// Huge pages where the kernel has them.
    case hugePages = "huge-pages"
    /// Ordinary pages.
    case ordinary
  }

  /// What becomes of a TCP connection of a gateway whose buffers reach their bound (`alg-overflow`).
  package enum Overflow: String, Sendable, CaseIterable {
    /// It goes on, and no gateway looks into it any more.
    case pass
    /// It is reset on both sides.
    case reset
  }

  /// Workers that one gateway may have.
  package static let maximumWorkers = 64
  /// The highest number of a core.
  package static let maximumCore = 1023

  /// The core of each worker; empty to take every core that the process may run on, up to `maximumWorkers`.
  package var workerCores: [Int] = []
  /// The cores of the slow path's threads; empty to let them run on the workers' cores.
  package var algCores: [Int] = []
  /// Megabytes that the connections of one slow path's thread may hold, 1 to 65 536.
  package var algMemory = 256
  /// Megabytes that the connections of one inside host may hold there, 1 to 65 536, but no more than half of all.
  package var algHostMemory = 16
  package var algOverflow = Overflow.pass
  /// Requests that a worker's ring holds: a power of two from 64 to 4096.
  package var ringEntries = 512
  /// Frames that a worker takes at a time, 1 to 64.
  package var burst = 64
  package var poll = Poll.adaptive
  package var offload = Offload.gso
  package var memory = Memory.hugePages
  /// The directory that keeps the tables across restarts, an absolute path; nil keeps them in memory only.
  package var stateDirectory: String?

  package init() {}
}
