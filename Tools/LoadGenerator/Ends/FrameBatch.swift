import CKernel
import Glibc
import WireFormats

/// A row of frames on their way between the generator and a device, each with its virtio header before it.
///
/// Invariant: the memory of every place stays where it is for as long as the batch lives, so that a view of a frame may be
/// used until the batch is filled anew.
@safe
final class FrameBatch {
  /// Places in a batch.
  static let capacity = Int(SP_PACKET_BATCH)
  /// The largest frame behind its virtio header: a super-frame of the largest IPv4 datagram.
  static let largestFrame = 65_549
  /// Octets from one place to the next: no power of two, so that the places' first lines spread over the cache's sets.
  private static let stride = 65_728

  private let memory: UnsafeMutableRawPointer
  /// What the kernel is told about the places; `count` of them are filled.
  let frames: UnsafeMutablePointer<sp_frame>
  var count = 0

  init() {
    // All zeros from the kernel: pages nobody writes to stay without memory, and payloads may rely on it.
    guard let memory = unsafe calloc(Self.capacity, Self.stride) else { preconditionFailure("no memory for frames") }
    unsafe self.memory = memory
    unsafe frames = .allocate(capacity: Self.capacity)
    for place in 0..<Self.capacity {
      unsafe (frames + place).initialize(to: sp_frame(base: memory + place * Self.stride, length: 0))
    }
  }

  deinit {
    unsafe free(memory)
    unsafe frames.deallocate()
  }

  /// The most octets that a place holds, virtio header included.
  static var room: Int { VirtioHeader.size + largestFrame }

  /// The virtio header of a place.
  func header(_ place: Int) -> PacketOctets {
    precondition(place >= 0 && place < Self.capacity)
    return unsafe PacketOctets(base: memory + place * Self.stride, count: VirtioHeader.size)
  }

  /// The frame of a filled place as it arrived; empty when it is shorter than its virtio header.
  func frame(_ place: Int) -> PacketOctets {
    precondition(place >= 0 && place < count)
    let length = unsafe min(Int(frames[place].length), Self.room)
    return unsafe PacketOctets(
      base: memory + place * Self.stride + VirtioHeader.size, count: max(0, length - VirtioHeader.size))
  }

  /// Room for one more frame of `length` octets, with an empty virtio header; the batch must not be full.
  func add(_ length: Int) -> PacketOctets {
    precondition(count < Self.capacity && length <= Self.largestFrame)
    let place = count
    count += 1
    unsafe frames[place].length = UInt32(VirtioHeader.size + length)
    let start = unsafe memory + place * Self.stride
    unsafe start.initializeMemory(as: UInt8.self, repeating: 0, count: VirtioHeader.size)
    return unsafe PacketOctets(base: start + VirtioHeader.size, count: length)
  }
}
