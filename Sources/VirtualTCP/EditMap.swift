/// A replacement of octets of a stream.
package struct StreamEdit: Hashable, Sendable {
  /// Where, counted from the first unread octet.
  package var range: Range<Int>
  package var octets: [UInt8]

  package init(range: Range<Int>, octets: [UInt8]) {
    self.range = range
    self.octets = octets
  }
}

/// Which place of the stream behind the proxy stands for which place before it. Places count from the SYN, so they never
/// wrap.
struct EditMap: Sendable {
  /// An edited stretch before and behind.
  private struct Stretch: Sendable {
    var input: Range<Int>
    var output: Range<Int>
  }

  /// Those that the receiver has not acknowledged, in order.
  private var stretches: [Stretch] = []
  /// What was added before the first of them.
  private(set) var settledShift = 0

  /// What all edits have added so far.
  var shift: Int { stretches.last.map { $0.output.upperBound - $0.input.upperBound } ?? settledShift }

  var isSettled: Bool { stretches.isEmpty }

  mutating func add(input: Range<Int>, output: Range<Int>) {
    if input.count == output.count, stretches.isEmpty { return }
    stretches.append(Stretch(input: input, output: output))
  }

  /// The place before the proxy up to which everything is behind it too, for a place behind it. Within an edit that is the
  /// edit's start: half of it says nothing about any octet of the original.
  func input(ofOutput place: Int) -> Int {
    var shift = settledShift
    for stretch in stretches {
      if place < stretch.output.lowerBound { break }
      if place < stretch.output.upperBound { return stretch.input.lowerBound }
      shift = stretch.output.upperBound - stretch.input.upperBound
    }
    return place - shift
  }

  /// The place behind the proxy for one before it; within an edit its start.
  func output(ofInput place: Int) -> Int {
    var shift = settledShift
    for stretch in stretches {
      if place < stretch.input.lowerBound { break }
      if place < stretch.input.upperBound { return stretch.output.lowerBound }
      shift = stretch.output.upperBound - stretch.input.upperBound
    }
    return place + shift
  }

  /// Forgets what lies before a place behind the proxy that the receiver has acknowledged.
  mutating func settle(upTo place: Int) {
    let settled = stretches.prefix { $0.output.upperBound <= place }
    guard let last = settled.last else { return }
    settledShift = last.output.upperBound - last.input.upperBound
    stretches.removeFirst(settled.count)
    if stretches.isEmpty { stretches = [] }
  }
}
