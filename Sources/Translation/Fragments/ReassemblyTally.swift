package import Forwarding

/// What virtual reassembly follows on one interface, and what became of the datagrams that it has followed.
package struct ReassemblyTally: Hashable, Sendable, BitwiseCopyable {
  /// Datagrams that are followed now.
  package var datagrams = 0
  /// Their fragments that have come.
  package var fragments = 0
  /// Datagrams of which every fragment has come and gone on.
  package var completed: UInt64 = 0
  /// Datagrams that were not complete in time.
  package var timedOut: UInt64 = 0
  /// Datagrams that were dropped: for what their fragments were, with their first fragment, or to make room for others.
  package var refused: UInt64 = 0

  package init() {}

  /// Adds what another worker counts on the same interface.
  package static func += (sum: inout Self, other: Self) {
    sum.datagrams += other.datagrams
    sum.fragments += other.fragments
    sum.completed &+= other.completed
    sum.timedOut &+= other.timedOut
    sum.refused &+= other.refused
  }
}

extension FragmentTable {
  /// Forgets a datagram of which everything has gone on.
  mutating func leave(_ number: UInt16) {
    guard unsafe datagrams[Int(number)].isComplete else { return }
    note(number) { $0.completed &+= 1 }
    remove(number, because: .fragmentTimeout)
  }

  /// Forgets a datagram whose time is up.
  mutating func timeOut(_ number: UInt16) {
    if unsafe !datagrams[Int(number)].isRefused { note(number) { $0.timedOut &+= 1 } }
    remove(number, because: .fragmentTimeout)
  }

  /// Forgets a datagram so that another one has its place.
  mutating func giveUp(_ number: UInt16) {
    if unsafe !datagrams[Int(number)].isRefused { note(number) { $0.refused &+= 1 } }
    remove(number, because: .fragmentTableFull)
  }

  /// Counts something for a datagram's interface.
  mutating func note(_ number: UInt16, _ change: (inout ReassemblyTally) -> Void) {
    change(&tallies[unsafe Int(datagrams[Int(number)].ingress.rawValue & 63)])
  }

  /// What is and was followed on an interface; looks at every datagram once.
  package func tally(on interface: InterfaceID) -> ReassemblyTally {
    var tally = tallies[Int(interface.rawValue & 63)]
    for number in 0..<highWater where unsafe datagrams[number].isLive {
      guard unsafe datagrams[number].ingress == interface else { continue }
      tally.datagrams += 1
      tally.fragments += unsafe Int(datagrams[number].fragments)
    }
    return tally
  }
}

extension Translator {
  /// What this worker's virtual reassembly does and has done on an interface.
  package func reassembly(on interface: InterfaceID) -> ReassemblyTally { fragments.tally(on: interface) }
}
