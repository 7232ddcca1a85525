import WireFormats

/// A packet of a call's media (RFC 3550 section 5.1), with a probe in place of the voice.
enum RTPPacket {
  private static let headerLength = 12
  /// 20 ms of PCMU: 160 octets behind the header.
  static let length = headerLength + 160

  /// Sends one; the probe's sequence is the call's number.
  static func send(_ probe: Probe, number: Int, on side: Side, _ pair: EndpointPair) {
    let frame = side.room(FrameWriter.udpPayload + length)
    let start = FrameWriter.udpPayload
    frame.store16(0x8000, at: start)  // "V" 2, "PT" 0
    frame.store16(UInt16(truncatingIfNeeded: number), at: start + 2)
    frame.store32(UInt32(truncatingIfNeeded: number * 160), at: start + 4)
    frame.store32(probe.sequence, at: start + 8)  // "SSRC"
    probe.write(to: frame, at: start + headerLength)
    // Messages have been written where the voice would be.
    for offset in start + headerLength + Probe.size..<start + length { frame.store8(0xFF, at: offset) }
    FrameWriter.finishUDP(frame, side.link, pair)
  }

  /// The probe in a packet; nil where it is none of this run.
  static func probe(_ packet: Arrival, run: UInt16) -> Probe? {
    guard packet.payload.count == length, packet.frame.load16(at: packet.payload.lowerBound) == 0x8000 else {
      return nil
    }
    return Probe(packet.frame, in: packet.payload.dropFirst(headerLength), run: run)
  }
}
