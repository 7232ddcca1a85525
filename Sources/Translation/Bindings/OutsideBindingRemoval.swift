package import Forwarding
import Synchronization
package import WireFormats

// The end of bindings. Records are taken out of their chains by one thread at a time; a thread that comes while another
// is at it does not wait but leaves the work to `expire`, which one worker calls again and again.

extension OutsideBindings {
  /// Records that one call of `expire` looks at.
  package static let slice = 64

  /// Ends bindings without sessions that were last used `idle` seconds ago or earlier (none, if that is
  /// `Timeouts.never`), and those that were removed and have lost their last session; looks at the next `slice`
  /// records. Returns how many ended.
  @discardableResult
  package func expire(now: UInt32, idle: UInt32) -> Int {
    removing {
      let start = hand.load(ordering: .relaxed)
      let end = min(start + Self.slice, recordCount)
      hand.store(end == recordCount ? 0 : end, ordering: .relaxed)
      return (start..<end).reduce(0) { $0 + (endIfDue(UInt32($1), now, idle) ? 1 : 0) }
    } ?? 0
  }

  /// Removes the binding of a local address: new sessions do not find it, and the address is free as soon as it has no
  /// session. False when nobody has the address.
  @discardableResult
  package func remove(local: IPv4Address, for inside: RoutingInstance) -> Bool {
    let key = OutsideBindingKey.local(local, for: inside)
    let hash = hash(key)
    while let (number, state) = find(local: key, hash) {
      guard state.phase == .bound else { return false }
      guard self[number].exchange(state, state.with(.leaving)) else { continue }
      _ = removing { end(number) }
      return true
    }
    return false
  }

  /// Removes every binding that `condition` names, as `remove(local:for:)` does; returns how many. For a reload, whose
  /// rules no longer say the same.
  @discardableResult
  package func removeAll(where condition: (OutsideBinding) -> Bool) -> Int {
    var removed = 0
    for number in 0..<UInt32(recordCount) {
      while true {
        let state = self[number].load()
        guard state.phase == .bound else { break }
        guard let binding = read(number, state) else { continue }
        guard condition(binding) else { break }
        guard self[number].exchange(state, state.with(.leaving)) else { continue }
        removed += 1
        _ = removing { end(number) }
        break
      }
    }
    return removed
  }

  /// Copies bindings from record `cursor` on, at most `limit` of them and over at most `slice` records; returns the
  /// record to go on with, or nil at the end of the table.
  package func list(
    from cursor: UInt32, slice: UInt32, limit: Int, into result: inout [OutsideBinding]
  ) -> UInt32? {
    list(from: cursor, slice: slice, limit: max(0, limit - result.count)) { result.append($1) }
  }

  /// As above, but gives each binding with its record's number to `body`.
  package func list(
    from cursor: UInt32, slice: UInt32, limit: Int, _ body: (UInt32, OutsideBinding) -> Void
  ) -> UInt32? {
    var number = cursor
    var count = 0
    let end = UInt32(min(Int(cursor) + Int(slice), recordCount))
    while number < end, count < limit {
      let state = self[number].load()
      if state.hasHost, let binding = read(number, state) {
        body(number, binding)
        count += 1
      }
      number += 1
    }
    return number < recordCount ? number : nil
  }

  /// Does `work` unless another thread is removing; nil then.
  private func removing<Result>(_ work: () -> Result) -> Result? {
    guard !isRemoving.exchange(true, ordering: .acquiring) else { return nil }
    defer { isRemoving.store(false, ordering: .releasing) }
    return work()
  }

  private func endIfDue(_ number: UInt32, _ now: UInt32, _ idle: UInt32) -> Bool {
    let state = self[number].load()
    switch state.phase {
    case .idle, .leaving: return end(number)
    case .bound:
      let unused = now &- self[number].lastUsed.load(ordering: .acquiring)
      // A worker's clock may be a tick ahead of the caller's.
      guard idle != Timeouts.never, Int32(bitPattern: unused) >= 0, unused >= idle, state.users == 0,
        self[number].exchange(state, state.with(.leaving))
      else { return false }
      return end(number)
    case .free, .claimed, .ending: return false
    }
  }

  /// Takes a record without sessions that is leaving, or idle, out of its chains; false when it is neither. For the one
  /// thread that removes.
  private func end(_ number: UInt32) -> Bool {
    let state = self[number].load()
    guard state.phase == .idle || state.phase == .leaving, state.users == 0,
      self[number].exchange(state, state.with(.ending))
    else { return false }
    let hadHost = state.phase == .leaving
    if hadHost {
      globals.remove(number, hash(self[number].global.load(ordering: .acquiring)))
      bindings.subtract(1, ordering: .relaxed)
    }
    locals.remove(number, hash(self[number].local.load(ordering: .acquiring)))
    self[number].store(OutsideBindingState(.free, generation: state.generation &+ 1))
    freeList.giveBack(number)
    return hadHost
  }
}
