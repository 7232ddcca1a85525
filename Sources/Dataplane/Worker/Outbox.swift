package import Forwarding
import Synchronization
package import WireFormats

/// A UDP datagram that the gateway itself sends.
package struct OwnDatagram: Sendable {
  /// The interface whose address it comes from.
  package var source: InterfaceID
  package var sourcePort: UInt16
  package var destination: IPv4Address
  package var destinationPort: UInt16
  package var payload: [UInt8]
  /// Where its fate is counted.
  package var tally: DatagramTally
  /// The instance in whose table its way is looked up.
  package var instance = RoutingInstance.global

  package init(
    source: InterfaceID, sourcePort: UInt16, destination: IPv4Address, destinationPort: UInt16, payload: [UInt8],
    tally: DatagramTally
  ) {
    self.source = source
    self.sourcePort = sourcePort
    self.destination = destination
    self.destinationPort = destinationPort
    self.payload = payload
    self.tally = tally
  }
}

/// What became of the datagrams of one sender.
package final class DatagramTally: Sendable {
  private let sentCount = Atomic<UInt64>(0)
  private let unsentCount = Atomic<UInt64>(0)

  package init() {}

  /// Datagrams that went out, or that wait for their next hop's Ethernet address.
  package var sent: UInt64 { sentCount.load(ordering: .relaxed) }
  /// Datagrams that could not be sent: no room, no buffer, no route, no address to come from, or larger than the link.
  package var unsent: UInt64 { unsentCount.load(ordering: .relaxed) }

  package func countSent() { sentCount.add(1, ordering: .relaxed) }
  package func countUnsent() { unsentCount.add(1, ordering: .relaxed) }
}

/// Datagrams on their way from another thread to the worker that sends them: few, so that a lock does. The worker pays
/// one relaxed load a turn while there are none.
final class Outbox: Sendable {
  /// Datagrams that may wait.
  static let capacity = 256

  private let waiting = Mutex<[OwnDatagram]>([])
  private let count = Atomic<Int>(0)

  @inline(__always) var isEmpty: Bool { count.load(ordering: .relaxed) == 0 }

  /// Datagrams that there is room for now.
  var room: Int { max(0, Self.capacity - count.load(ordering: .relaxed)) }

  /// Leaves a datagram; false when there is no room.
  func post(_ datagram: OwnDatagram) -> Bool {
    waiting.withLock { queue in
      guard queue.count < Self.capacity else { return false }
      queue.append(datagram)
      count.store(queue.count, ordering: .releasing)
      return true
    }
  }

  /// The worker: the oldest datagrams, `limit` of them at most.
  func take(_ limit: Int) -> [OwnDatagram] {
    waiting.withLock { queue in
      let taken = Array(queue.prefix(limit))
      queue.removeFirst(taken.count)
      count.store(queue.count, ordering: .relaxed)
      return taken
    }
  }
}

extension WorkerHandle {
  /// Datagrams that the worker would take now.
  package var datagramRoom: Int { outbox.room }

  /// Whether the worker has taken all of them.
  package var hasSentDatagrams: Bool { outbox.isEmpty }

  /// Has the worker send a datagram through the gateway's own routing table, as a packet of the gateway's own, which is
  /// not translated. Returns at once; what became of it is counted in its tally.
  package func send(_ datagram: OwnDatagram) {
    guard outbox.post(datagram) else {
      datagram.tally.countUnsent()
      return
    }
    wake.wakeIfAsleep()
  }
}
