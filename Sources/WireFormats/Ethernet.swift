/// Offsets and values of an Ethernet II header, with or without one 802.1Q tag.
///
///     0        6        12        14 (or 12+4)
///     | destination | source | [8100 tag] type | payload
@usableFromInline package enum Ethernet {
  /// Octets of an untagged header.
  @inlinable package static var headerLength: Int { 14 }
  /// Octets an 802.1Q tag adds.
  @inlinable package static var tagLength: Int { 4 }
  @inlinable package static var destination: Int { 0 }
  @inlinable package static var source: Int { 6 }
  @inlinable package static var type: Int { 12 }

  /// "EtherType" values.
  @inlinable package static var typeIPv4: UInt16 { 0x0800 }
  @inlinable package static var typeARP: UInt16 { 0x0806 }
  @inlinable package static var typeVLAN: UInt16 { 0x8100 }
  @inlinable package static var typeIPv6: UInt16 { 0x86DD }

  /// The shortest frame without its check sequence: 60 octets.
  @inlinable package static var minimumFrame: Int { 60 }
}
