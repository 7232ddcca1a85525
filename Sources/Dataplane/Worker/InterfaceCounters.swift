package import Forwarding
import Synchronization

/// What is counted of an interface.
package enum InterfaceCounter: Int, CaseIterable, Sendable {
  case receivedPackets
  case receivedOctets
  case sentPackets
  case sentOctets
}

/// The traffic of one worker on each interface: written by that worker, read by anybody.
package final class InterfaceCounters: Sendable {
  private let words: InlineArray<256, Atomic<UInt64>>

  package init() { words = InlineArray { _ in Atomic(0) } }

  /// Counts one frame of `octets` octets.
  @inline(__always)
  func count(_ counter: InterfaceCounter, on interface: InterfaceID, octets: Int) {
    let place = Int(interface.rawValue & 63) * 4 + counter.rawValue
    words[place].store(words[place].load(ordering: .relaxed) &+ 1, ordering: .relaxed)
    words[place + 1].store(
      words[place + 1].load(ordering: .relaxed) &+ UInt64(octets), ordering: .relaxed)
  }

  /// The value of a counter of an interface.
  package func value(_ interface: InterfaceID, _ counter: InterfaceCounter) -> UInt64 {
    words[Int(interface.rawValue & 63) * 4 + counter.rawValue].load(ordering: .relaxed)
  }
}

/// What is counted of a worker's own work.
package enum LoadCounter: Int, CaseIterable, Sendable {
  /// Turns of the loop.
  case turns
  /// Turns that ended in a sleep.
  case sleeps
  /// Turns that brought frames.
  case bursts
  /// Frames that those brought.
  case frames
  /// Frames that came over a ring from another worker.
  case handedIn
  /// ARP requests and replies sent.
  case arpSent
  /// Messages of IPv6's Neighbor Discovery sent.
  case neighborMessagesSent
  /// IPv6 packets that were sent on.
  case ipv6Forwarded
  /// IPv6 packets that went to a slow path, and those of a gateway's port that no gateway can read.
  case ipv6Inspected
  case ipv6Unread
  /// ICMP errors sent.
  case icmpErrorsSent
  /// Packets that were cut to the size of a link, and the fragments that they became.
  case datagramsCut
  case fragmentsMade
  /// Fragments that wait for the first one of their datagram now.
  case fragmentsHeld
  /// Packets that wait for an ARP answer now.
  case waiting
  /// Buffers that are free now.
  case freeBuffers
}

/// The work of one worker: written by it alone, read by anybody.
package final class WorkerLoad: Sendable {
  private let words: InlineArray<16, Atomic<UInt64>>

  package init() { words = InlineArray { _ in Atomic(0) } }

  @inline(__always)
  func add(_ amount: Int = 1, to counter: LoadCounter) {
    let word = counter.rawValue
    words[word].store(words[word].load(ordering: .relaxed) &+ UInt64(amount), ordering: .relaxed)
  }

  func set(_ counter: LoadCounter, to value: Int) { words[counter.rawValue].store(UInt64(value), ordering: .relaxed) }

  /// The value of a counter.
  package func value(_ counter: LoadCounter) -> UInt64 { words[counter.rawValue].load(ordering: .relaxed) }
}
