import Glibc

/// A system call that failed, and why.
struct SystemCallError: Error, CustomStringConvertible {
  let call: String
  let code: Int32

  /// What the call that just failed left in `errno`.
  init(_ call: String) {
    self.call = call
    self.code = errno
  }

  var description: String {
    unsafe "\(call): \(String(cString: strerror(code)))"
  }
}

/// One entry of a `sendmmsg` or `recvmmsg` vector: `struct mmsghdr`.
@unsafe
struct BatchMessage {
  var header = unsafe msghdr()
  /// The bytes that went out or came in with this message.
  var length: UInt32 = 0
}

/// `struct epoll_event`: the kernel packs it on x86-64 and nowhere else, so that its 64-bit field is two halves here.
struct PollEvent {
  var events: UInt32 = 0
  #if !arch(x86_64)
    private var padding: UInt32 = 0
  #endif
  var descriptor: Int32 = 0
  /// Zero or one: whether connections are to be accepted from the descriptor.
  private var listener: UInt32 = 0

  init(events: UInt32 = 0, descriptor: Int32 = 0, isListener: Bool = false) {
    self.events = events
    self.descriptor = descriptor
    listener = isListener ? 1 : 0
  }

  var isListener: Bool { listener != 0 }
}

/// The Linux calls that Swift's view of the C library leaves out: it shows neither what needs `_GNU_SOURCE` nor
/// <sys/epoll.h>. They are taken by name from the C library that the program runs on, once, before the traffic starts.
/// Vectors of messages and events go as raw pointers, because a C function type may name only C's types.
@safe
struct LinuxCalls {
  typealias SendBatch = @convention(c) (Int32, UnsafeMutableRawPointer, UInt32, Int32) -> Int32
  typealias ReceiveBatch =
    @convention(c) (Int32, UnsafeMutableRawPointer, UInt32, Int32, UnsafeMutablePointer<timespec>?) -> Int32
  typealias Accept =
    @convention(c) (Int32, UnsafeMutablePointer<sockaddr>?, UnsafeMutablePointer<socklen_t>?, Int32) -> Int32
  typealias PollCreate = @convention(c) (Int32) -> Int32
  typealias PollControl = @convention(c) (Int32, Int32, Int32, UnsafeMutableRawPointer) -> Int32
  typealias PollWait = @convention(c) (Int32, UnsafeMutableRawPointer, Int32, Int32) -> Int32

  let sendmmsg: SendBatch
  let recvmmsg: ReceiveBatch
  let accept4: Accept
  let pollCreate: PollCreate
  let pollControl: PollControl
  let pollWait: PollWait

  init() throws {
    unsafe precondition(MemoryLayout<BatchMessage>.stride == 64, "struct mmsghdr has another size on this machine")
    unsafe sendmmsg = unsafe try Self.find("sendmmsg", as: SendBatch.self)
    unsafe recvmmsg = unsafe try Self.find("recvmmsg", as: ReceiveBatch.self)
    unsafe accept4 = unsafe try Self.find("accept4", as: Accept.self)
    pollCreate = try Self.find("epoll_create1", as: PollCreate.self)
    unsafe pollControl = unsafe try Self.find("epoll_ctl", as: PollControl.self)
    unsafe pollWait = unsafe try Self.find("epoll_wait", as: PollWait.self)
  }

  /// The function called `name` in the objects that the program has loaded; fails when the C library lacks it.
  private static func find<Function>(_ name: String, as type: Function.Type) throws -> Function {
    guard let symbol = unsafe dlsym(nil, name) else {
      errno = ENOSYS
      throw SystemCallError(name)
    }
    return unsafe unsafeBitCast(symbol, to: type)
  }
}
