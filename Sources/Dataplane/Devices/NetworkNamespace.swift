import CKernel
import Synchronization

/// A network namespace that something has to be done in.
///
/// A namespace is a thread's, so the work runs on a thread of its own that enters the namespace and ends there; no
/// thread of the caller's ever changes its own.
struct NetworkNamespace {
  let path: String

  /// The namespace `name` of `ip netns`, or the one that a path names.
  init(_ name: String) { path = name.utf8.contains(UInt8(ascii: "/")) ? name : "/run/netns/" + name }

  /// Runs `work` inside the namespace and returns what it returns. `device` is named in errors.
  func run<Value: Sendable>(
    for device: String, _ work: @escaping @Sendable () throws(DeviceError) -> Value
  ) throws(DeviceError) -> Value {
    let outcome = Outcome<Value>()
    let path = path
    let thread: PinnedThread
    do throws(ThreadError) {
      thread = try PinnedThread.start(name: "sp-namespace", core: nil) {
        let result = Result { () throws(DeviceError) -> Value in
          var step: UnsafePointer<CChar>?
          let code = unsafe sp_thread_enter_network(path, &step)
          guard code == 0 else {
            throw .namespace(
              device: device, path: path, step: unsafe step.map { unsafe String(cString: $0) } ?? "setns", code: -code)
          }
          return try work()
        }
        outcome.value.withLock { $0 = result }
      }
    } catch {
      switch error {
      case .refused(_, let call, let code): throw .failed(device: device, step: call, code: code)
      case .coreNotAvailable: preconditionFailure("no core was asked for")
      }
    }
    thread.join()
    return try outcome.value.withLock { $0! }.get()
  }

  /// Where the thread leaves its result.
  private final class Outcome<Value: Sendable>: Sendable {
    let value = Mutex<Result<Value, DeviceError>?>(nil)
  }
}
