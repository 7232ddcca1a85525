import Translation
import WireFormats

extension Worker where IO: ~Copyable {
  /// Gives a frame, as it arrived, to the worker that owns it. The buffer goes along and comes back over `returns`.
  mutating func handOver(_ frame: Frame, _ packet: Packet, to worker: Int) {
    guard plan.ring(to: worker).stage(handoverWord(frame, packet)) else {
      drop(frame, .handOverFull)
      return
    }
  }

  /// Makes what this turn staged visible, with one store a ring, and wakes who sleeps.
  mutating func publishHandedOver() {
    if translator.hasEndedInspected { tellEnded() }
    guard plan.parties > 1 else { return }
    for other in 0..<plan.parties where other != plan.index {
      let place = plan.index * plan.parties + other
      let frames = plan.rings[place].publish()
      let buffers = plan.returns[place].publish()
      if frames || buffers { plan.wakes[other].wakeIfAsleep() }
    }
  }

  /// Looks what each other party has handed over, a burst of each at most. The octets are in another core's cache: all are
  /// asked for now, and come while this worker is busy with frames of its own.
  mutating func fetchHandedOver() {
    guard plan.parties > 1 else { return }
    for other in 0..<plan.parties where other != plan.index {
      plan.rings[other * plan.parties + plan.index].prefetch()
      plan.returns[other * plan.parties + plan.index].prefetch()
    }
    for other in 0..<plan.parties where other != plan.index {
      handedIn.take(from: plan.rings[other * plan.parties + plan.index], of: other)
      for index in 0..<handedIn.count(of: other) {
        memory.prefetch(Frame(handoverWord: handedIn[index, of: other]).buffer)
      }
    }
  }

  /// Takes what has been fetched, so that a turn leaves nothing of it; returns the number of words.
  mutating func takeHandedOver() -> Int {
    guard plan.parties > 1 else { return 0 }
    var taken = 0
    for other in 0..<plan.parties where other != plan.index {
      let count = handedIn.count(of: other)
      for index in 0..<count {
        let word = handedIn[index, of: other]
        let frame = Frame(handoverWord: word)
        if word & Frame.order != 0 {
          // What came before it in the ring is done before it.
          if frameCount > 0 { flushBurst() }
          obey(word, of: other)
        } else if word & Frame.annotated == 0 {
          addFrame(frame, handedOver: true)
        } else {
          addAnnotated(frame, handedOver: true)
        }
      }
      handedIn.clear(of: other)
      taken += count
    }
    if taken > 0 { handle.load.add(taken, to: .handedIn) }
    return taken
  }

  /// Takes back the buffers that other workers have sent from.
  mutating func takeReturned() {
    guard plan.parties > 1 else { return }
    var words = InlineArray<64, UInt64>(repeating: 0)
    for other in 0..<plan.parties where other != plan.index {
      while true {
        var span = words.mutableSpan
        let count = unsafe span.withUnsafeMutableBufferPointer {
          unsafe plan.returns[other * plan.parties + plan.index].take(into: $0)
        }
        for index in 0..<count {
          let buffer = BufferID(rawValue: UInt32(truncatingIfNeeded: words[index]))
          // The last returned are the first that frames are read into.
          memory.prefetch(buffer)
          pool.put(buffer)
        }
        if count < 64 { break }
      }
    }
  }

  /// Whether another worker has left something: the last look before a sleep.
  func hasHandedOver() -> Bool {
    for other in 0..<plan.parties where other != plan.index {
      let place = other * plan.parties + plan.index
      if !plan.rings[place].isEmpty || !plan.returns[place].isEmpty { return true }
    }
    return false
  }
}
