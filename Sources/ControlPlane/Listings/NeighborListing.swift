import WireFormats

/// `show neighbors`, in the shape of IOS's `show ip arp`.
struct NeighborListing {
  private let rows: [NeighborRow]

  /// The neighbours in the order of their addresses.
  init(_ rows: [NeighborRow]) {
    self.rows = rows.sorted { ($0.address, $0.interface) < ($1.address, $1.interface) }
  }

  var text: String {
    var text = OctetText()
    text.append("Protocol  Address          Age (min)  Hardware Addr   Type   Interface\n")
    for row in rows {
      text.cell(10) { $0.append("Internet") }
      text.cell(17) { $0.append(row.address) }
      let age = row.age.map { String($0 / 60) } ?? "-"
      text.append(String(repeating: " ", count: max(0, 9 - age.count)) + age + "  ")
      text.cell(16) { $0.append(row.hardwareAddress.map(Self.dotted) ?? "Incomplete") }
      text.append("ARPA   \(row.interface)\n")
    }
    return String(decoding: text.octets, as: UTF8.self)
  }

  func write(to json: inout JSONText) {
    json.array(rows) { json, row in
      json.object { json in
        json.member("address", row.address.description)
        json.member("hardwareAddress", row.hardwareAddress?.description)
        json.member("ageSeconds", row.age)
        json.member("isOwn", row.age == nil)
        json.member("interface", row.interface)
      }
    }
  }

  /// An Ethernet address as Cisco writes it: `0200.0000.0001`.
  static func dotted(_ address: MACAddress) -> String {
    [UInt64(32), 16, 0].map { shift in
      let part = String(address.rawValue >> shift & 0xFFFF, radix: 16)
      return String(repeating: "0", count: 4 - part.count) + part
    }.joined(separator: ".")
  }
}
