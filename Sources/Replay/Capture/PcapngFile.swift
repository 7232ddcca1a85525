/// The newer format (draft-ietf-opsawg-pcapng): blocks, each with its type and, before and behind its body, its length.
///
///     0      4        8
///     | type | length | body … | length |
///
/// A section header says in which byte order its section is; interface descriptions say of which link type the frames of
/// an interface are and what their timestamps count.
struct PcapngFile {
  static let sectionHeader: UInt32 = 0x0A0D_0D0A
  private static let byteOrderMagic: UInt32 = 0x1A2B_3C4D

  private enum Block {
    static let interface: UInt32 = 1
    static let packet: UInt32 = 2
    static let simplePacket: UInt32 = 3
    static let enhancedPacket: UInt32 = 6
  }

  /// What an interface description says.
  private struct Interface {
    var link: LinkType?
    /// "if_tsresol": a power of ten, or of two with the highest bit set.
    var resolution: UInt8 = 6
    /// "if_tsoffset", in seconds.
    var offset: UInt64 = 0

    /// Nanoseconds of a timestamp; what does not fit wraps, since a timestamp may be any number.
    func nanoseconds(_ ticks: UInt64) -> UInt64 {
      let power = Int(resolution & 0x7F)
      var result: UInt64
      if resolution & 0x80 != 0 {
        let whole = power < 64 ? ticks >> UInt64(power) : 0
        let rest = power < 64 ? ticks & ((1 << UInt64(power)) - 1) : 0
        // Fractions of less than 2^-32 seconds are less than a nanosecond.
        let fraction = power > 32 ? rest >> UInt64(min(63, power - 32)) : rest << UInt64(32 - power)
        result = whole &* 1_000_000_000 &+ (fraction &* 1_000_000_000) >> 32
      } else {
        result = ticks
        for _ in power..<max(power, 9) { result = result &* 10 }
        for _ in min(power, 9)..<min(power, 40) where power > 9 { result /= 10 }
      }
      return result &+ offset &* 1_000_000_000
    }
  }

  private var reader: FileReader
  private var interfaces: [Interface] = []
  private var frames: [RecordedFrame] = []

  private init(_ octets: [UInt8]) { reader = FileReader(octets, isBigEndian: false) }

  /// The frames, and whether the file breaks off within a block.
  static func frames(of octets: [UInt8]) throws(CaptureError) -> ([RecordedFrame], Bool) {
    var file = PcapngFile(octets)
    var at = 0
    while at < octets.count {
      guard let type = file.reader.number32(at: at) else { return (file.frames, true) }
      // The type of a section header reads the same in both byte orders, so that it can be known before the order is.
      if type == sectionHeader, !file.beginSection(at: at) {
        if at == 0 { throw .truncatedHeader }
        return (file.frames, true)
      }
      guard let length = file.reader.number32(at: at + 4) else { return (file.frames, true) }
      guard length >= 12, length % 4 == 0 else { throw .malformedBlock(at: at) }
      guard Int(length) <= octets.count - at else { return (file.frames, true) }
      file.read(type, at + 8..<at + Int(length) - 4)
      at += Int(length)
    }
    return (file.frames, false)
  }

  /// Takes over the byte order of the section that begins; false when it has none.
  private mutating func beginSection(at offset: Int) -> Bool {
    for isBigEndian in [false, true] {
      reader.isBigEndian = isBigEndian
      if reader.number32(at: offset + 8) == Self.byteOrderMagic {
        interfaces = []
        return true
      }
    }
    return false
  }

  private mutating func read(_ type: UInt32, _ body: Range<Int>) {
    switch type {
    case Block.interface: readInterface(body)
    case Block.enhancedPacket: readPacket(body, interface: reader.number32(at: body.lowerBound), header: 20)
    // The obsolete packet block has a 16-bit interface number and the drops counter where this one has 32 bits.
    case Block.packet: readPacket(body, interface: reader.number16(at: body.lowerBound).map(UInt32.init), header: 20)
    case Block.simplePacket: readSimplePacket(body)
    default: break
    }
  }

  private mutating func readInterface(_ body: Range<Int>) {
    guard body.count >= 8, let number = reader.number16(at: body.lowerBound) else { return }
    var interface = Interface(link: LinkType(number: UInt32(number)))
    var at = body.lowerBound + 8
    while at + 4 <= body.upperBound, let code = reader.number16(at: at), let length = reader.number16(at: at + 2) {
      let value = at + 4
      guard code != 0, value + Int(length) <= body.upperBound else { break }
      if code == 9, length == 1 { interface.resolution = reader.octets[value] }
      if code == 14, length == 8, let first = reader.number32(at: value), let second = reader.number32(at: value + 4) {
        interface.offset =
          reader.isBigEndian ? UInt64(first) << 32 | UInt64(second) : UInt64(second) << 32 | UInt64(first)
      }
      at = value + (Int(length) + 3) & ~3
    }
    interfaces.append(interface)
  }

  /// A packet block: interface, timestamp in two halves, octets kept, octets on the wire.
  private mutating func readPacket(_ body: Range<Int>, interface number: UInt32?, header: Int) {
    guard body.count >= header, let number, let high = reader.number32(at: body.lowerBound + 4),
      let low = reader.number32(at: body.lowerBound + 8), let kept = reader.number32(at: body.lowerBound + 12)
    else { return }
    // An interface that was not described has a link type that nobody knows.
    let interface = Int(number) < interfaces.count ? interfaces[Int(number)] : Interface(link: nil)
    let start = body.lowerBound + header
    frames.append(
      RecordedFrame(
        time: interface.nanoseconds(UInt64(high) << 32 | UInt64(low)), link: interface.link,
        octets: start..<start + min(Int(kept), body.upperBound - start)))
  }

  /// A simple packet block has no timestamp: it counts as captured with the one before.
  private mutating func readSimplePacket(_ body: Range<Int>) {
    guard let wire = reader.number32(at: body.lowerBound), body.count >= 4 else { return }
    let start = body.lowerBound + 4
    frames.append(
      RecordedFrame(
        time: frames.last?.time ?? 0, link: interfaces.first?.link,
        octets: start..<start + min(Int(wire), body.upperBound - start)))
  }
}
