import Forwarding
import Gateways
import Translation
import WireFormats

// The worker's end of the rings to and from the slow paths. Frames, orders and answers keep their order in them, so a door
// is open before the packet comes that announces it.
extension Worker where IO: ~Copyable {
  /// Gives a packet of a gateway's session, as it arrived, to the slow path of its inside host. One that finds the ring full
  /// costs a look at the ring, a counter and its buffer's way back: a flood of them is the cheapest traffic that there is.
  @inline(never)
  mutating func inspect(_ frame: Frame, _ packet: Packet, of session: UInt32) {
    let slowPath = plan.slowPaths == 1 ? 0 : translator.owner(of: session, among: plan.slowPaths)
    let ring = plan.ring(to: plan.workers + slowPath)
    guard ring.hasRoom, memory.write(translator.inspected(session), behind: frame),
      ring.stage(annotate(frame, FrameAnnotation(ingress: packet.ingress, passage: packet.passage)))
    else {
      drop(frame, .slowPathFull)
      return
    }
  }

  /// Does what a slow path asks, and sends the answer back in the order's buffer. Where there is no room for the answer,
  /// the order is not carried out; the slow path gives it up after a while.
  mutating func obey(_ word: UInt64, of party: Int) {
    let buffer = BufferID(rawValue: UInt32(truncatingIfNeeded: word))
    let ring = plan.ring(to: party)
    guard ring.room() > 0 else {
      handle.counters.count(.slowPathFull)
      release(buffer)
      return
    }
    let answer = translator.perform(memory.order(in: buffer), now: now)
    memory.write(answer, to: buffer)
    precondition(ring.stage(word), "there was room")
  }

  /// Tells the slow paths of sessions that have ended, and leaves half of each ring to the packets of those that live: many
  /// may end at once. What there is no room for stays on the list, for the next turn.
  @inline(never)
  mutating func tellEnded() {
    var room = Int.max
    for party in plan.workers..<plan.parties {
      let ring = plan.ring(to: party)
      room = min(room, ring.room() - ring.capacity / 2)
    }
    while room >= 2, let session = translator.takeEndedInspected() {
      room -= 2
      for party in plan.workers..<plan.parties {
        let ring = plan.ring(to: party)
        precondition(ring.stage(Frame.ended | UInt64(session.number)) && ring.stage(UInt64(session.created)))
      }
    }
  }
}
