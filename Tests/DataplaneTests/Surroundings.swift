import CKernel
import Dataplane
import Glibc
import Synchronization

/// What this machine lets a test do, found out by trying, once.
enum Surroundings {
  /// Whether a network namespace and a TAP in it can be made: root, or CAP_SYS_ADMIN and CAP_NET_ADMIN, and
  /// /dev/net/tun.
  static let allowsDevices: Bool = {
    let device = try? inPrivateNetwork { try TapDevice.open(TapRequest(name: "probe", queues: 1)) }
    device?.close()
    return device != nil
  }()

  /// Whether bpf(2) loads a program.
  static let allowsSteering: Bool = (try? LoadedSteering(.outside, queues: 1)) != nil

  /// Whether io_uring can be set up.
  static let allowsRings: Bool = (try? IORing(entries: 8, completionEntries: 16)) != nil

  static let hasTshark: Bool = run("tshark", "--version").status == 0

  /// Runs `body` on a thread in a network namespace of its own, which vanishes when nothing of it is left open.
  static func inPrivateNetwork<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
    let outcome = Outcome<Value>()
    let thread = try PinnedThread.start(name: "test-network", core: nil) {
      let result = Result {
        let code = sp_thread_new_network()
        if code < 0 { throw Refusal.network(code: -code) }
        return try body()
      }
      outcome.value.withLock { $0 = result }
    }
    thread.join()
    return try outcome.value.withLock { $0! }.get()
  }

  /// Runs a program in the calling thread's namespaces and waits for it.
  @discardableResult static func run(_ arguments: String...) -> (status: Int32, output: String) {
    var ends: [Int32] = [0, 0]
    unsafe pipe(&ends)
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    unsafe posix_spawn_file_actions_addclose(&actions, ends[0])
    unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    let words = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: arguments.count + 1)
    for (index, argument) in arguments.enumerated() { unsafe words[index] = strdup(argument) }
    unsafe words[arguments.count] = nil
    defer {
      for index in arguments.indices { unsafe free(words[index]) }
      unsafe words.deallocate()
    }
    var child = pid_t()
    let code = unsafe posix_spawnp(&child, words[0]!, &actions, nil, words, Glibc.environ)
    unsafe posix_spawn_file_actions_destroy(&actions)
    close(ends[1])
    defer { close(ends[0]) }
    guard code == 0 else { return (code, "") }
    var output: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4096)
    while case let count = unsafe read(ends[0], &piece, piece.count), count > 0 { output += piece.prefix(count) }
    var status: Int32 = 0
    unsafe waitpid(child, &status, 0)
    return (status, String(decoding: output, as: UTF8.self))
  }

  enum Refusal: Error {
    case network(code: Int32)
  }

  private final class Outcome<Value: Sendable>: Sendable {
    let value = Mutex<Result<Value, any Error>?>(nil)
  }
}

/// Two sockets that keep the bounds of what is written to them, as a TAP keeps frames.
struct FramePair {
  let near: Int32
  let far: Int32

  init() {
    var ends: [Int32] = [0, 0]
    let code = unsafe socketpair(
      AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0, &ends)
    precondition(code == 0)
    (near, far) = (ends[0], ends[1])
  }

  func close() {
    Glibc.close(near)
    Glibc.close(far)
  }

  /// Puts a frame where `near` will read it.
  func send(_ frame: [UInt8]) { _ = unsafe write(far, frame, frame.count) }

  /// Takes a frame that was written to `near`; nil if there is none.
  func receive() -> [UInt8]? {
    var frame = [UInt8](repeating: 0, count: 4096)
    let count = unsafe read(far, &frame, frame.count)
    return count < 0 ? nil : Array(frame.prefix(count))
  }
}
