import CKernel
import Glibc
import Synchronization

/// Why a thread could not be started.
package enum ThreadError: Error, Equatable, CustomStringConvertible {
  /// The process may not run on `core`; it may on `available`.
  case coreNotAvailable(thread: String, core: Int, available: [Int])
  /// pthread_create(3) or sched_setaffinity(2) failed.
  case refused(thread: String, call: String, code: Int32)

  package var description: String {
    switch self {
    case .coreNotAvailable(let thread, let core, let available):
      "thread \(thread): core \(core) is not available; this process may use "
        + available.map(String.init).joined(separator: ", ")
    case .refused(let thread, let call, let code):
      "thread \(thread): \(call): \(describe(code))"
    }
  }
}

/// A thread of its own, on one core if asked, for as long as its body runs.
package final class PinnedThread: Sendable {
  /// What `top -H` shows; Linux keeps the first 15 octets.
  package let name: String
  /// The core that the thread is bound to; nil when the scheduler may move it.
  package let core: Int?
  private let handle: Mutex<pthread_t?>

  private init(name: String, core: Int?, handle: pthread_t) {
    self.name = name
    self.core = core
    self.handle = Mutex(handle)
  }

  /// Starts a thread that runs `body` once, after it has been bound to `core`.
  ///
  /// The body may capture what is sent to it; a noncopyable value travels in a box that the body empties.
  package static func start(
    name: String, core: Int?, body: sending @escaping () -> Void
  ) throws(ThreadError) -> PinnedThread {
    let available = Topology.availableCores
    if let core, !available.contains(core) {
      throw .coreNotAvailable(thread: name, core: core, available: available)
    }
    let errand = unsafe Unmanaged.passRetained(Errand(name: name, core: core, body: body))
    var handle = pthread_t()
    let code = unsafe pthread_create(
      &handle, nil,
      { unsafe Unmanaged<Errand>.fromOpaque($0!).takeRetainedValue().run() },
      errand.toOpaque())
    guard code == 0 else {
      unsafe errand.release()
      throw .refused(thread: name, call: "pthread_create", code: code)
    }
    return PinnedThread(name: name, core: core, handle: handle)
  }

  /// Called by a body: gives up every capability of its thread, for good, so that whatever a packet might talk it into,
  /// it may do nothing that an ordinary user may not. False when the kernel refuses.
  package static func dropCapabilities() -> Bool { sp_thread_drop_capabilities() == 0 }

  /// Waits until the body has returned. Later calls return at once.
  package func join() {
    let handle = handle.withLock { handle in
      defer { handle = nil }
      return handle
    }
    if let handle { _ = pthread_join(handle, nil) }
  }

  deinit {
    // Nobody waited: let the thread's resources go with its end.
    handle.withLock { if let handle = $0 { pthread_detach(handle) } }
  }
}

/// What a new thread takes with it.
private final class Errand {
  let name: String
  let core: Int?
  let body: () -> Void

  init(name: String, core: Int?, body: @escaping () -> Void) {
    self.name = name
    self.core = core
    self.body = body
  }

  func run() -> UnsafeMutableRawPointer? {
    _ = unsafe sp_thread_name(name)
    // The core was available a moment ago; should it have gone meanwhile, the thread works unbound rather than not at
    // all.
    if let core { _ = sp_thread_pin(UInt32(core)) }
    body()
    return nil
  }
}
