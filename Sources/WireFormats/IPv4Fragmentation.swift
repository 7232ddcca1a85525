/// How an IPv4 packet is cut into fragments that fit a link (RFC 791 section 3.2, "An Example Fragmentation
/// Procedure"). The packet may be a fragment itself.
package struct IPv4Fragmentation: BitwiseCopyable {
  /// Where the header begins.
  private let network: Int
  private let headerLength: Int
  /// "Flags" and "Fragment Offset" of the packet.
  private let fragmentField: UInt16
  /// The payload's octets.
  private let payload: Int
  /// Octets of a later fragment's header: only options whose copied flag is set are in it.
  private let laterHeaderLength: Int
  /// Payload octets of the first fragment and of the others but the last, multiples of eight.
  private let firstPayload: Int
  private let laterPayload: Int

  /// Fragments that the packet is cut into, at least 2.
  package let count: Int

  /// The cut of the packet at `network` for a link of `mtu` octets, at least 68. Nil when it fits, must not be cut, or
  /// has a malformed header.
  package init?(_ octets: PacketOctets, at network: Int, mtu: Int) {
    guard let header = IPv4Header(octets, at: network), header.totalLength > mtu, !header.dontFragment, mtu >= 68,
      Int(header.fragmentField & IPv4Field.offsetMask) * 8 + header.totalLength <= 65_535
    else { return nil }
    self.network = network
    headerLength = header.headerLength
    fragmentField = header.fragmentField
    payload = header.totalLength - header.headerLength
    laterHeaderLength =
      IPv4Field.minimumLength
      + Self.copiedOptions(octets, network + IPv4Field.minimumLength..<header.payload) { _, _, _ in }
    firstPayload = (mtu - headerLength) & ~7
    laterPayload = (mtu - laterHeaderLength) & ~7
    // The last one need not be a multiple of eight, and so may fill the link.
    var rest = payload - firstPayload
    var count = 1
    while rest > 0 {
      count += 1
      rest -= rest <= mtu - laterHeaderLength ? rest : laterPayload
    }
    self.count = count
  }

  /// Writes fragment `number`, 1 to `count` - 1, to `target` at `offset`; returns its octets. The packet must still be
  /// as `init` saw it in all but its fixed header's length, fragment field and checksum.
  package func write(_ number: Int, of octets: PacketOctets, to target: PacketOctets, at offset: Int) -> Int {
    precondition(number >= 1 && number < count)
    let start = firstPayload + (number - 1) * laterPayload
    let isLast = number == count - 1
    let length = isLast ? payload - start : laterPayload
    target.copy(IPv4Field.minimumLength, from: octets, at: network, to: offset)
    copyOptions(octets, to: target, at: offset + IPv4Field.minimumLength)
    target.copy(length, from: octets, at: network + headerLength + start, to: offset + laterHeaderLength)
    target.store8(0x40 | UInt8(laterHeaderLength / 4), at: offset + IPv4Field.versionAndIHL)
    Self.finish(
      target, at: offset, header: laterHeaderLength, payload: length,
      fragment: field(start: start, isLast: isLast))
    return laterHeaderLength + length
  }

  /// Makes the packet its own first fragment; returns that one's octets.
  package func trimFirst(_ octets: PacketOctets) -> Int {
    Self.finish(
      octets, at: network, header: headerLength, payload: firstPayload, fragment: field(start: 0, isLast: false))
    return headerLength + firstPayload
  }

  /// "Flags" and "Fragment Offset": the last fragment has the packet's own MF.
  private func field(start: Int, isLast: Bool) -> UInt16 {
    let moreFragments: UInt16 = isLast ? fragmentField & IPv4Field.moreFragments : IPv4Field.moreFragments
    return moreFragments | (fragmentField & IPv4Field.offsetMask) &+ UInt16(start / 8)
  }

  private static func finish(
    _ octets: PacketOctets, at offset: Int, header: Int, payload: Int, fragment: UInt16
  ) {
    octets.store16(UInt16(header + payload), at: offset + IPv4Field.totalLength)
    octets.store16(fragment, at: offset + IPv4Field.fragment)
    octets.store16(0, at: offset + IPv4Field.checksum)
    octets.store16(
      InternetChecksum.finish(octets.sum(offset..<offset + header)), at: offset + IPv4Field.checksum)
  }

  /// Copies the options that every fragment has, and pads them to whole words with "End of Option List".
  private func copyOptions(_ octets: PacketOctets, to target: PacketOctets, at offset: Int) {
    let length = laterHeaderLength - IPv4Field.minimumLength
    guard length > 0 else { return }
    target.store32(0, at: offset + length - 4)
    _ = Self.copiedOptions(octets, network + IPv4Field.minimumLength..<network + headerLength) { from, length, place in
      target.copy(length, from: octets, at: from, to: offset + place)
    }
  }

  /// Calls `body` with where each option with the copied flag lies, its octets, and its place among those; returns
  /// their octets in whole words. An option whose length is wrong ends the list.
  private static func copiedOptions(
    _ octets: PacketOctets, _ options: Range<Int>, _ body: (Int, Int, Int) -> Void
  ) -> Int {
    var position = options.lowerBound
    var copied = 0
    while position < options.upperBound {
      let type = octets.load8(at: position)
      if type == 0 { break }
      if type == 1 {
        position += 1
        continue
      }
      guard position + 2 <= options.upperBound else { break }
      let length = Int(octets.load8(at: position + 1))
      guard length >= 2, position + length <= options.upperBound else { break }
      if type & 0x80 != 0 {
        body(position, length, copied)
        copied += length
      }
      position += length
    }
    return (copied + 3) & ~3
  }
}
