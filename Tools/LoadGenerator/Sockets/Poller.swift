import Glibc

/// An epoll set with room for the events of one wait. The descriptors in it are closed by whoever added them, which
/// also takes them out of the set.
@safe
struct Poller: ~Copyable {
  /// What to wait for, and what an event says: EPOLLIN, EPOLLOUT, EPOLLERR and EPOLLHUP of <sys/epoll.h>.
  enum Interest {
    static let readable: UInt32 = 0x001
    static let writable: UInt32 = 0x004
    static let failure: UInt32 = 0x008 | 0x010
  }

  /// EPOLL_CTL_ADD and EPOLL_CTL_MOD.
  private static let addOperation: Int32 = 1
  private static let changeOperation: Int32 = 3
  /// Events in one wait.
  private static let capacity = 256

  private let calls: LinuxCalls
  private let descriptor: Int32
  private let events: UnsafeMutablePointer<PollEvent>

  init(calls: LinuxCalls) throws {
    self.calls = calls
    unsafe events = .allocate(capacity: Self.capacity)
    unsafe events.initialize(repeating: PollEvent(), count: Self.capacity)
    descriptor = calls.pollCreate(0)
    if descriptor < 0 { throw SystemCallError("epoll_create1") }
  }

  deinit {
    close(descriptor)
    unsafe events.deallocate()
  }

  /// Adds a descriptor; answers false when the kernel refuses it.
  func add(_ socket: Int32, for interest: UInt32, isListener: Bool = false) -> Bool {
    var event = PollEvent(events: interest, descriptor: socket, isListener: isListener)
    return unsafe calls.pollControl(descriptor, Self.addOperation, socket, &event) == 0
  }

  /// Waits for something else on a descriptor already in the set.
  func change(_ socket: Int32, to interest: UInt32) -> Bool {
    var event = PollEvent(events: interest, descriptor: socket)
    return unsafe calls.pollControl(descriptor, Self.changeOperation, socket, &event) == 0
  }

  /// Waits at most `milliseconds`; answers how many events `self[index]` then has.
  func wait(milliseconds: Int32) -> Int {
    unsafe max(0, Int(calls.pollWait(descriptor, events, Int32(Self.capacity), milliseconds)))
  }

  subscript(index: Int) -> PollEvent {
    unsafe events[index]
  }
}
