/// One queue of a device, as a lane uses it: frames in batches, without waiting.
protocol FramePort: AnyObject {
  /// What becomes readable when a frame has arrived.
  var descriptor: Int32 { get }
  /// Sends the frames of a batch in their order; answers how many the device took.
  func send(_ batch: FrameBatch) -> Int
  /// Fills the batch with the frames that wait; leaves it empty when none does.
  func receive(into batch: FrameBatch)
  /// How many frames arrived but found no room on the generator's own side since this was last asked.
  func overruns() -> UInt64
}
