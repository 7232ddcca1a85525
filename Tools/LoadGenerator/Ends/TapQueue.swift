import CKernel
import Glibc
import WireFormats

/// A queue of a TAP device: the generator is the wire behind the interface that the kernel shows. The device vanishes
/// with its last queue unless somebody made it to stay.
@safe
final class TapQueue: FramePort {
  let descriptor: Int32

  /// Attaches to the TAP `device` of the calling thread's namespace, making it where there is none.
  init(device: String, multiQueue: Bool, end: String) throws(EndError) {
    var step: UnsafePointer<CChar>?
    let result = unsafe sp_tap_attach(device, multiQueue ? 1 : 0, &step)
    guard result >= 0 else {
      throw .refused(end: end, step: unsafe step.map { unsafe String(cString: $0) } ?? "open", code: -result)
    }
    descriptor = result
    let size = sp_tap_set_header_size(descriptor, Int32(VirtioHeader.size))
    if size < 0 {
      close(descriptor)
      throw .refused(end: end, step: "ioctl(TUNSETVNETHDRSZ)", code: -size)
    }
    // Super-frames and unfinished checksums may come as they are: here they are read, not passed on.
    _ = sp_tap_set_offload(descriptor, UInt32(SP_TUN_CHECKSUM | SP_TUN_TSO4))
  }

  deinit { close(descriptor) }

  /// Has the kernel share out the device's frames among its queues.
  func steer(by steering: borrowing QueueSteering, end: String) throws(EndError) {
    let result = sp_tap_set_steering(descriptor, steering.descriptor)
    if result < 0 { throw .refused(end: end, step: "ioctl(TUNSETSTEERINGEBPF)", code: -result) }
  }

  func send(_ batch: FrameBatch) -> Int {
    for place in 0..<batch.count {
      let frame = unsafe batch.frames[place]
      if unsafe write(descriptor, frame.base, Int(frame.length)) < 0 { return place }
    }
    return batch.count
  }

  func receive(into batch: FrameBatch) {
    batch.count = 0
    while batch.count < FrameBatch.capacity {
      let place = batch.count
      let length = unsafe read(descriptor, batch.frames[place].base, FrameBatch.room)
      if length <= 0 { return }
      unsafe batch.frames[place].length = UInt32(length)
      batch.count += 1
    }
  }

  /// A TAP's queue drops in the kernel what finds no room, and counts it with what the sender lost.
  func overruns() -> UInt64 { 0 }
}
