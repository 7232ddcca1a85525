import TestSupport
import Testing

@testable import Translation

@Suite struct RecordTableTests {
  /// Runs `body` over a table of 32-bit records that are their own free-list links.
  private func withTable(capacity: UInt32, _ body: (RecordTable<UInt32>) -> Void) {
    let base = UnsafeMutablePointer<UInt32>.allocate(capacity: Int(capacity))
    unsafe base.initialize(repeating: 0, count: Int(capacity))
    let header = UnsafeMutablePointer<RecordTableHeader>.allocate(capacity: 1)
    unsafe header.initialize(to: RecordTableHeader(capacity: capacity, count: 0, highWater: 0, firstFree: .max))
    body(unsafe RecordTable(base: base, header: header, capacity: capacity))
    unsafe header.deallocate()
    unsafe base.deallocate()
  }

  @Test func `records are given out in order, and none beyond the capacity`() {
    withTable(capacity: 5) { table in
      #expect((0..<6).map { _ in table.allocate { $0 } } == [0, 1, 2, 3, 4, nil])
      #expect(table.count == 5)
      #expect(table.highWater == 5)
    }
  }

  @Test func `what was released last is given out first`() {
    withTable(capacity: 3) { table in
      for _ in 0..<3 { _ = table.allocate { $0 } }
      table[1] = table.release(1)
      table[0] = table.release(0)
      #expect(table.count == 1)
      #expect((0..<3).map { _ in table.allocate { $0 } } == [0, 1, nil])
    }
  }

  @Test func `no record is in two hands, whatever is taken and given back`() {
    withTable(capacity: 50) { table in
      var random = SeededRandom(seed: 1)
      var held: Set<UInt32> = []
      for _ in 0..<5000 {
        if random.oneIn(2), let number = table.allocate(next: { $0 }) {
          #expect(held.insert(number).inserted)
        } else if let number = held.randomElement(using: &random) {
          held.remove(number)
          table[number] = table.release(number)
        }
        #expect(table.count == UInt32(held.count))
      }
      #expect(table.highWater <= 50)
    }
  }

  @Test func `a record beyond the capacity stops the process`() async {
    await #expect(processExitsWith: .failure) {
      let gateway = TestGateway(.overloadedPool)
      #expect(gateway.sessions.isEmpty)
      RecordTableTests().withTable(capacity: 2) { table in table[2] = 1 }
    }
  }
}
