import CReference
import Glibc
import Translation
import WireFormats

/// What a measurement cannot go on with.
enum BenchmarkError: Error, CustomStringConvertible {
  case noMemory(String)
  case wrong(String)

  var description: String {
    switch self {
    case .noMemory(let what): "no memory for \(what)"
    case .wrong(let what): what
    }
  }
}

/// Seconds that `body` takes.
func seconds(_ body: () throws -> Void) rethrows -> Double {
  let start = monotonicNanoseconds()
  try body()
  return Double(monotonicNanoseconds() - start) / 1e9
}

func monotonicNanoseconds() -> UInt64 { nanoseconds(of: CLOCK_MONOTONIC) }

/// What this thread has had of a core.
func threadNanoseconds() -> UInt64 { nanoseconds(of: CLOCK_THREAD_CPUTIME_ID) }

private func nanoseconds(of clock: clockid_t) -> UInt64 {
  var time = timespec()
  unsafe clock_gettime(clock, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// One table size: the gateway, its frames, and the C loop's table beside them, measured in turn.
@safe struct Bench: ~Copyable {
  /// Frames in one pass at least, so that a small table is measured over many bursts.
  private static let framesAtLeast = 65_536
  /// Frames measured at a time at least: about a third of a second.
  private static let framesMeasured = 8_388_608

  let sessions: Int
  private var gateway: Gateway
  private let frames: Frames
  private let burst: Burst
  private let reference: UnsafeMutablePointer<sp_reference_session>
  private let slots: UInt64
  private let passes: Int
  private var tick: UInt32 = 0

  /// Prepares `sessions` flows; `portion` of the usual number of frames is measured at a time.
  init(sessions: Int, portion: Double) throws {
    guard let gateway = Gateway(sessions: sessions), let burst = Burst(),
      let frames = Frames(flows: sessions, atLeast: Self.framesAtLeast, seed: 7)
    else { throw BenchmarkError.noMemory("\(sessions) sessions") }
    let slots = sp_reference_slots(UInt64(sessions))
    guard let reference = unsafe sp_reference_allocate(slots) else {
      throw BenchmarkError.noMemory("the C loop's table")
    }
    self.sessions = sessions
    passes = max(1, Int(Double(Self.framesMeasured) * portion) / frames.count)
    self.gateway = gateway
    self.burst = burst
    self.frames = frames
    self.slots = slots
    unsafe self.reference = reference
  }

  deinit { unsafe sp_reference_free(reference, slots) }

  /// Sends one frame of every flow, so that every flow has its session; answers sessions made a second.
  mutating func create() throws -> Double {
    let before = gateway.counters.value(of: .sessionsCreated)
    let time = seconds { gateway.pass(frames, burst) }
    let made = gateway.counters.value(of: .sessionsCreated) - before
    guard made == UInt64(sessions) else {
      throw BenchmarkError.wrong("\(made) sessions were made instead of \(sessions)")
    }
    return Double(made) / time
  }

  /// Ends all sessions by age; answers nanoseconds a session.
  mutating func expire() throws -> Double {
    let before = gateway.counters.value(of: .sessionsExpired)
    let time = seconds { _ = gateway.expireAll() }
    let ended = gateway.counters.value(of: .sessionsExpired) - before
    guard ended == UInt64(sessions) else {
      throw BenchmarkError.wrong("\(ended) sessions ended instead of \(sessions)")
    }
    return time * 1e9 / Double(ended)
  }

  /// Packets a second through established sessions.
  mutating func forward() throws -> Double {
    let before = gateway.counters.value(of: .hits)
    let packets = passes * frames.count
    let time = seconds {
      for _ in 0..<passes { gateway.pass(frames, burst) }
    }
    let hits = gateway.counters.value(of: .hits) - before
    guard hits == UInt64(packets) else {
      throw BenchmarkError.wrong("\(hits) of \(packets) packets found their session")
    }
    return Double(packets) / time
  }

  /// Packets a second of the C loop over as many sessions.
  mutating func floor() -> Double {
    tick += 1
    var ports: UInt64 = 0
    let time = seconds {
      for _ in 0..<passes {
        var first = 0
        while first < frames.count {
          burst.arrive(frames, first)
          ports &+= unsafe sp_reference_rewrite(
            burst.octets, UInt32(Burst.size), UInt32(Burst.stride), reference, slots, tick)
          first += Burst.size
        }
      }
    }
    precondition(ports > 0, "the C loop has written no port")
    return Double(passes * frames.count) / time
  }

  /// Looks at every frame that comes out, once, off the clock: a fast wrong answer is no figure.
  mutating func verify() throws {
    let pool = Network.pool(for: sessions)
    var first = 0
    while first < frames.count {
      burst.arrive(frames, first)
      burst.translate(&gateway.translator, now: gateway.now)
      guard burst.isTranslated(pool: pool) else {
        throw BenchmarkError.wrong("a frame of the burst at \(first) came out wrong")
      }
      first += Burst.size
    }
  }
}

/// Seconds from nothing to the first packet forwarded, with room for `sessions` sessions, all memory present.
func startTime(sessions: Int) throws -> Double {
  guard let burst = Burst(), let frames = Frames(flows: Burst.size, atLeast: Burst.size, seed: 7) else {
    throw BenchmarkError.noMemory("a burst")
  }
  return try seconds {
    guard var gateway = Gateway(sessions: sessions) else {
      throw BenchmarkError.noMemory("\(sessions) sessions")
    }
    gateway.pass(frames, burst)
    guard burst.isTranslated(pool: Network.pool(for: sessions)) else {
      throw BenchmarkError.wrong("the first burst came out wrong")
    }
  }
}
