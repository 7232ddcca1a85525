/// A capture: the frames of a pcap or pcapng file, in the order of the file.
package struct CaptureFile: Sendable {
  let octets: [UInt8]
  let frames: [RecordedFrame]
  /// Whether the file breaks off within a frame, as one does whose writer was interrupted; what is whole is there.
  package let breaksOff: Bool

  /// Reads a capture from the octets of a file.
  package init(_ octets: [UInt8]) throws(CaptureError) {
    let reader = FileReader(octets, isBigEndian: false)
    guard let magic = reader.number32(at: 0) else {
      throw octets.isEmpty ? .unknownFormat : .truncatedHeader
    }
    if magic == PcapngFile.sectionHeader {
      (frames, breaksOff) = try PcapngFile.frames(of: octets)
    } else {
      (frames, breaksOff) = try PcapFile.frames(of: octets)
    }
    self.octets = octets
  }

  /// The frames that the file has.
  package var count: Int { frames.count }

  /// Nanoseconds since 1970 of the first frame.
  package var start: UInt64 { frames.first?.time ?? 0 }

  /// A frame as an IPv4 packet, or why it is not played.
  func packet(_ index: Int) -> Result<RecordedPacket, SkipReason> {
    let frame = frames[index]
    guard let link = frame.link else { return .failure(.linkType) }
    let octets = octets.span.extracting(frame.octets)
    switch link.network(of: octets) {
    case .failure(let reason): return .failure(reason)
    case .success(let network): return RecordedPacket.read(octets.extracting(network..<octets.count), time: frame.time)
    }
  }
}

/// Numbers of a file in the byte order of whoever wrote it. Nothing is read beyond the end.
struct FileReader {
  let octets: [UInt8]
  var isBigEndian: Bool

  init(_ octets: [UInt8], isBigEndian: Bool) {
    self.octets = octets
    self.isBigEndian = isBigEndian
  }

  func number16(at offset: Int) -> UInt16? {
    guard offset >= 0, offset <= octets.count - 2 else { return nil }
    let (first, second) = (UInt16(octets[offset]), UInt16(octets[offset + 1]))
    return isBigEndian ? first << 8 | second : second << 8 | first
  }

  func number32(at offset: Int) -> UInt32? {
    guard let first = number16(at: offset), let second = number16(at: offset + 2) else { return nil }
    return isBigEndian ? UInt32(first) << 16 | UInt32(second) : UInt32(second) << 16 | UInt32(first)
  }
}
