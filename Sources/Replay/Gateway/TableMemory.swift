import Glibc
import Translation
import WireFormats

/// The memory of one worker's tables and of the port map. Pages are there once they are touched, so that a pool of many
/// addresses costs no more than what is used of it.
@safe final class TableMemory {
  private let base: UnsafeMutableRawPointer
  private let count: Int
  private let layout: ShardLayout
  private let addresses: Int
  private let shardOffset: Int

  /// Memory for `sessions` sessions and `addresses` inside global addresses; traps when the kernel has none.
  init(sessions: Int, addresses: Int) {
    layout = ShardLayout(sessions: sessions)
    self.addresses = addresses
    shardOffset = (PortMap.size(addresses: addresses) + 4095) & ~4095
    count = shardOffset + layout.size
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    guard let base = unsafe mmap(nil, count, PROT_READ | PROT_WRITE, flags, -1, 0), unsafe base != MAP_FAILED else {
      fatalError("no memory for \(sessions) sessions and \(addresses) addresses")
    }
    unsafe self.base = base
  }

  deinit { unsafe munmap(base, count) }

  /// The port map, which must not outlive the memory.
  var ports: PortMap { unsafe PortMap(memory: base, addresses: addresses) }

  /// The tables, empty; made once, and not outliving the memory.
  func makeShard(seed: (UInt64, UInt64)) -> Shard {
    unsafe Shard(memory: base + shardOffset, layout: layout, seed: seed, worker: 0, workers: 1)
  }
}

/// Room for one frame at a time: what translation works on.
@safe final class FrameRoom {
  /// Octets of an Ethernet header and of the longest IPv4 packet.
  static let capacity = 14 + 65_535

  private let base: UnsafeMutableRawPointer

  init() { unsafe base = .allocate(byteCount: Self.capacity, alignment: 8) }

  deinit { unsafe base.deallocate() }

  /// The first octets of the room, which must not outlive it.
  func octets(_ count: Int) -> PacketOctets {
    precondition(count <= Self.capacity)
    return unsafe PacketOctets(base: base, count: count)
  }
}
