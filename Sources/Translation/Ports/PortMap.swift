import CIntrinsics
import Synchronization
package import WireFormats

/// Who uses which port of which inside global address, for all workers at once.
///
/// One octet a port: 0 for free, the owning worker's number plus one, or `reserved`. Eight ports lie in one atomic
/// word, which a worker claims with compare-and-swap; nobody waits. The owner's number is what an inbound packet
/// needs when it arrives at another worker than its own, because a port was preserved across blocks.
///
/// The planes of an address: TCP, UDP and ICMP with 65 536 octets each; the owners of its port sets (`PortSets.swift`),
/// 1 024 octets; then sixteen words: the owner of the whole address (basic NAT), how many ports of each class are in
/// use, how many hosts share the address, and spare ones that fill two cache lines. Pages are touched when a port in
/// them is first claimed.
@safe package struct PortMap: Sendable {
  /// The value of a port that a static entry holds.
  package static let reserved: UInt8 = 0xFF
  /// Workers that may share a map. The octets could name 254; what grows with the square of their number, the rings
  /// between them, is still small with so many.
  package static let maximumWorkers = 64
  private static let ports = 65_536
  private static let octetsPerAddress = 3 * ports + 1024 + 128

  // The memory is shared by all workers; every access to it is atomic.
  nonisolated(unsafe) let words: UnsafeMutablePointer<Atomic<UInt64>>
  /// Addresses, each with its own planes.
  package let addressCount: Int

  /// Octets of memory for `addresses` addresses.
  package static func size(addresses: Int) -> Int { addresses * octetsPerAddress }

  /// The map over zeroed memory of `size(addresses:)` octets, aligned to 8, which must outlive every copy.
  @unsafe package init(memory: UnsafeMutableRawPointer, addresses: Int) {
    unsafe words = memory.assumingMemoryBound(to: Atomic<UInt64>.self)
    addressCount = addresses
  }

  /// The plane of a protocol, or nil for one without ports.
  private static func plane(_ number: IPProtocol) -> Int? {
    switch number {
    case .tcp: 0
    case .udp: 1
    case .icmp: 2
    default: nil
    }
  }

  private func word(_ address: Int, _ plane: Int, _ port: Int) -> Int {
    precondition(address >= 0 && address < addressCount)
    return (address * Self.octetsPerAddress + plane * Self.ports + port) >> 3
  }

  /// The word with the owners of the first eight port sets of an address; the others follow.
  func setWord(_ address: Int) -> Int { word(address, 3, 0) }

  /// One of the sixteen words at the end of an address's planes.
  private func controlWord(_ address: Int, _ place: Int) -> Int { word(address, 3, 1024) + place }

  /// The word that counts the hosts of an address.
  func hostWord(_ address: Int) -> Int { controlWord(address, 8) }

  /// The value of one octet.
  func owner(word: Int, octet: Int) -> UInt8 {
    unsafe UInt8(truncatingIfNeeded: words[word].load(ordering: .relaxed) >> UInt64(octet * 8))
  }

  /// Changes one octet from `old` to `new`; false when it was not `old`.
  func exchange(word: Int, octet: Int, from old: UInt8, to new: UInt8) -> Bool {
    let shift = UInt64(octet * 8)
    var current = unsafe words[word].load(ordering: .relaxed)
    while UInt8(truncatingIfNeeded: current >> shift) == old {
      let desired = current & ~(0xFF << shift) | UInt64(new) << shift
      let (exchanged, original) = unsafe words[word].weakCompareExchange(
        expected: current, desired: desired, ordering: .relaxed)
      if exchanged { return true }
      current = original
    }
    return false
  }

  /// Asks for the cache line of a port.
  @inline(__always)
  func prefetch(address: Int, protocol number: IPProtocol, port: UInt16) {
    guard let plane = Self.plane(number) else { return }
    unsafe sp_prefetch_write(words + word(address, plane, Int(port)))
  }

  /// The value of a port: 0, a worker's number plus one, or `reserved`.
  package func owner(address: Int, protocol number: IPProtocol, port: UInt16) -> UInt8 {
    guard let plane = Self.plane(number) else { return 0 }
    return owner(word: word(address, plane, Int(port)), octet: Int(port) & 7)
  }

  /// Claims a free port; false when somebody has it.
  @inline(__always)
  package func claim(address: Int, protocol number: IPProtocol, port: UInt16, for owner: UInt8) -> Bool {
    guard let plane = Self.plane(number),
      exchange(word: word(address, plane, Int(port)), octet: Int(port) & 7, from: 0, to: owner)
    else { return false }
    unsafe words[countWord(address, number, port)].add(1, ordering: .relaxed)
    return true
  }

  /// Frees a port that `owner` had claimed.
  package func free(address: Int, protocol number: IPProtocol, port: UInt16, of owner: UInt8) {
    guard let plane = Self.plane(number),
      exchange(word: word(address, plane, Int(port)), octet: Int(port) & 7, from: owner, to: 0)
    else { return }
    unsafe words[countWord(address, number, port)].subtract(1, ordering: .relaxed)
  }

  /// The word that counts the ports in use of the class of `port`.
  @inline(__always)
  private func countWord(_ address: Int, _ number: IPProtocol, _ port: UInt16) -> Int {
    let place = number == .icmp ? 6 : (number == .tcp ? 0 : 3) + PortClass.index(of: port)
    return controlWord(address, 1 + place)
  }

  /// How many ports of the class of `port` are in use.
  package func used(address: Int, protocol number: IPProtocol, classOf port: UInt16) -> Int {
    guard Self.plane(number) != nil else { return 0 }
    return Int(unsafe words[countWord(address, number, port)].load(ordering: .relaxed))
  }

  /// Claims a whole address for one host; false when another has it.
  package func claimAddress(_ address: Int, for owner: UInt8) -> Bool {
    exchange(word: controlWord(address, 0), octet: 0, from: 0, to: owner)
  }

  /// Frees a whole address.
  package func freeAddress(_ address: Int, of owner: UInt8) {
    _ = exchange(word: controlWord(address, 0), octet: 0, from: owner, to: 0)
  }

  /// The owner of a whole address, as in `owner(address:protocol:port:)`.
  package func addressOwner(_ address: Int) -> UInt8 { owner(word: controlWord(address, 0), octet: 0) }

  /// Which ports of a word an allocation may take.
  package enum Parity: Sendable {
    case any, even, odd

    /// The top bit of each octet that counts.
    fileprivate var mask: UInt64 {
      switch self {
      case .any: 0x8080_8080_8080_8080
      case .even: 0x0080_0080_0080_0080
      case .odd: 0x8000_8000_8000_8000
      }
    }
  }

  /// Claims any free port of one block of `Ownership.portsPerBlock` ports within `range`; looks from the place `start`
  /// (0 to 63) on and wraps around the block.
  package func claimAny(
    address: Int, protocol number: IPProtocol, block: Int, within range: ClosedRange<UInt16>, parity: Parity,
    start: Int, for owner: UInt8
  ) -> UInt16? {
    guard let plane = Self.plane(number) else { return nil }
    let base = block * Ownership.portsPerBlock
    let first = word(address, plane, base)
    for step in 0..<8 {
      let index = ((start >> 3) + step) & 7
      var free = Self.zeroOctets(unsafe words[first + index].load(ordering: .relaxed)) & parity.mask
      while free != 0 {
        let octet = Self.nextOctet(free, from: start & 7)
        let port = UInt16(base + index * 8 + octet)
        if range.contains(port), exchange(word: first + index, octet: octet, from: 0, to: owner) {
          unsafe words[countWord(address, number, port)].add(1, ordering: .relaxed)
          return port
        }
        free &= ~(0xFF << UInt64(octet * 8))
      }
    }
    return nil
  }

  /// The top bit of every octet that is zero.
  static func zeroOctets(_ word: UInt64) -> UInt64 {
    let low: UInt64 = 0x7F7F_7F7F_7F7F_7F7F
    return ~(((word & low) &+ low) | word | low)
  }

  /// The first octet from `start` on, around the word, that has a bit in `set`, which is not empty.
  static func nextOctet(_ set: UInt64, from start: Int) -> Int {
    let later = set & UInt64.max << UInt64(start * 8)
    return (later != 0 ? later : set).trailingZeroBitCount >> 3
  }
}
