import TestSupport
import Testing
import Translation

@testable import Gateways

@Suite("Commands of FTP without a reply")
struct AwaitedRepliesTests {
  private static let door = DoorID(worker: 0, place: 7, generation: 1)

  @Test func `are answered in their order`() {
    var awaited = AwaitedReplies()
    let commands: [AwaitedReplies.Command] = [
      .other, .other, .passive, .other, .door(Self.door), .door(nil), .auth, .other,
    ]
    for command in commands { awaited.append(command) }
    for command in commands { #expect(awaited.takeFirst() == command) }
    #expect(awaited.takeFirst() == nil)
  }

  @Test func `of which there are too many forget the oldest`() {
    var awaited = AwaitedReplies()
    awaited.append(.passive)
    for _ in 0..<AwaitedReplies.longest { awaited.append(.other) }
    for _ in 0..<AwaitedReplies.longest { #expect(awaited.takeFirst() == .other) }
    #expect(awaited.takeFirst() == nil)
  }

  @Test func `are what a simple list has, whatever comes and goes`() {
    var random = SeededRandom(seed: 72)
    var awaited = AwaitedReplies()
    var model: [AwaitedReplies.Command] = []
    for _ in 0..<50_000 {
      if random.oneIn(random.oneIn(2) ? 2 : 4) {
        let first = model.isEmpty ? nil : model.removeFirst()
        #expect(awaited.takeFirst() == first)
        continue
      }
      let command: AwaitedReplies.Command =
        random.oneIn(3) ? random.pick([.passive, .extendedPassive, .auth, .door(nil), .door(Self.door)]) : .other
      awaited.append(command)
      model.append(command)
      if model.count > AwaitedReplies.longest { model.removeFirst() }
    }
    #expect(!model.isEmpty)
    for command in model { #expect(awaited.takeFirst() == command) }
    #expect(awaited.takeFirst() == nil)
  }

  @Test func `take no memory beside the inspector, which fits into an existential`() {
    #expect(MemoryLayout<FTPInspector>.size <= 24)
  }
}
