/// The end of one read, write or watch.
package struct Completion: BitwiseCopyable, Sendable {
  /// What the request was given to be recognised by.
  package let token: UInt64
  /// The octets moved, or a negative errno; for a watch, a positive number.
  package let result: Int32

  /// The end of the request that carried `token`.
  package init(token: UInt64, result: Int32) {
    self.token = token
    self.result = result
  }
}

/// How a worker moves frames: requests go in with a token each, completions come out in any order.
///
/// Two engines offer it: `IORing` and, where io_uring is refused, `ReadWriteQueue`. A worker is generic over the engine
/// and specialised for each, so that nothing here is called through a table.
///
/// All of it belongs to the thread that made the engine. Requests never fail when they are queued: what goes wrong
/// comes back as a completion. The memory of a request stays the engine's until its completion has been harvested. At
/// most as many requests as the engine has completion entries may be outstanding.
package protocol PacketIO: ~Copyable {
  /// Makes an engine that takes up to `entries` requests between two submissions and has up to `completionEntries`
  /// outstanding.
  init(entries: UInt32, completionEntries: UInt32) throws(RingError)

  /// Names the descriptors that `read` and `write` mean by number, in order. Called once, before any request.
  mutating func register(files: [Int32]) throws(RingError)
  /// Names the memory that `read` and `write` mean by number, in order. Called once, before any request; the memory
  /// outlives the engine.
  mutating func register(buffers: [UnsafeMutableRawBufferPointer]) throws(RingError)

  /// Queues a read of one frame of up to `count` octets. Several may be outstanding for a file.
  mutating func read(file: UInt32, into base: UnsafeMutableRawPointer, count: UInt32, buffer: UInt16, token: UInt64)
  /// Queues a read that ends with -EAGAIN when the file has no frame at the moment it is submitted.
  mutating func tryRead(file: UInt32, into base: UnsafeMutableRawPointer, count: UInt32, buffer: UInt16, token: UInt64)
  /// Queues a write of one frame.
  mutating func write(file: UInt32, from base: UnsafeMutableRawPointer, count: UInt32, buffer: UInt16, token: UInt64)
  /// Queues one completion for when `descriptor`, which need not be registered, is next readable.
  mutating func watch(descriptor: Int32, token: UInt64)

  /// Hands over what is queued and collects what is finished, without waiting.
  mutating func submit()
  /// Hands over what is queued and waits until `count` completions can be harvested or `nanoseconds` have passed;
  /// `UInt64.max` waits for ever. A signal may end the wait early.
  mutating func submitAndWait(atLeast count: UInt32, nanoseconds: UInt64)
  /// Whether requests are queued that have not been handed over.
  var hasQueued: Bool { get }
  /// Whether a harvest, or a submission followed by one, may bring something. Costs no system call; a spinning thread
  /// asks this before it asks the kernel.
  var mayHaveCompletions: Bool { get }
  /// Moves finished completions to `target`, oldest first, and returns how many.
  mutating func harvest(into target: UnsafeMutableBufferPointer<Completion>) -> Int

  /// Requests whose completions have not been harvested.
  var outstanding: UInt64 { get }
  /// The engine's name and scheme, for `show workers` and the log.
  var summary: String { get }
}
