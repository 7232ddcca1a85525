import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// Random conversations through a connection with random edits: what arrives is the edited original, octet for octet.
///
/// `SALLYPORT_CASES` plays as many of them as it says.
@Suite("Conversations through virtual TCP")
struct ConversationTests {
  private var cases: Int {
    guard let text = unsafe getenv("SALLYPORT_CASES"), let count = Int(unsafe String(cString: text)) else { return 150 }
    return count
  }

  private func play(_ trouble: Simulation.Trouble, octets: Int = 6_000, longest: Int = 300, seeds: UInt64) {
    for number in 0..<UInt64(max(1, cases / 6)) {
      var simulation = Simulation(
        seed: seeds &+ number, octets: octets, trouble: trouble, longestMessage: longest)
      if let wrong = simulation.play() {
        Issue.record("seed \(seeds &+ number): \(wrong)")
        return
      }
    }
  }

  @Test func `arrive over good links`() { play(Simulation.Trouble(), seeds: 1_000_000) }

  @Test func `arrive over links that lose`() { play(Simulation.Trouble(loss: 8), seeds: 2_000_000) }

  @Test func `arrive over links that repeat and reorder`() {
    play(Simulation.Trouble(repetition: 10, reordering: 30), seeds: 3_000_000)
  }

  @Test func `arrive when segments are cut and overlap`() {
    play(Simulation.Trouble(loss: 2, cutting: 60), seeds: 4_000_000)
  }

  @Test func `arrive over links with every trouble`() {
    play(Simulation.Trouble(loss: 5, repetition: 10, reordering: 20, cutting: 30), seeds: 5_000_000)
  }

  @Test func `arrive in messages far longer than a window`() {
    play(
      Simulation.Trouble(loss: 1, reordering: 5), octets: 150_000, longest: 60_000, seeds: 6_000_000)
  }
}
