/// The extension structure behind the quotation of an ICMP error (RFC 4884).
package enum ICMPExtension {
  /// Where the "Length" attribute lies in an ICMP error: the quotation's octets in words of four, 0 without extensions.
  static let length = 5

  /// Where the quotation of the ICMP error at `transport` ends: at the message's own `end`, or where its "Length" says
  /// that extensions begin. A length that reaches beyond the message bounds nothing.
  ///
  /// A quotation that is shorter than its "Length" is padded with zeros (RFC 4884 section 4), which belong to no
  /// header; `IPv4Header.end` of the quoted packet bounds it too.
  package static func quotationEnd(_ octets: PacketOctets, transport: Int, end: Int) -> Int {
    guard transport >= 0, end <= octets.count, end - transport >= ICMPField.headerLength else { return end }
    switch octets.load8(at: transport + ICMPField.type) {
    case ICMPType.destinationUnreachable, ICMPType.timeExceeded, ICMPType.parameterProblem:
      let words = Int(octets.load8(at: transport + length))
      return words == 0 ? end : min(end, transport + ICMPField.quotation + words * 4)
    default: return end
    }
  }
}
