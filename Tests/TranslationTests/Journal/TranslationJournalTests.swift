import Forwarding
import Testing
import Translation
import WireFormats

@Suite struct TranslationJournalTests {
  private func event(_ number: Int) -> TranslationEvent {
    var event = TranslationEvent(.sessionCreated)
    event.insideLocal = IPv4Address(UInt32(number))
    return event
  }

  private func drain(_ journal: TranslationJournal, limit: Int = .max) -> [UInt32] {
    var numbers: [UInt32] = []
    _ = journal.drain(limit: limit) { numbers.append($0.insideLocal.rawValue) }
    return numbers
  }

  @Test func `an event is one cache line`() {
    #expect(MemoryLayout<TranslationEvent>.stride == 64)
  }

  @Test func `events come out in order, with the time of their turn`() {
    let journal = TranslationJournal(capacity: 8)
    journal.turn(at: 17)
    journal.note(event(1))
    journal.turn(at: 18)
    journal.note(event(2))
    var times: [UInt64] = []
    #expect(journal.drain(limit: 10) { times.append($0.time) } == 2)
    #expect(times == [17, 18])
    #expect(journal.drain(limit: 10) { _ in } == 0)
  }

  @Test func `a full journal loses the new events, counts them, and goes on when there is room`() {
    let journal = TranslationJournal(capacity: 4)
    for number in 1...6 { journal.note(event(number)) }
    #expect(journal.lost == 2)
    #expect(drain(journal, limit: 1) == [1])
    journal.note(event(7))
    journal.note(event(8))
    #expect(journal.lost == 3)
    #expect(drain(journal) == [2, 3, 4, 7])
  }

  @Test func `many rounds lose nothing as long as somebody drains`() {
    let journal = TranslationJournal(capacity: 16)
    var taken: [UInt32] = []
    for number in 0..<1000 {
      journal.note(event(number))
      if number % 7 == 0 { taken += drain(journal) }
    }
    taken += drain(journal)
    #expect(taken == (0..<1000).map { UInt32($0) })
    #expect(journal.lost == 0)
  }

  @Test func `a reader on another thread sees whole events in order`() async {
    let journal = TranslationJournal(capacity: 64)
    let count = 50_000
    let reader = Task.detached {
      var taken: [(UInt32, UInt32)] = []
      while taken.last?.0 != UInt32(count) {
        _ = journal.drain(limit: 32) { taken.append(($0.insideLocal.rawValue, $0.limit)) }
        await Task.yield()
      }
      return taken
    }
    await Task.detached {
      var number = 1
      while number <= count {
        var event = TranslationEvent(.sessionCreated)
        event.insideLocal = IPv4Address(UInt32(number))
        event.limit = ~UInt32(number)
        let lost = journal.lost
        journal.note(event)
        if journal.lost == lost { number += 1 } else { await Task.yield() }
      }
    }.value
    let taken = await reader.value
    #expect(taken.count == count)
    #expect(taken.enumerated().allSatisfy { $1.0 == UInt32($0 + 1) && $1.1 == ~$1.0 })
  }

  @Test func `refusals of one kind are limited in a second, and those left out are counted`() {
    let journal = TranslationJournal(capacity: 256)
    journal.scope = .bindings
    for second in UInt64(5)...6 {
      journal.turn(at: second * 1_000_000_000)
      for _ in 0..<100 { journal.refused(TranslationEvent(.portsExhausted)) }
    }
    journal.refused(TranslationEvent(.quotaExceeded))
    #expect(journal.drain(limit: .max) { _ in } == 2 * TranslationJournal.refusalsPerSecond + 1)
    #expect(journal.suppressed == 2 * UInt64(100 - TranslationJournal.refusalsPerSecond))
  }

  @Test func `the scope is the widest that anybody asks for`() {
    var logging = TranslationLogging()
    #expect(logging.widestScope == nil)
    logging.syslog = .bindings
    #expect(logging.widestScope == .bindings)
    logging.collectors = [
      .init(address: IPv4Address(1), port: 9995, scope: .sessions, source: .init(rawValue: 0))
    ]
    #expect(logging.widestScope == .sessions)
    let journal = TranslationJournal(capacity: 2)
    for scope in [nil, TranslationLogging.Scope.bindings, .sessions] {
      journal.scope = scope
      #expect(journal.scope == scope)
      #expect(journal.isOn == (scope != nil))
    }
  }
}
