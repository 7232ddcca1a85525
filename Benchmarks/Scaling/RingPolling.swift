import Dataplane
import Glibc

/// What it costs a worker to look into the rings of all others once a turn and to find nothing: measured on the rings
/// themselves, all of them empty and in this core's cache; the best of many turns, since others use this machine too.
struct RingPolling: Codable, Sendable {
  let parties: Int
  let nanosecondsPerTurn: Double

  private static let turns = 1_000
  private static let repetitions = 100

  static func measure(parties: Int) throws(MemoryError) -> RingPolling {
    // From each other party frames and buffers come, and to each they go.
    let count = 4 * (parties - 1)
    let octets = HandoverRing.octets(capacity: 1024)
    let region = try MemoryRegion(MemoryRequest(octets: count * octets + 128, hugePages: false))
    let rings = (0..<count).map { place in
      unsafe HandoverRing(memory: region.base + place * octets, capacity: 1024)
    }
    var words = InlineArray<64, UInt64>(repeating: 0)
    var best = Double.infinity
    for _ in 0..<repetitions {
      let start = now()
      for _ in 0..<turns {
        for other in 0..<parties - 1 {
          var span = words.mutableSpan
          _ = unsafe span.withUnsafeMutableBufferPointer { unsafe rings[4 * other].take(into: $0) }
          _ = unsafe span.withUnsafeMutableBufferPointer { unsafe rings[4 * other + 1].take(into: $0) }
          rings[4 * other + 2].publish()
          rings[4 * other + 3].publish()
        }
      }
      best = min(best, Double(now() - start) / Double(turns))
    }
    return RingPolling(parties: parties, nanosecondsPerTurn: best)
  }

  private static func now() -> UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
