import Translation

/// What it costs the packets of other sessions that a million sessions become idle at once.
///
/// Two gateways with the same sessions forward the same frames in turn. In one of them all other sessions are due, and the
/// sweep, called once a millisecond as a worker calls it, ends as many as it may; in the other none is due.
struct ExpiryDisturbance: ~Copyable {
  private static let live = 65_536
  private static let idle = 1_032_192
  /// Nanoseconds that one gateway forwards before it is the other's turn.
  private static let slice: UInt64 = 20_000_000

  private var dying: Gateway
  private var lasting: Gateway
  private let frames: Frames
  private let burst: Burst

  init() throws {
    let sessions = Self.live + Self.idle
    guard let dying = Gateway(sessions: sessions), let lasting = Gateway(sessions: sessions), let burst = Burst(),
      let frames = Frames(flows: Self.live, atLeast: Self.live, seed: 7),
      let all = Frames(flows: sessions, atLeast: sessions, seed: 11)
    else { throw BenchmarkError.noMemory("\(sessions) sessions, twice") }
    self.dying = dying
    self.lasting = lasting
    self.frames = frames
    self.burst = burst
    self.dying.pass(all, self.burst)
    self.lasting.pass(all, self.burst)
    // The live ones are used once more at the last moment; from the next on the others are due.
    self.dying.now += self.dying.translator.policy.timeouts.udp - 1
    self.dying.pass(frames, self.burst)
    self.dying.now += 1
  }

  /// The part of the packet rate that expiry takes, in percent: the median of `pairs` comparisons.
  mutating func loss(pairs: Int) throws -> Samples {
    var samples = Samples()
    let before = dying.counters.value(of: .sessionsExpired)
    for pair in 0..<pairs {
      // Who is first changes, so that a machine that slows down or speeds up favours neither.
      let first = forward(dying: pair % 2 == 0)
      let second = forward(dying: pair % 2 != 0)
      let (disturbed, undisturbed) = pair % 2 == 0 ? (first, second) : (second, first)
      samples.values.append((1 - disturbed / undisturbed) * 100)
    }
    guard dying.counters.value(of: .sessionsExpired) > before, dying.counters.value(of: .sessions) > Self.live,
      lasting.counters.value(of: .sessionsExpired) == 0
    else { throw BenchmarkError.wrong("sessions did not end when they should") }
    return samples
  }

  private mutating func forward(dying isDying: Bool) -> Double {
    isDying ? Self.forward(&dying, frames, burst) : Self.forward(&lasting, frames, burst)
  }

  /// Packets a second through the live sessions over one slice of time, with a sweep every millisecond. The seconds are
  /// those that this thread had a core for: what else the machine does in one slice and not in the other is no cost of
  /// expiry.
  private static func forward(_ gateway: inout Gateway, _ frames: Frames, _ burst: borrowing Burst) -> Double {
    let start = monotonicNanoseconds()
    let used = threadNanoseconds()
    var now = start
    var lastSweep = start
    var first = 0
    var packets = 0
    while now - start < slice {
      burst.arrive(frames, first)
      burst.translate(&gateway.translator, now: gateway.now)
      packets += Burst.size
      first = first + Burst.size == frames.count ? 0 : first + Burst.size
      now = monotonicNanoseconds()
      guard now - lastSweep >= 1_000_000 else { continue }
      gateway.translator.expire(now: gateway.now, elapsed: (now - lastSweep) / 1000)
      lastSweep = now
    }
    return Double(packets) / Double(threadNanoseconds() - used) * 1e9
  }
}
