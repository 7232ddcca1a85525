import CKernel

/// What the kernel may leave to whoever reads a TAP device (TUNSETOFFLOAD).
package struct OffloadFeatures: OptionSet, Hashable, Sendable {
  /// The bits as TUNSETOFFLOAD takes them.
  package let rawValue: UInt32

  /// The features of TUNSETOFFLOAD's bits.
  package init(rawValue: UInt32) { self.rawValue = rawValue }
  private init(bits: Int...) { rawValue = bits.reduce(0) { $0 | UInt32($1) } }

  /// Transport checksums may be partial.
  package static let checksum = OffloadFeatures(bits: SP_TUN_CHECKSUM)
  /// TCP over IPv4 may come in super-frames, congestion marks (ECN) included.
  package static let tcp4 = OffloadFeatures(bits: SP_TUN_TSO4, SP_TUN_TSO_ECN)
  /// TCP over IPv6 may come in super-frames.
  package static let tcp6 = OffloadFeatures(bits: SP_TUN_TSO6)
  /// UDP may come in super-frames (Linux 6.2).
  package static let udp = OffloadFeatures(bits: SP_TUN_USO4, SP_TUN_USO6)

  /// Everything: frames of up to 64 KiB cross the gateway whole.
  package static let gso: OffloadFeatures = [.checksum, .tcp4, .tcp6, .udp]
  /// Every frame arrives complete and no larger than the MTU.
  package static let none: OffloadFeatures = []
}

extension OffloadFeatures: CustomStringConvertible {
  package var description: String {
    if isEmpty { return "none" }
    let names: [(OffloadFeatures, String)] = [
      (.checksum, "checksum"), (.tcp4, "TSO4"), (.tcp6, "TSO6"), (.udp, "USO"),
    ]
    return names.filter { contains($0.0) }.map(\.1).joined(separator: ", ")
  }
}
