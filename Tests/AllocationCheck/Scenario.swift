import CAllocationCounter
import Forwarding
import Glibc
import TestSupport
import Translation
import WireFormats

/// Ends the process.
func exit(_ code: Int32) -> Never { Glibc.exit(code) }

/// The allocations that this thread makes in `body`.
func countAllocations(_ body: () -> Void) -> UInt64 {
  let before = sp_allocations()
  body()
  return sp_allocations() - before
}

/// Keeps the optimizer from leaving a value out.
@inline(never) func keep<Value>(_ value: Value) { withExtendedLifetime(value) {} }

/// One kind of work, done again and again, of which only the translator's part is counted.
struct Scenario: Sendable {
  let name: String
  let packets: Int
  let run: @Sendable () -> UInt64

  private static let burst = 64

  static let all: [Scenario] = [established, created, createdStatic, refused, errors, fragments]

  /// A gateway and bursts of frames, which are put back as they were before each turn.
  private static func bursts(_ datagrams: [Datagram]) -> [(arena: ArenaBox, fresh: [Packet])] {
    bursts(datagrams.map { $0.frame() })
  }

  private static func bursts(_ frames: [Frame]) -> [(arena: ArenaBox, fresh: [Packet])] {
    stride(from: 0, to: frames.count, by: burst).map { start in
      let box = ArenaBox(Array(frames[start..<min(start + burst, frames.count)]))
      return (box, box.packets)
    }
  }

  /// Gives every burst to the gateway once; returns what that allocated.
  private static func pass(_ gateway: TestGateway, _ bursts: [(arena: ArenaBox, fresh: [Packet])]) -> UInt64 {
    var allocations: UInt64 = 0
    for (arena, fresh) in bursts {
      arena.reset()
      var packets = fresh
      packets.reserveCapacity(burst)
      packets[0] = fresh[0]
      allocations += countAllocations { gateway.process(&packets, at: 0) }
    }
    return allocations
  }

  private static func flows(_ count: Int) -> [Datagram] {
    (0..<count).map { number in
      let source = Host.inside(number % 100).at(UInt16(2000 + number / 100))
      return number % 2 == 0
        ? .udp(from: source, to: Host.carol.at(7)) : .tcp(from: source, to: Host.dave.at(80), .syn)
    }
  }

  private static let established = Scenario(name: "of established sessions", packets: 102_400) {
    let gateway = TestGateway(.overloadedPool)
    let bursts = Scenario.bursts(flows(1024))
    _ = pass(gateway, bursts)
    precondition(gateway.sessions.count == 1024)
    return (0..<100).reduce(0) { total, _ in total + pass(gateway, bursts) }
  }

  private static func churn(_ setup: TestSetup) -> UInt64 {
    let gateway = TestGateway(setup)
    let bursts = Scenario.bursts(flows(1024))
    var allocations: UInt64 = 0
    for round in 1...100 {
      allocations += pass(gateway, bursts)
      precondition(gateway.total(.sessionsCreated) == UInt64(1024 * round))
      gateway.tick(seconds: 400)
      allocations += countAllocations { for _ in 0..<4 { gateway.expire() } }
      precondition(gateway.total(.sessions) == 0)
    }
    return allocations
  }

  private static let created = Scenario(name: "of new sessions, which then expire", packets: 102_400) {
    churn(.overloadedPool)
  }

  private static let createdStatic = Scenario(name: "of new sessions of static entries", packets: 102_400) {
    churn(
      (0..<100).reduce(TestSetup()) { setup, number in
        setup.withStatic(.inside(number), IPv4Address(0xCB00_7180 + UInt32(number)))
      })
  }

  private static let refused = Scenario(name: "that are refused and dropped", packets: 102_400) {
    let gateway = TestGateway(.overloadedPool.with { $0.translation.maximumEntries = 0 })
    let bursts = Scenario.bursts(flows(960) + flows(64).map { flow in flow.with { $0.fragment = 0x2000 } })
    return (0..<100).reduce(0) { total, _ in total + pass(gateway, bursts) }
  }

  private static let errors = Scenario(name: "of ICMP errors", packets: 102_400) {
    let gateway = TestGateway(.overloadedInterface)
    let errors = flows(1024).compactMap { flow in
      gateway.sendOut(flow).packet.map { packet in
        Datagram.icmpError(type: 3, code: 1, from: Host.carol.address, to: packet.sourceAddress, about: packet.packet)
      }
    }
    precondition(errors.count == 1024)
    let bursts = Scenario.bursts(errors).map { (arena: $0.arena, fresh: $0.arena.packets(by: Place.outside)) }
    let allocations = (0..<100).reduce(0) { total, _ in total + pass(gateway, bursts) }
    precondition(gateway.total(.icmpErrorsTranslated) == 102_400)
    return allocations
  }
}

extension Scenario {
  private static let fragments = Scenario(name: "in fragments", packets: 96_000) {
    let gateway = TestGateway(.overloadedPool)
    let datagrams = flows(320).map { flow in flow.with { $0.payload = [UInt8](repeating: 1, count: 100) } }
    let bursts = Scenario.bursts(datagrams.flatMap { $0.fragments(cutAt: [40, 80]) })
    _ = pass(gateway, bursts)
    let allocations = (0..<100).reduce(0) { total, _ in total + pass(gateway, bursts) }
    precondition(gateway.counters.allSatisfy { $0.drops(for: .fragmentTableFull) == 0 })
    return allocations
  }
}

/// Frames that several bursts in an array can share.
final class ArenaBox {
  private let arena: FrameArena

  init(_ frames: [Frame]) { arena = FrameArena(frames) }

  var packets: [Packet] { arena.packets(by: Place.inside) }
  func packets(by interface: InterfaceID) -> [Packet] { arena.packets(by: interface) }
  func reset() { arena.reset() }
}
