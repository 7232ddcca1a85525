/// The classic format (draft-ietf-opsawg-pcap): a header of 24 octets, then records of 16 and what they kept.
///
///     0        4          6        8       12        16          20
///     | magic | version | reserved, reserved | snap length | link type |
///
///     0         4                 8        12
///     | seconds | micro- or nano- | kept | on the wire | octets …
enum PcapFile {
  private static let headerLength = 24
  private static let recordLength = 16
  private static let microseconds: UInt32 = 0xA1B2_C3D4
  private static let nanoseconds: UInt32 = 0xA1B2_3C4D

  /// The frames, and whether the file breaks off within one.
  static func frames(of octets: [UInt8]) throws(CaptureError) -> ([RecordedFrame], Bool) {
    var reader = FileReader(octets, isBigEndian: false)
    guard let magic = reader.number32(at: 0) else { throw .truncatedHeader }
    let unit: UInt64
    switch (magic, magic.byteSwapped) {
    case (microseconds, _), (_, microseconds): unit = 1000
    case (nanoseconds, _), (_, nanoseconds): unit = 1
    default: throw .unknownFormat
    }
    reader.isBigEndian = magic != microseconds && magic != nanoseconds
    // The upper bits of the last field say how long frame check sequences are.
    guard let number = reader.number32(at: 20) else { throw .truncatedHeader }
    guard let link = LinkType(number: number & 0x0FFF_FFFF) else { throw .linkType(number & 0x0FFF_FFFF) }
    var frames: [RecordedFrame] = []
    var at = headerLength
    while at < octets.count {
      guard let seconds = reader.number32(at: at), let fraction = reader.number32(at: at + 4),
        let kept = reader.number32(at: at + 8), reader.number32(at: at + 12) != nil
      else { return (frames, true) }
      guard kept <= maximumFrame else { throw .malformedRecord(at: at) }
      let start = at + recordLength
      guard Int(kept) <= octets.count - start else { return (frames, true) }
      frames.append(
        RecordedFrame(
          time: UInt64(seconds) * 1_000_000_000 + UInt64(fraction) * unit, link: link, octets: start..<start + Int(kept)
        )
      )
      at = start + Int(kept)
    }
    return (frames, false)
  }
}
