import WireFormats

// Fields that are no lists of URIs.
extension SIPAddressReader {
  /// Via (RFC 3261 section 20.42): a list of hops, with white space nearly everywhere.
  mutating func readVia(_ octets: Span<UInt8>, _ value: Range<Int>) {
    let end = value.upperBound
    var at = value.lowerBound
    while true {
      while at < end, TextReading.isSpace(octets[at]) || octets[at] == 0x2C { at += 1 }
      guard at < end else { return }
      element += 1
      guard let transport = Self.sentProtocol(octets, &at, end) else { return }
      let first = addresses.count
      readSentBy(octets, &at, end)
      while at < end, octets[at] != 0x3B, octets[at] != 0x2C {
        guard octets[at] == 0x28 else {
          at += 1
          continue
        }
        at = (TextReading.find(0x29, in: octets, at, end) ?? end - 1) + 1
      }
      while let parameter = SIPParameter.next(octets, &at, end) { readViaParameter(octets, parameter) }
      for index in first..<addresses.count { addresses[index].transport = transport }
      while at < end, octets[at] != 0x2C { at += 1 }
    }
  }

  /// `SIP / 2.0 / UDP`: the transport.
  private static func sentProtocol(_ octets: Span<UInt8>, _ at: inout Int, _ end: Int) -> IPProtocol? {
    var word = at..<at
    for place in 0..<3 {
      at = TextReading.skipSpace(octets, at, end)
      let start = at
      while at < end, SIPStartLine.isToken(octets[at]) { at += 1 }
      guard at > start else { return nil }
      word = start..<at
      at = TextReading.skipSpace(octets, at, end)
      guard place < 2 else { break }
      guard at < end, octets[at] == 0x2F else { return nil }
      at += 1
    }
    return TextReading.says("UDP", octets, word) ? .udp : .tcp
  }

  private mutating func readSentBy(_ octets: Span<UInt8>, _ at: inout Int, _ end: Int) {
    guard let address = TextReading.address(octets, at, end) else { return }
    var found = SIPAddress(.viaSentBy, .via, address.value, at..<address.end)
    found.element = element
    at = TextReading.skipSpace(octets, address.end, end)
    if at < end, octets[at] == 0x3A {
      let start = TextReading.skipSpace(octets, at + 1, end)
      guard let port = TextReading.port(octets, start, end) else { return }
      found.port = port.value
      found.portRange = start..<port.end
      at = port.end
    }
    addresses.append(found)
  }

  private mutating func readViaParameter(_ octets: Span<UInt8>, _ parameter: SIPParameter) {
    let value = parameter.value
    if TextReading.says("rport", octets, parameter.name) {
      guard let port = TextReading.port(octets, value.lowerBound, value.upperBound), port.end == value.upperBound else {
        return
      }
      var found = SIPAddress(.viaPort, .via, .unspecified, value)
      found.port = port.value
      found.portRange = value
      found.element = element
      addresses.append(found)
      return
    }
    let isReceived = TextReading.says("received", octets, parameter.name)
    guard isReceived || TextReading.says("maddr", octets, parameter.name),
      let address = TextReading.address(octets, value.lowerBound, value.upperBound), address.end == value.upperBound
    else { return }
    var found = SIPAddress(isReceived ? .viaReceived : .viaMaddr, .via, address.value, value)
    found.element = element
    addresses.append(found)
  }

  /// Warning (RFC 3261 section 20.43): `307 host[:port] "text"`, in a list.
  mutating func readWarning(_ octets: Span<UInt8>, _ value: Range<Int>) {
    let end = value.upperBound
    var at = value.lowerBound
    while at < end {
      guard let code = TextReading.number(octets, at, end), code.range.count == 3 else { return }
      at = TextReading.skipSpace(octets, code.range.upperBound, end)
      element += 1
      if var found = Self.endpoint(octets, &at, end, .identity, .warning) {
        found.element = element
        addresses.append(found)
      }
      while at < end, octets[at] != 0x22 { at += 1 }
      guard at < end, let behind = TextReading.endOfQuoted(octets, at, end) else { return }
      at = behind
      while at < end, TextReading.isSpace(octets[at]) || octets[at] == 0x2C { at += 1 }
    }
  }
}
