/// Writes captured frames in the pcapng format (draft-ietf-opsawg-pcapng): a section header, one interface description
/// for each interface, and an enhanced packet block for each frame, with its direction and its time in nanoseconds.
///
/// It only makes octets; where they go is the caller's business. Numbers are little-endian, as the section header says.
package struct PcapWriter: Sendable {
  /// LINKTYPE_ETHERNET.
  private static let ethernet: UInt16 = 1
  private static let byteOrderMagic: UInt32 = 0x1A2B_3C4D

  /// Added to every timestamp: the nanoseconds from 1970 to the worker's clock's zero.
  private let epochOffset: UInt64

  /// `epochOffset` is wall-clock time less the worker's clock, in nanoseconds, so that the file shows time of day.
  package init(epochOffset: UInt64) { self.epochOffset = epochOffset }

  /// The start of a file: frames of interface *i* are later shown as being of `interfaces[i]`.
  package func header(interfaces: [String], snapLength: UInt32 = 262_144) -> [UInt8] {
    var file: [UInt8] = []
    Self.block(0x0A0D_0D0A, to: &file) { body in
      body.append(little: Self.byteOrderMagic)
      body.append(little: UInt16(1))
      body.append(little: UInt16(0))
      // The section's length is not known while it is written.
      body.append(little: UInt64.max)
      body.append(option: 4, Array("Sallyport".utf8))
      body.append(option: 0, [])
    }
    for name in interfaces {
      Self.block(1, to: &file) { body in
        body.append(little: Self.ethernet)
        body.append(little: UInt16(0))
        body.append(little: snapLength)
        body.append(option: 2, Array(name.utf8))
        // if_tsresol: timestamps count 10^-9 seconds.
        body.append(option: 9, [9])
        body.append(option: 0, [])
      }
    }
    return file
  }

  /// Appends one frame.
  package func append(_ frame: CapturedFrame, to file: inout [UInt8]) {
    let time = frame.timestamp &+ epochOffset
    Self.block(6, to: &file) { body in
      body.append(little: UInt32(frame.interface))
      body.append(little: UInt32(truncatingIfNeeded: time >> 32))
      body.append(little: UInt32(truncatingIfNeeded: time))
      body.append(little: UInt32(frame.octets.count))
      body.append(little: UInt32(frame.originalLength))
      body.append(contentsOf: frame.octets)
      body.pad()
      // epb_flags: the lowest two bits are 1 for received and 2 for sent.
      body.append(option: 2, [frame.direction.rawValue, 0, 0, 0])
      body.append(option: 0, [])
    }
  }

  /// A block: type, total length, body, total length again.
  private static func block(_ type: UInt32, to file: inout [UInt8], _ fill: (inout [UInt8]) -> Void) {
    var body: [UInt8] = []
    fill(&body)
    let length = UInt32(body.count + 12)
    file.append(little: type)
    file.append(little: length)
    file.append(contentsOf: body)
    file.append(little: length)
  }
}

extension [UInt8] {
  fileprivate mutating func append(little value: some FixedWidthInteger) {
    for shift in stride(from: 0, to: value.bitWidth, by: 8) { append(UInt8(truncatingIfNeeded: value >> shift)) }
  }

  /// A pcapng option: code, length, value, padding to four octets.
  fileprivate mutating func append(option code: UInt16, _ value: [UInt8]) {
    append(little: code)
    append(little: UInt16(value.count))
    append(contentsOf: value)
    pad()
  }

  fileprivate mutating func pad() { while count % 4 != 0 { append(0) } }
}
