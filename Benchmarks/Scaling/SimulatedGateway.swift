import Dataplane
import Forwarding
import TestSupport
import Translation
import WireFormats

/// What one worker has had to do, in packets.
struct WorkerLoad: Codable, Sendable {
  /// Translated here, or ended here otherwise.
  var translated = 0
  /// Arrived here and handed to their owner, and taken from whom they arrived at.
  var handedOut = 0
  var handedIn = 0
  /// Of both kinds of hand-over, those whose other end is on the other half of the workers: another memory node, in a
  /// machine with two.
  var crossed = 0
}

/// A packet's way through the workers.
struct Journey {
  var verdict = Verdict.pending
  /// Times that one worker handed the packet to another.
  var handOvers = 0
  /// The worker that it arrived at, and the one where it ended.
  var arrived = 0
  var ended = 0

  var isForwarded: Bool { if case .forward = verdict { true } else { false } }
}

/// The workers of a gateway in one thread: the daemon's translators over shards of the size that it would make, one port
/// map, the arrival that the steering programs compute, and the hand-over that the workers do.
@safe final class SimulatedGateway {
  let workers: Int
  let policy: Policy
  let ports: PortMap
  let frame = TrafficFrame()
  private(set) var loads: [WorkerLoad]
  private let translators: UnsafeMutablePointer<Translator>
  private let packet: UnsafeMutableBufferPointer<Packet>
  private let memory: [Memory]

  /// A region, which an array cannot hold by itself.
  private final class Memory {
    let region: MemoryRegion
    init(octets: Int) throws(MemoryError) {
      region = try MemoryRegion(MemoryRequest(octets: octets, hugePages: false, sparse: true))
    }
  }

  /// A gateway that does as `site` says.
  ///
  /// - Parameter sessionsPerShard: nil for what the daemon would make room for.
  init(_ site: Site, workers: Int, sessionsPerShard: Int? = nil) throws(MemoryError) {
    self.workers = workers
    policy = site.policy
    loads = Array(repeating: WorkerLoad(), count: workers)
    let layout = ShardLayout(
      sessions: sessionsPerShard ?? MemoryPlan.sessionsPerShard(site.maximumEntries, workers: workers))
    let addresses = policy.globalAddresses.count
    var memory = [try Memory(octets: PortMap.size(addresses: addresses))]
    for _ in 0..<workers { memory.append(try Memory(octets: layout.size)) }
    self.memory = memory
    ports = unsafe PortMap(memory: memory[0].region.base, addresses: addresses)
    policy.reserveStaticPorts(in: ports)
    let (neighbors, limit) = (Site.neighbors(), SessionLimit(maximum: site.maximumEntries))
    unsafe translators = .allocate(capacity: workers)
    var chance = SeededRandom(seed: 0x5A11_1907)
    for worker in 0..<workers {
      let shard = unsafe Shard(
        memory: memory[1 + worker].region.base, layout: layout, seed: (chance.next(), chance.next()),
        worker: worker, workers: workers)
      let translator = Translator(
        policy: policy, shard: shard, ports: ports, neighbors: neighbors, counters: TranslationCounters(), limit: limit,
        random: KeyedRandom(key: (chance.next(), chance.next())), worker: worker, workers: workers)
      unsafe (translators + worker).initialize(to: translator)
    }
    unsafe packet = .allocate(capacity: 1)
    unsafe packet.initialize(repeating: Packet(octets: frame.octets, networkOffset: 14, ingress: Site.inside))
  }

  deinit {
    unsafe translators.deinitialize(count: workers)
    unsafe translators.deallocate()
    unsafe packet.deallocate()
  }

  /// The queue that the steering program of an interface chooses for the frame (`SteeringProgram`).
  private func arrival(at interface: InterfaceID) -> Int {
    if interface == Site.inside {
      return Ownership.worker(ofInside: frame.source.address, in: .global, of: workers)
    }
    // An ICMP error has no port where a TCP segment and a datagram have one.
    return frame.protocolNumber == .icmp ? 0 : Ownership.worker(ofPort: frame.destination.port, of: workers)
  }

  /// Sends the frame in by an interface, and through as many workers as its verdicts say. The way counts `weight`
  /// times: so many packets of its flow go it.
  @discardableResult func send(by interface: InterfaceID, weight: Int = 1) -> Journey {
    var journey = Journey()
    var worker = arrival(at: interface)
    journey.arrived = worker
    var ingress = interface
    var passage: Packet.Passage = []
    for _ in 0..<4 {
      unsafe packet[0].arrive(
        frame.octets, networkOffset: Ethernet.headerLength, ingress: ingress, offload: .none, passage: passage)
      var burst = unsafe packet.mutableSpan
      unsafe translators[worker].process(&burst, now: 1)
      journey.verdict = burst[0].verdict
      switch journey.verdict {
      case .handOver(let owner):
        journey.handOvers += 1
        note(from: worker, to: Int(owner), weight)
        worker = Int(owner)
        passage.insert(.handedOver)
        continue
      case .hairpin(let outside):
        loads[worker].translated += weight
        ingress = outside
        passage = .hairpin
        continue
      default: break
      }
      break
    }
    loads[worker].translated += weight
    journey.ended = worker
    return journey
  }

  private func note(from giver: Int, to owner: Int, _ weight: Int) {
    loads[giver].handedOut += weight
    loads[owner].handedIn += weight
    guard (giver < workers / 2) != (owner < workers / 2) else { return }
    loads[giver].crossed += weight
    loads[owner].crossed += weight
  }
}
