import Gateways
import Translation
import WireFormats

// What travels between a worker and a slow path beside frames: 64-bit words of the same rings, in order with them.
//
//     bit 61    an order or its answer, which lie in the buffer that bits 0-31 name
//     bit 62    a session has ended: bits 0-31 its number; the next word is the tick of its creation

extension Frame {
  /// Set in the word of a buffer that holds an order, or the answer to one.
  static var order: UInt64 { 1 << 61 }
  /// Set in the first of the two words that say that a session has ended.
  static var ended: UInt64 { 1 << 62 }
}

extension FrameMemory {
  /// Where a buffer holds the session of a packet for the slow path: behind the largest frame.
  private var sessionOffset: Int { bufferOctets - Self.slack }

  private static var orderOffset: Int { 16 }

  /// Writes the session of a frame behind it; false when the frame reaches so far.
  func write(_ session: InspectedSession, behind frame: Frame) -> Bool {
    guard Int(frame.start) + Int(frame.length) <= sessionOffset else { return false }
    unsafe address(frame.buffer, at: sessionOffset).storeBytes(of: session, as: InspectedSession.self)
    return true
  }

  /// The session behind a frame, which `write` has put there.
  func session(of buffer: BufferID) -> InspectedSession {
    unsafe address(buffer, at: sessionOffset).load(as: InspectedSession.self)
  }

  /// Writes an order with its number.
  func write(_ order: SessionOrder, number: UInt32, to buffer: BufferID) {
    unsafe address(buffer, at: 0).storeBytes(of: number, as: UInt32.self)
    unsafe address(buffer, at: Self.orderOffset).storeBytes(of: order, as: SessionOrder.self)
  }

  /// The order that a slow path has written.
  func order(in buffer: BufferID) -> SessionOrder {
    unsafe address(buffer, at: Self.orderOffset).load(as: SessionOrder.self)
  }

  /// Writes the answer in the place of the order; the number stays.
  func write(_ answer: OrderAnswer, to buffer: BufferID) {
    unsafe address(buffer, at: Self.orderOffset).storeBytes(of: answer, as: OrderAnswer.self)
  }

  /// The answer that a worker has written, and the number of its order.
  func answer(in buffer: BufferID) -> (number: UInt32, answer: OrderAnswer) {
    let number = unsafe address(buffer, at: 0).load(as: UInt32.self)
    return (number, unsafe address(buffer, at: Self.orderOffset).load(as: OrderAnswer.self))
  }
}
