import WireFormats

/// What the generator writes at the head of a payload, to know it again behind the gateway.
///
///     0     2      6          10          18
///     | run | flow | sequence | nanoseconds |
struct Probe: Equatable {
  /// Octets of a probe; with the headers before it and the check sequence behind it, a frame of 64.
  static let size = 18

  /// Tells runs apart: frames of an earlier one may still be under way.
  var run: UInt16
  var flow: UInt32
  var sequence: UInt32
  /// When it was sent, on the monotonic clock.
  var time: UInt64

  init(run: UInt16, flow: UInt32, sequence: UInt32, time: UInt64) {
    self.run = run
    self.flow = flow
    self.sequence = sequence
    self.time = time
  }

  /// Reads the probe of `run` in a payload; nil where there is none.
  init?(_ frame: PacketOctets, in payload: Range<Int>, run: UInt16) {
    guard payload.count >= Self.size, frame.load16(at: payload.lowerBound) == run else { return nil }
    self.run = run
    flow = frame.load32(at: payload.lowerBound + 2)
    sequence = frame.load32(at: payload.lowerBound + 6)
    time = frame.load64(at: payload.lowerBound + 10)
  }

  /// Writes the probe at `offset`.
  func write(to frame: PacketOctets, at offset: Int) {
    frame.store16(run, at: offset)
    frame.store32(flow, at: offset + 2)
    frame.store32(sequence, at: offset + 6)
    frame.store64(time, at: offset + 10)
  }
}
