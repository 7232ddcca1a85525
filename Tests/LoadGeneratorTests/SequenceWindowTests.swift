import Testing

@testable import sallyport_load

@Suite struct `A flow's numbered packets` {
  private func places(_ numbers: [UInt32]) -> [SequenceWindow.Place] {
    var window = SequenceWindow()
    return numbers.map { window.note($0) }
  }

  @Test func `in order each is the next`() {
    #expect(places([0, 1, 2, 3]) == [.next, .next, .next, .next])
  }

  @Test func `after a gap the rest is still the next, and what fills the gap is reordered`() {
    #expect(places([0, 3, 1, 2, 4]) == [.next, .next, .reordered, .reordered, .next])
  }

  @Test func `what came before is a duplicate, in order or not`() {
    #expect(
      places([0, 1, 1, 0, 5, 3, 3, 0]) == [
        .next, .next, .duplicate, .duplicate, .next, .reordered, .duplicate, .duplicate,
      ])
  }

  @Test func `a jump over the whole window forgets what was seen`() {
    #expect(
      places([0, 64, 0, 1, 63, 200, 200]) == [.next, .next, .reordered, .reordered, .reordered, .next, .duplicate])
  }

  @Test func `the numbers may wrap`() {
    #expect(places([0x7FFF_FFFF, .max - 1, 0, .max, 0]) == [.next, .next, .next, .reordered, .duplicate])
  }
}
