import Translation

/// `show ip nat pool name P`.
struct PoolListing {
  let pool: AddressPool
  /// The pool's number, as `show ip nat statistics` shows it.
  let number: Int
  let use: PoolUse

  /// Pools are numbered by the alphabet, from 1: the configuration holds them by name.
  static func numbers(of configuration: TranslationConfiguration) -> [String: Int] {
    Dictionary(uniqueKeysWithValues: configuration.pools.keys.sorted().enumerated().map { ($1, $0 + 1) })
  }

  /// The pool's `type` in IOS's words.
  static func type(of pool: AddressPool) -> String {
    switch pool.selection {
    case .generic: "generic"
    case .matchHost: "match-host"
    case .rotary: "rotary"
    }
  }

  private var availableAddresses: Int { max(0, pool.count - use.assignedAddresses) }

  /// The kinds of port with the names of their rows.
  private var ports: [(name: String, member: String, count: PoolUse.Ports)] {
    guard let ports = use.ports else { return [] }
    return [
      ("UDP Low Ports", "udpLow", ports.udpLow), ("TCP Low Ports", "tcpLow", ports.tcpLow),
      ("UDP High Ports", "udpHigh", ports.udpHigh), ("TCP High Ports", "tcpHigh", ports.tcpHigh),
    ]
  }

  var text: String {
    var text = OctetText()
    text.append("NAT Pool Statistics\nPool name \(pool.name), id \(number)\n")
    text.cell(22) { _ in }
    text.append("Assigned  Available\n")
    func add(_ name: String, _ assigned: Int, _ available: Int) {
      text.cell(22) { $0.append(name) }
      text.cell(10) { $0.append(UInt64(assigned)) }
      text.append(UInt64(available))
      text.newline()
    }
    add("Addresses", use.assignedAddresses, availableAddresses)
    for row in ports { add(row.name, row.count.assigned, row.count.available) }
    if use.ports != nil {
      text.append("(Low ports are less than 1024. High ports are greater than or equal to 1024.)\n")
    }
    return String(decoding: text.octets, as: UTF8.self)
  }

  func write(to json: inout JSONText) {
    json.object { json in
      json.member("name", pool.name)
      json.member("id", number)
      json.member("type", Self.type(of: pool))
      json.member("assignedAddresses", use.assignedAddresses)
      json.member("availableAddresses", availableAddresses)
      for row in ports {
        json.member(row.member) { json in
          json.member("assigned", row.count.assigned)
          json.member("available", row.count.available)
        }
      }
    }
  }
}
