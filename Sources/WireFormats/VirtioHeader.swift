/// The header that a TAP device puts before each frame under IFF_VNET_HDR (virtio specification 1.2 section 5.1.6,
/// `struct virtio_net_hdr`); its numbers are in the machine's own order, little-endian wherever Sallyport runs.
///
///     0       1          2            4          6            8             10
///     | flags | GSO type | hdr length | GSO size | csum start | csum offset | frame
@usableFromInline package enum VirtioHeader {
  /// Octets of the header.
  @inlinable package static var size: Int { 10 }
  @inlinable package static var flags: Int { 0 }
  @inlinable package static var gsoType: Int { 1 }
  @inlinable package static var headerLength: Int { 2 }
  @inlinable package static var gsoSize: Int { 4 }
  @inlinable package static var checksumStart: Int { 6 }
  @inlinable package static var checksumOffset: Int { 8 }

  /// VIRTIO_NET_HDR_F_NEEDS_CSUM: the checksum field holds only the pseudo-header's sum.
  @inlinable package static var needsChecksum: UInt8 { 1 }
  /// VIRTIO_NET_HDR_GSO_NONE.
  @inlinable package static var gsoNone: UInt8 { 0 }
  /// VIRTIO_NET_HDR_GSO_TCPV4.
  @inlinable package static var gsoTCPv4: UInt8 { 1 }
  /// VIRTIO_NET_HDR_GSO_TCPV6.
  @inlinable package static var gsoTCPv6: UInt8 { 4 }
  /// VIRTIO_NET_HDR_GSO_UDP_L4: each segment is a datagram of its own.
  @inlinable package static var gsoUDP: UInt8 { 5 }
  /// VIRTIO_NET_HDR_GSO_ECN: the first segment carries CWR alone.
  @inlinable package static var gsoECN: UInt8 { 0x80 }
}

/// What the header of one frame says.
@usableFromInline package struct FrameOffload: BitwiseCopyable, Sendable {
  /// Whether the transport checksum still waits for its payload's sum.
  @usableFromInline package var partialChecksum: Bool
  /// The payload octets of each segment of a super-frame; 0 for an ordinary frame.
  @usableFromInline package var segmentSize: UInt16

  @inlinable package init(partialChecksum: Bool, segmentSize: UInt16) {
    self.partialChecksum = partialChecksum
    self.segmentSize = segmentSize
  }

  /// An ordinary frame with whole checksums.
  @usableFromInline package static let none = FrameOffload(partialChecksum: false, segmentSize: 0)
}
