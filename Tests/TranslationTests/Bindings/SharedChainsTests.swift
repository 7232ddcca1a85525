import Synchronization
import Testing

@testable import Translation

@Suite struct SharedChainsTests {
  /// Nodes with keys, in chains of their own.
  private final class Bed: Sendable {
    let chains: SharedChains
    let keys: InlineArray<256, Atomic<UInt64>>

    init() {
      chains = SharedChains(nodes: 256)
      keys = InlineArray { _ in Atomic(0) }
    }

    func add(_ node: UInt32, _ key: UInt64, _ hash: UInt64) -> UInt32? {
      keys[Int(node)].store(key, ordering: .releasing)
      return chains.insert(node, hash) { keys[Int($0)].load(ordering: .acquiring) == key }
    }

    func find(_ key: UInt64, _ hash: UInt64) -> UInt32? {
      chains.find(hash) { keys[Int($0)].load(ordering: .acquiring) == key }
    }
  }

  @Test func `nodes of one chain are found, and a key is there once`() {
    let bed = Bed()
    for node in UInt32(0)..<10 { #expect(bed.add(node, UInt64(node) + 100, 7) == nil) }
    for node in UInt32(0)..<10 { #expect(bed.find(UInt64(node) + 100, 7) == node) }
    #expect(bed.add(20, 104, 7) == 4)
    #expect(bed.find(200, 7) == nil)
    #expect(bed.find(104, 8) == nil)
  }

  @Test(arguments: [[0], [9], [5], [9, 8, 0, 1], [3, 4, 5]] as [[UInt32]])
  func `what is removed is gone, and the others stay`(_ removed: [UInt32]) {
    let bed = Bed()
    for node in UInt32(0)..<10 { #expect(bed.add(node, UInt64(node) + 100, 7) == nil) }
    for node in removed { bed.chains.remove(node, 7) }
    for node in UInt32(0)..<10 {
      #expect(bed.find(UInt64(node) + 100, 7) == (removed.contains(node) ? nil : node))
    }
    for node in removed { #expect(bed.add(node, UInt64(node) + 100, 7) == nil) }
    for node in UInt32(0)..<10 { #expect(bed.find(UInt64(node) + 100, 7) == node) }
  }

  @Test func `a walk whose node is moved to another chain meanwhile starts again`() {
    let bed = Bed()
    for node in UInt32(0)..<3 { #expect(bed.add(node, UInt64(node) + 100, 7) == nil) }
    #expect(bed.add(9, 200, 8) == nil)
    var visited: [UInt32] = []
    let found = bed.chains.find(7) { node in
      visited.append(node)
      if visited == [2, 1] {
        bed.chains.remove(1, 7)
        #expect(bed.add(1, 300, 8) == nil)
      }
      return bed.keys[Int(node)].load(ordering: .relaxed) == 100
    }
    #expect(found == 0)
    #expect(visited == [2, 1, 2, 0])
  }

  @Test func `a node that leaves its chain while it is looked at is not the answer`() {
    let bed = Bed()
    for node in UInt32(0)..<3 { #expect(bed.add(node, UInt64(node) + 100, 7) == nil) }
    let found = bed.chains.find(7) { node in
      guard bed.keys[Int(node)].load(ordering: .relaxed) == 101 else { return false }
      bed.chains.remove(node, 7)
      return true
    }
    #expect(found == nil)
  }

  @Test func `a key that somebody else adds during the walk is not added again`() {
    let bed = Bed()
    for node in UInt32(0)..<3 { #expect(bed.add(node, UInt64(node) + 100, 7) == nil) }
    var isFirst = true
    let found = bed.chains.insert(5, 7) { node in
      if node == 0, isFirst {
        isFirst = false
        #expect(bed.add(4, 500, 7) == nil)
      }
      return bed.keys[Int(node)].load(ordering: .relaxed) == 500
    }
    #expect(found == 4)
    #expect(bed.find(102, 7) == 2)
  }

  @Test func `removing what is not there stops the process`() async {
    await #expect(processExitsWith: .failure) {
      SharedChains(nodes: 4).remove(1, 0)
    }
  }

  @Test func `a key that stays is found whatever else comes and goes`() async {
    let bed = Bed()
    let freeList = SharedFreeListBox()
    // Two chains that exchange nodes all the time; the permanent keys are at their ends and in their middles.
    for node in UInt32(0)..<4 { #expect(bed.add(node, UInt64(node) + 1000, UInt64(node & 1)) == nil) }
    let present = InlineKeys()
    await withTaskGroup(of: Void.self) { group in
      // The one that removes, and adds again elsewhere.
      group.addTask {
        var random = KeyedRandom(key: (4, 4))
        var mine: [(node: UInt32, key: UInt64)] = []
        for _ in 0..<60_000 {
          let word = random.next()
          if mine.count < 20, word & 1 == 0, let node = freeList.list.take() {
            let key = word >> 8 & 63
            if bed.add(node, key, key & 1) == nil {
              if present.keys[Int(key)].exchange(true, ordering: .relaxed) { present.faults.add(1, ordering: .relaxed) }
              mine.append((node, key))
            } else {
              freeList.list.giveBack(node)
            }
          } else if !mine.isEmpty {
            let (node, key) = mine.remove(at: Int(word >> 20) % mine.count)
            bed.chains.remove(node, key & 1)
            present.keys[Int(key)].store(false, ordering: .relaxed)
            freeList.list.giveBack(node)
          }
        }
      }
      for reader in 0..<2 {
        group.addTask {
          for round in 0..<60_000 {
            let node = UInt32(round + reader) & 3
            if bed.find(UInt64(node) + 1000, UInt64(node & 1)) != node { present.faults.add(1, ordering: .relaxed) }
          }
        }
      }
    }
    #expect(present.faults.load(ordering: .relaxed) == 0)
  }

  private final class InlineKeys: Sendable {
    let keys: InlineArray<64, Atomic<Bool>> = InlineArray { _ in Atomic(false) }
    let faults = Atomic<Int>(0)
  }

  /// Nodes 0 to 3 are taken.
  private final class SharedFreeListBox: Sendable {
    let list: SharedFreeList
    init() {
      list = SharedFreeList(count: 256)
      for node in UInt32(0)..<4 { #expect(list.take() == node) }
    }
  }
}

@Suite struct SharedFreeListTests {
  @Test func `every number is given out once, and again after it came back`() {
    let list = SharedFreeList(count: 5)
    #expect((0..<5).map { _ in list.take() } == [0, 1, 2, 3, 4])
    #expect(list.take() == nil)
    list.giveBack(3)
    #expect(list.take() == 3)
    let empty = SharedFreeList(count: 0)
    let nothing = empty.take()
    #expect(nothing == nil)
  }

  @Test func `threads never hold the same number`() async {
    final class Bed: Sendable {
      let list = SharedFreeList(count: 8)
      let holders: InlineArray<8, Atomic<Int>> = InlineArray { _ in Atomic(0) }
      let clashes = Atomic<Int>(0)
    }
    let bed = Bed()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          for _ in 0..<50_000 {
            guard let one = bed.list.take() else { continue }
            let other = bed.list.take()
            for number in [one, other].compactMap(\.self) {
              if bed.holders[Int(number)].add(1, ordering: .relaxed).newValue != 1 {
                bed.clashes.add(1, ordering: .relaxed)
              }
              bed.holders[Int(number)].subtract(1, ordering: .relaxed)
              bed.list.giveBack(number)
            }
          }
        }
      }
    }
    #expect(bed.clashes.load(ordering: .relaxed) == 0)
    #expect(Set((0..<8).map { _ in bed.list.take() }).count == 8)
    #expect(bed.list.take() == nil)
  }
}
