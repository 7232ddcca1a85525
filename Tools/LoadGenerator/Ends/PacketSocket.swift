import CKernel
import Glibc

/// A packet socket on an interface: what leaves through it enters whatever is behind the interface.
@safe
final class PacketSocket: FramePort {
  /// Room for frames that wait, in octets.
  private static let waitingOctets: Int32 = 32 << 20

  /// After so many refusals the rest of a batch is given up.
  private static let refusals = 8

  let descriptor: Int32

  /// Opens one on interface `device` of the calling thread's namespace; `end` is named in errors.
  init(device: String, end: String) throws(EndError) {
    var step: UnsafePointer<CChar>?
    let result = unsafe sp_packet_open(device, Self.waitingOctets, &step)
    guard result >= 0 else {
      if -result == ENODEV { throw .noDevice(end: end) }
      throw .refused(end: end, step: unsafe step.map { unsafe String(cString: $0) } ?? "open", code: -result)
    }
    descriptor = result
  }

  deinit { close(descriptor) }

  /// Joins the sockets among which the interface's frames are shared out.
  func join(group: UInt16, steering: borrowing QueueSteering, end: String) throws(EndError) {
    let result = sp_packet_join(descriptor, group, steering.descriptor)
    if result < 0 { throw .refused(end: end, step: "setsockopt(PACKET_FANOUT)", code: -result) }
  }

  func send(_ batch: FrameBatch) -> Int {
    var next = 0
    var sent = 0
    // A frame that finds the device's queue full is lost, as on a wire, and the one after it may find room; a queue that
    // stays full is left in peace.
    var refusals = 0
    while next < batch.count, refusals < Self.refusals {
      let count = unsafe Int(sp_packet_send(descriptor, batch.frames + next, UInt32(batch.count - next)))
      if count > 0 {
        sent += count
        next += count
      } else {
        refusals += 1
        next += 1
      }
    }
    return sent
  }

  func receive(into batch: FrameBatch) {
    batch.count = unsafe max(
      0, Int(sp_packet_receive(descriptor, batch.frames, UInt32(FrameBatch.capacity), UInt32(FrameBatch.room))))
  }

  func overruns() -> UInt64 {
    var count: UInt32 = 0
    return unsafe sp_packet_overruns(descriptor, &count) == 0 ? UInt64(count) : 0
  }
}
