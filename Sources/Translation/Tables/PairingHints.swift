import Forwarding
import WireFormats

/// Where the pairings of hosts were seen last, by a hash of their addresses.
///
/// A host that opens one session after the other needs its pairing each time. The guess saves the line of the index that
/// would say where it is, which for many hosts is in no cache, and lets the burst ask for the record early. It is only
/// ever a guess: who uses one compares the record's key, as with what the index says.
@safe struct PairingHints: ~Copyable {
  /// A power of two; 128 KiB, so that it stays within the second cache of a core beside the burst's own lines.
  private static let count = 32_768

  /// Always `count` numbers of records.
  private let base: UnsafeMutablePointer<UInt32>

  init() {
    unsafe base = .allocate(capacity: Self.count)
    unsafe base.initialize(repeating: 0, count: Self.count)
  }

  deinit { unsafe base.deallocate() }

  @inline(__always)
  private static func place(_ host: IPv4Address, _ instance: RoutingInstance) -> Int {
    let word = (host.rawValue ^ UInt32(instance.rawValue) &* 0x85EB_CA6B) &* 0x9E37_79B1
    return Int(word >> 17)
  }

  /// The number of the record that may be the pairing of a host.
  @inline(__always)
  subscript(host: IPv4Address, instance: RoutingInstance) -> UInt32 {
    get { unsafe base[Self.place(host, instance) & (Self.count - 1)] }
    nonmutating set { unsafe base[Self.place(host, instance) & (Self.count - 1)] = newValue }
  }
}
