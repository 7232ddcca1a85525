import CKernel
import Glibc
import WireFormats

/// The steps between a name and a working TAP device, in the calling thread's namespace.
struct TapSetup {
  let request: TapRequest

  init(_ request: TapRequest) { self.request = request }

  /// The settings of the interface; nil when there is none of this name.
  func link() -> sp_link? {
    var link = sp_link()
    return unsafe sp_link_read(request.name, &link) == 0 ? link : nil
  }

  /// Milliseconds for which the queues of a daemon that has been killed are waited for.
  private static let patience = 3000

  /// Waits until nobody is attached to a device that stays: a killed daemon's queues go only when the kernel has
  /// cancelled its reads, and until then they would stand before ours and keep their frames.
  func awaitRelease() throws(DeviceError) {
    guard request.persistent == true else { return }
    for _ in 0..<Self.patience {
      let carrier = unsafe sp_link_has_carrier(request.name)
      // Absent, free, or an interface that does not say.
      guard carrier == 1 else { return }
      usleep(1000)
    }
    throw failure("waiting for its queues", -EBUSY)
  }

  /// Opens every queue, in order.
  func attachQueues() throws(DeviceError) -> [Int32] {
    var queues: [Int32] = []
    do throws(DeviceError) {
      // A device with one queue is made single-queue, as `ip tuntap` makes it, unless it stays and a later run may want
      // more. One that exists may be of the other kind, and the driver takes only an answer that matches.
      var multiQueue = request.queues > 1 || request.persistent == true
      for index in 0..<request.queues {
        do throws(DeviceError) {
          queues.append(try attach(multiQueue: multiQueue))
        } catch .mismatch where index == 0 && request.queues == 1 {
          multiQueue.toggle()
          queues.append(try attach(multiQueue: multiQueue))
        }
      }
      return queues
    } catch {
      for descriptor in queues { close(descriptor) }
      throw error
    }
  }

  private func attach(multiQueue: Bool) throws(DeviceError) -> Int32 {
    var step: UnsafePointer<CChar>?
    let descriptor = unsafe sp_tap_attach(request.name, multiQueue ? 1 : 0, &step)
    guard descriptor < 0 else { return descriptor }
    throw failure(unsafe step.map { unsafe String(cString: $0) } ?? "ioctl(TUNSETIFF)", descriptor)
  }

  /// Agrees with the driver on what stands before a frame and what may be undone in it. Returns the offloads in force.
  func prepareFrames(_ queue: Int32) throws(DeviceError) -> OffloadFeatures {
    try check("ioctl(TUNSETVNETHDRSZ)", sp_tap_set_header_size(queue, Int32(VirtioHeader.size)))
    let result = sp_tap_set_offload(queue, request.offload.rawValue)
    guard result == -EINVAL, request.offload.contains(.udp) else {
      try check("ioctl(TUNSETOFFLOAD)", result)
      return request.offload
    }
    let older = request.offload.subtracting(.udp)
    try check("ioctl(TUNSETOFFLOAD)", sp_tap_set_offload(queue, older.rawValue))
    return older
  }

  /// Makes the device outlive its descriptors, or not. Returns which it is.
  func settlePersistence(_ queue: Int32) throws(DeviceError) -> Bool {
    let current = sp_tap_is_persistent(queue)
    try check("ioctl(TUNGETIFF)", current)
    guard let wanted = request.persistent, wanted != (current == 1) else { return current == 1 }
    try check("ioctl(TUNSETPERSIST)", sp_tap_set_persistent(queue, wanted ? 1 : 0))
    return wanted
  }

  /// Sets the MTU and the queue's length and brings the link up, as far as they are not so already. Returns the MTU.
  func settleLink() throws(DeviceError) -> Int {
    var link = sp_link()
    try check("ioctl(SIOCGIFMTU)", unsafe sp_link_read(request.name, &link))
    if let mtu = request.mtu, mtu != Int(link.mtu) {
      try check("ioctl(SIOCSIFMTU)", unsafe sp_link_set_mtu(request.name, Int32(mtu)))
      link.mtu = Int32(mtu)
    }
    if let length = request.transmitQueueLength, length != Int(link.queue_length) {
      try check("ioctl(SIOCSIFTXQLEN)", unsafe sp_link_set_queue_length(request.name, Int32(length)))
    }
    if link.up == 0 { try check("ioctl(SIOCSIFFLAGS)", unsafe sp_link_set_up(request.name)) }
    return Int(link.mtu)
  }

  private func check(_ step: String, _ result: Int32) throws(DeviceError) {
    if result < 0 { throw failure(step, result) }
  }

  private func failure(_ step: String, _ result: Int32) -> DeviceError {
    DeviceError(device: request.name, step: step, code: -result, queues: request.queues)
  }
}
