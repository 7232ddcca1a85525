import Forwarding
import Translation
import WireFormats

/// The gateway's own and translated addresses, announced at start (gratuitous ARP, RFC 5944 section 4.6): twice, a
/// second apart, since a segment's bridge may not forward yet the first time.
struct Announcements: Sendable {
  /// Addresses that are announced on one interface at most; a larger pool is found by asking.
  static let maximumPerInterface = 256
  var remaining = 2
  var next: UInt64 = 0
}

extension Worker where IO: ~Copyable {
  /// Looks for idle sessions: a small slice every millisecond rather than a large one now and then.
  mutating func sweep() {
    translator.expire(now: now, elapsed: (nanoseconds &- lastSweep) / 1000)
    translator.expireFragments(now: now)
    if translator.hasFragments { takeFragments() }
    lastSweep = nanoseconds
    nextSweep = nanoseconds + 1_000_000
  }

  /// About ten times a second: old neighbours, announcements, gauges, and what time it is for a later run.
  mutating func keepHouse() {
    nextHousekeeping = nanoseconds + Self.housekeepingInterval
    handle.load.set(.freeBuffers, to: pool.count)
    handle.load.set(.fragmentsHeld, to: translator.fragmentsHeld)
    answerSYNs()
    translator.note(RegionTime(tick: now, sinceBoot: bootNanoseconds()))
    guard plan.index == 0 else { return }
    var due: [NextHop] = []
    ageing.turn(plan.neighbors, now: now) { _, hop in due.append(hop) }
    for hop in due { sendARPRequest(for: hop.neighbor, on: hop.interface) }
    keepIPv6()
    if announcements.remaining > 0, nanoseconds >= announcements.next { announce() }
  }

  private mutating func announce() {
    announcements.remaining -= 1
    announcements.next = nanoseconds + 1_000_000_000
    announceIPv6()
    for interface in plan.interfaces {
      guard let own = interface.address else { continue }
      sendARPRequest(for: own, on: interface.id, announcing: true)
      for address in translator.policy.aliases(on: interface).prefix(Announcements.maximumPerInterface) {
        sendARPRequest(for: address, on: interface.id, announcing: true)
      }
    }
  }
}
