import Forwarding
import WireFormats

extension FragmentTable {
  /// The datagram that an ICMP error quotes a later fragment of, if it is still followed here: the quotation has the
  /// form in which the fragment left, of which the other end's address and the identification are sure.
  ///
  /// - Parameter direction: the way that the quoted packet went, against the error's.
  func datagram(quoted header: IPv4Header, identification: UInt16, _ direction: Direction) -> FragmentedDatagram? {
    guard count > 0 else { return nil }
    for number in 0..<highWater {
      let datagram = unsafe datagrams[number]
      guard datagram.isLive, datagram.fate == .translated, datagram.key.direction == direction,
        datagram.key.protocolNumber == header.protocolNumber
      else { continue }
      let isSame =
        direction == .outbound
        ? datagram.key.destination == header.destination
          && (datagram.newIdentification == identification || datagram.key.identification == identification)
        : datagram.key.source == header.source && datagram.key.identification == identification
      if isSame { return datagram }
    }
    return nil
  }
}

extension Translator {
  /// The session of a later fragment that an ICMP error quotes, if its datagram is still being followed: the quotation
  /// itself has no ports.
  ///
  /// - Parameters:
  ///   - quoted: the quoted header, in `octets`.
  ///   - direction: the error's own.
  func session(ofQuotedFragment quoted: IPv4Header, in octets: PacketOctets, _ direction: Direction) -> UInt32? {
    let identification = octets.load16(at: quoted.offset + IPv4Field.identification)
    guard
      let datagram = fragments.datagram(
        quoted: quoted, identification: identification, direction == .inbound ? .outbound : .inbound)
    else { return nil }
    let key = FlowKey(
      source: datagram.key.source, sourcePort: datagram.sourcePort, destination: datagram.key.destination,
      destinationPort: datagram.destinationPort, protocol: datagram.key.protocolNumber,
      instance: datagram.key.instance, direction: datagram.key.direction)
    guard let session = shard.findSession(key, key.hash(seed: shard.seed)) else { return nil }
    // The other end may have asked for more than one inside host's datagrams with this identification.
    let record = shard.sessions[session]
    let isQuoted =
      direction == .inbound
      ? record.insideGlobal == quoted.source && record.outsideGlobal == quoted.destination
      : record.outsideLocal == quoted.source && record.insideLocal == quoted.destination
    return isQuoted ? session : nil
  }
}
