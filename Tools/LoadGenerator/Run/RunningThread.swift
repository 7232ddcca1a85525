import Glibc

/// A thread of the operating system: a sink blocks in the kernel for its whole life, which a task must not.
struct RunningThread {
  /// What a thread is started with, alive until the thread takes it.
  private final class Work {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
  }

  private let handle: pthread_t

  /// Starts a thread that runs `body`, whose state nobody else touches before `join` returns.
  init(_ body: @escaping () -> Void) throws {
    let work = unsafe Unmanaged.passRetained(Work(body))
    var handle = pthread_t()
    let code = unsafe pthread_create(
      &handle, nil,
      { argument in
        if let argument = unsafe argument {
          unsafe Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
        }
        return nil
      }, work.toOpaque())
    guard code == 0 else {
      unsafe work.release()
      errno = code
      throw SystemCallError("pthread_create")
    }
    self.handle = handle
  }

  /// Waits for the thread to end.
  func join() {
    pthread_join(handle, nil)
  }
}
