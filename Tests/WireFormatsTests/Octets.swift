import Synchronization
import WireFormats

/// Octets in memory of their own, for views to look at. The memory is kept for the life of the process, because a view
/// must not outlive what it looks at and a test wants to say `Octets([…]).view` in one breath.
struct Octets {
  private static let kept = Mutex<[UInt]>([])

  let view: PacketOctets

  init(_ bytes: [UInt8]) {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: max(1, bytes.count), alignment: 1)
    view = unsafe PacketOctets(base: memory, count: bytes.count)
    for (offset, byte) in bytes.enumerated() { view.store8(byte, at: offset) }
    let address = UInt(bitPattern: memory)
    Self.kept.withLock { $0.append(address) }
  }

  var bytes: [UInt8] { (0..<view.count).map { view.load8(at: $0) } }
}

/// Octets as hexadecimal digits, with spaces where a reader wants them.
func hex(_ text: String) -> [UInt8] {
  let digits = text.compactMap(\.hexDigitValue)
  return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

/// The ones' complement sum of RFC 1071 section 1, octet by octet.
func naiveSum(_ octets: some Sequence<UInt8>) -> UInt16 {
  var total = 0
  for (offset, octet) in octets.enumerated() {
    total += offset % 2 == 0 ? Int(octet) << 8 : Int(octet)
    if total > 0xFFFF { total -= 0xFFFF }
  }
  return UInt16(total)
}

/// Whether two sums are the same number in ones' complement, where zero has two forms.
func sameSum(_ one: UInt16, _ other: UInt16) -> Bool { one % 0xFFFF == other % 0xFFFF }
