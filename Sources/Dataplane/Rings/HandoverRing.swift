import CIntrinsics
import Synchronization

/// A bounded ring of 64-bit elements from one thread to one other.
///
/// The producer stages elements and publishes them with one releasing store for a burst; the consumer takes a burst and
/// gives the places back with another. Each side keeps a copy of the other's index and reads the real one only when
/// the copy says "full" or "empty", so that a busy ring costs about one transfer of a cache line a burst.
///
/// A value is a handle: copies mean the same ring, and there is nothing to count references of on the packet's way.
/// `stage`, `room` and `publish` belong to the producing thread, `take` to the consuming thread, `isEmpty` to both.
///
/// Invariant: the memory given to `init` stays valid for as long as any copy of the handle is used.
///
///     octet 0     published tail    written by the producer, read by both
///     octet 128   staged tail, copy of the head    the producer's own
///     octet 256   published head    written by the consumer, read by both
///     octet 384   copy of the tail    the consumer's own
///     octet 512   the elements
///
/// The lines are 128 octets apart because processors fetch cache lines in pairs.
@safe
package struct HandoverRing: BitwiseCopyable, @unchecked Sendable {
  let memory: UnsafeMutableRawPointer
  let mask: UInt64

  /// The most elements that a ring can have.
  package static let maximumCapacity = 1 << 20

  /// The octets of memory for a ring of `capacity` elements.
  package static func octets(capacity: Int) -> Int { 512 + capacity * MemoryLayout<UInt64>.stride }

  /// Makes an empty ring in `memory`, which is aligned to 128 octets, has room for `octets(capacity:)`, and outlives
  /// the ring. `capacity` is a power of two.
  @unsafe package init(memory: UnsafeMutableRawPointer, capacity: Int) {
    precondition(capacity > 0 && capacity <= Self.maximumCapacity && capacity & (capacity - 1) == 0)
    precondition(UInt(bitPattern: memory) % 128 == 0, "a ring's lines must not share cache lines")
    unsafe self.memory = memory
    mask = UInt64(capacity - 1)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: Self.octets(capacity: capacity))
    unsafe publishedTail.initialize(to: Atomic(0))
    unsafe publishedHead.initialize(to: Atomic(0))
  }

  var publishedTail: UnsafeMutablePointer<Atomic<UInt64>> {
    unsafe memory.assumingMemoryBound(to: Atomic<UInt64>.self)
  }
  var publishedHead: UnsafeMutablePointer<Atomic<UInt64>> {
    unsafe (memory + 256).assumingMemoryBound(to: Atomic<UInt64>.self)
  }
  var stagedTail: UnsafeMutablePointer<UInt64> { unsafe (memory + 128).assumingMemoryBound(to: UInt64.self) }
  var headCopy: UnsafeMutablePointer<UInt64> { unsafe (memory + 136).assumingMemoryBound(to: UInt64.self) }
  var tailCopy: UnsafeMutablePointer<UInt64> { unsafe (memory + 384).assumingMemoryBound(to: UInt64.self) }
  var elements: UnsafeMutablePointer<UInt64> { unsafe (memory + 512).assumingMemoryBound(to: UInt64.self) }

  /// The number of elements that the ring holds when full.
  package var capacity: Int { Int(mask) + 1 }

  /// Whether nothing published is left to take. Exact for the consumer; for others it may be out of date.
  package var isEmpty: Bool {
    unsafe publishedHead.pointee.load(ordering: .relaxed) == publishedTail.pointee.load(ordering: .acquiring)
  }

  /// Producer: puts an element behind those staged before. False when the ring is full; nothing is visible to the
  /// consumer before `publish`.
  @inline(__always) package func stage(_ element: UInt64) -> Bool {
    guard hasRoom else { return false }
    let tail = unsafe stagedTail.pointee
    unsafe elements[Int(tail & mask)] = element
    unsafe stagedTail.pointee = tail &+ 1
    return true
  }

  /// Producer: makes everything staged visible, with one store. False when there was nothing new, so that the caller
  /// need not wake anyone.
  @discardableResult package func publish() -> Bool {
    let tail = unsafe stagedTail.pointee
    if unsafe publishedTail.pointee.load(ordering: .relaxed) == tail { return false }
    unsafe publishedTail.pointee.store(tail, ordering: .releasing)
    return true
  }

  /// Producer: whether an element can surely be staged now.
  @inline(__always) package var hasRoom: Bool {
    let tail = unsafe stagedTail.pointee
    if unsafe tail &- headCopy.pointee <= mask { return true }
    unsafe headCopy.pointee = publishedHead.pointee.load(ordering: .acquiring)
    return unsafe tail &- headCopy.pointee <= mask
  }

  /// Producer: the number of elements that can surely be staged now.
  package func room() -> Int {
    unsafe headCopy.pointee = publishedHead.pointee.load(ordering: .acquiring)
    return unsafe capacity - Int(stagedTail.pointee &- headCopy.pointee)
  }

  /// Consumer: asks for what `take` looks at next, which is in the producer's cache if there is something new. For several
  /// rings it costs one wait instead of two for each.
  @inline(__always) package func prefetch() {
    let head = unsafe publishedHead.pointee.load(ordering: .relaxed)
    unsafe sp_prefetch(publishedTail)
    unsafe sp_prefetch(elements + Int(head & mask))
    unsafe sp_prefetch(elements + Int((head &+ 8) & mask))
  }

  /// Consumer: moves the oldest published elements to `target` and returns how many: 0 only when there are none, but
  /// perhaps fewer than there are, so take until 0 comes.
  package func take(into target: UnsafeMutableBufferPointer<UInt64>) -> Int {
    let head = unsafe publishedHead.pointee.load(ordering: .relaxed)
    if unsafe tailCopy.pointee == head {
      unsafe tailCopy.pointee = publishedTail.pointee.load(ordering: .acquiring)
    }
    let count = unsafe min(Int(tailCopy.pointee &- head), target.count)
    guard count > 0 else { return 0 }
    for index in 0..<count {
      unsafe target[index] = elements[Int((head &+ UInt64(index)) & mask)]
    }
    unsafe publishedHead.pointee.store(head &+ UInt64(count), ordering: .releasing)
    return count
  }
}
