package import Translation

/// The memory that a gateway takes at start, in octets, before any of it is taken: what each worker has, what all share,
/// and what there is for every pair of them.
package struct MemoryPlan: Equatable, Sendable {
  package let workers: Int
  /// Workers and slow paths.
  package let parties: Int
  /// The tables of one shard.
  package let layout: ShardLayout
  /// Octets of a packet buffer, and the buffers of one pool.
  package let bufferOctets: Int
  package let buffersPerPool: UInt32
  /// Inside global addresses that the port map has planes for.
  package let addresses: Int

  /// Frames that one worker may have handed to another and that have not been taken.
  static let handoverCapacity = 1024
  /// Reads of one batch on a device at most; `Inlet` chooses how many it takes.
  static let readDepth = 64
  /// Sessions that a shard has room for beyond its part of `max-entries`, at least: a few busy hosts make much of a
  /// small part. It costs eight megabytes a worker.
  static let spareSessions = 65_536

  /// What `plan` needs with `addresses` inside global addresses, over devices of this MTU at most.
  package init(_ plan: DataplanePlan, addresses: Int, mtu: Int) {
    workers = plan.workerCores.count
    parties = workers + plan.slowPaths
    layout = ShardLayout(
      sessions: Self.sessionsPerShard(plan.translation.maximumEntries, workers: workers))
    let largest = FrameMemory.largestFrame(mtu: mtu, superFrames: !plan.offload.isEmpty)
    bufferOctets = FrameMemory.bufferOctets(forFrame: largest)
    // Twice what is read into, so that frames can wait, be handed over and be answered meanwhile.
    buffersPerPool = UInt32(2 * Self.readDepth * max(1, plan.devices.count) + 128)
    self.addresses = addresses
  }

  /// Sessions of one shard: its part of `max-entries` and, since hosts spread unevenly and some have a thousand times
  /// the sessions of others, an eighth more, or `spareSessions`.
  package static func sessionsPerShard(_ maximum: Int, workers: Int) -> Int {
    let part = (maximum + workers - 1) / workers
    let spare = workers == 1 ? 0 : max(part / 8, spareSessions)
    return min(maximum, part + spare, ShardLayout.maximumSessions)
  }

  /// Places of a ring that takes every buffer of a pool back.
  var returnCapacity: Int { Int(buffersPerPool).nextPowerOfTwo }

  /// The two rings from one party to another.
  package var ringOctets: Int {
    HandoverRing.octets(capacity: Self.handoverCapacity) + HandoverRing.octets(capacity: returnCapacity)
  }

  /// All rings: one pair for each pair of parties, and to oneself.
  package var allRingOctets: Int { parties * parties * ringOctets }

  /// The packet buffers of one party.
  package var poolOctets: Int { bufferOctets * Int(buffersPerPool) }

  /// The port map, were every port in use; pages come when a port in them is first claimed.
  package var portOctets: Int { PortMap.size(addresses: addresses) }

  /// Everything together.
  package var octets: Int { workers * layout.size + parties * poolOctets + allRingOctets + portOctets }
}

extension Int {
  /// The smallest power of two that is not less.
  fileprivate var nextPowerOfTwo: Int { self <= 1 ? 1 : 1 << (Int.bitWidth - (self - 1).leadingZeroBitCount) }
}
