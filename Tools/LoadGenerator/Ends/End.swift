import CKernel
import Glibc

/// One side of the generator: the queues of its device, opened.
struct End {
  /// The end as its user wrote it, for messages.
  let text: String
  let ports: [any FramePort]

  /// Opens `queues` queues. `field` is where the server's address lies in what arrives here.
  static func open(_ argument: EndArgument, queues: Int, field: QueueSteering.Field, owned: Bool) throws -> End {
    let end = argument.text
    return try inNamespace(of: argument) {
      if !owned, !Ownership.mayLoad(device: argument.device) { throw EndError.notOurs(end: end) }
      switch argument.kind {
      case .packetSocket: return try packetSockets(argument.device, queues, field, end)
      case .tap: return try tapQueues(argument.device, queues, field, end)
      }
    }
  }

  private static func packetSockets(
    _ device: String, _ queues: Int, _ field: QueueSteering.Field, _ end: String
  ) throws -> End {
    var link = sp_link()
    let found = unsafe sp_link_read(device, &link)
    if found == -ENODEV { throw EndError.noDevice(end: end) }
    if found < 0 { throw EndError.refused(end: end, step: "ioctl(SIOCGIFFLAGS)", code: -found) }
    if link.up == 0 { throw EndError.down(end: end) }
    let sockets = try (0..<queues).map { _ in try PacketSocket(device: device, end: end) }
    if queues > 1 {
      let steering = try QueueSteering(field, from: .network, queues: queues, end: end)
      // A group's number is the namespace's: another process's group of the same number would be joined.
      let group = UInt16(truncatingIfNeeded: getpid() &* 2) | (field == .source ? 0 : 1)
      for socket in sockets { try socket.join(group: group, steering: steering, end: end) }
    }
    return End(text: end, ports: sockets)
  }

  private static func tapQueues(
    _ device: String, _ queues: Int, _ field: QueueSteering.Field, _ end: String
  ) throws -> End {
    let taps = try (0..<queues).map { _ in try TapQueue(device: device, multiQueue: queues > 1, end: end) }
    if queues > 1 {
      try taps[0].steer(by: QueueSteering(field, from: .frame, queues: queues, end: end), end: end)
    }
    let raised = unsafe sp_link_set_up(device)
    if raised < 0 { throw EndError.refused(end: end, step: "ioctl(SIOCSIFFLAGS)", code: -raised) }
    return End(text: end, ports: taps)
  }

  /// Runs `body` in the end's namespace, on a thread of its own: a namespace is a thread's, and no other shall change.
  private static func inNamespace(of argument: EndArgument, _ body: @escaping () throws -> End) throws -> End {
    guard let path = argument.namespacePath else { return try body() }
    var outcome: Result<End, any Error>?
    let thread = try RunningThread {
      outcome = Result {
        var step: UnsafePointer<CChar>?
        let code = unsafe sp_thread_enter_network(path, &step)
        if code == -ENOENT { throw EndError.noNamespace(end: argument.text, path: path) }
        if code < 0 { throw EndError.refused(end: argument.text, step: "setns", code: -code) }
        return try body()
      }
    }
    thread.join()
    guard let outcome else { preconditionFailure("the thread ended before its work") }
    return try outcome.get()
  }
}
