import Forwarding
import Gateways
import Translation
import WireFormats

extension SlowPathWorker {
  /// An IPv6 packet that a worker takes for a gateway's business. What is a stranger to the engine goes back as it lies, and
  /// so does what passes with other numbers.
  mutating func receiveIPv6(
    _ frame: Frame, _ annotation: FrameAnnotation, _ arriving: ArrivingPacket, from worker: Int, now: UInt64
  ) {
    if let session = engine.session(ofIPv6: arriving.octets, arriving.direction) {
      if pass(frame, annotation, arriving, session, now: now) { return }
    } else if unsent == nil, engine.isStrange(arriving.octets, arriving.direction, annotation.gateway) {
      let ring = ring(from: plan.party, to: worker)
      if ring.hasRoom {
        sendBack(frame, annotation, by: ring)
        return
      }
    }
    let packet = IPv6Packet(
      octets: arriving.octets.copied, gateway: annotation.gateway, direction: arriving.direction,
      arrival: arriving.arrival, worker: UInt8(worker), segmentSize: arriving.segmentSize,
      hasPartialChecksum: arriving.hasPartialChecksum, longest: Int(interface(annotation.egress)?.mtu ?? 1500))
    giveBack(frame.buffer)
    engine.receive(packet, more: true, now: now)
  }
}
