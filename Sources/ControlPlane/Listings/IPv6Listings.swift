import Configuration
import Forwarding
import WireFormats

/// `show ipv6 neighbors`, in IOS's shape.
struct IPv6NeighborListing {
  private let rows: [IPv6Status.Neighbor]

  /// The neighbours in the order of their addresses.
  init(_ rows: [IPv6Status.Neighbor]) {
    self.rows = rows.sorted { ($0.address, $0.interface) < ($1.address, $1.interface) }
  }

  var text: String {
    var text = OctetText()
    text.append("IPv6 Address                              Age Link-layer Addr State Interface\n")
    for row in rows {
      text.cell(40) { $0.append(row.address.description) }
      let age = String(row.age / 60)
      text.append(String(repeating: " ", count: max(0, 5 - age.count)) + age + " ")
      text.cell(16) { $0.append(row.hardwareAddress.map(NeighborListing.dotted) ?? "-") }
      text.append("\(row.hardwareAddress == nil ? "INCMP" : "REACH") \(row.interface)\n")
    }
    return String(decoding: text.octets, as: UTF8.self)
  }

  func write(to json: inout JSONText) {
    json.array(rows) { json, row in
      json.object { json in
        json.member("address", row.address.description)
        json.member("hardwareAddress", row.hardwareAddress?.description)
        json.member("ageSeconds", row.age)
        json.member("interface", row.interface)
      }
    }
  }
}

/// `show ipv6 interface`: each interface that carries IPv6 with its addresses, as IOS's `brief`.
struct IPv6InterfaceListing {
  let links: [IPv6Status.Link]

  var text: String {
    if links.isEmpty { return "No interface has an IPv6 address.\n" }
    return links.map { link in
      "\(link.interface)  [up/up]\n    \(link.linkLocal)\n    \(link.address)/\(link.network.length)\n"
    }.joined()
  }

  func write(to json: inout JSONText) {
    json.array(links) { json, link in
      json.object { json in
        json.member("interface", link.interface)
        json.member("linkLocal", link.linkLocal.description)
        json.member("address", link.address.description)
        json.member("prefix", link.network.description)
      }
    }
  }
}

/// `show ipv6 route`: connected networks, then static routes, in IOS's shape.
struct IPv6RouteListing {
  private struct Row {
    var code: String
    var prefix: IPv6Prefix
    var gateway: IPv6Address?
    var interface: String
  }

  private let rows: [Row]

  init(_ configuration: GatewayConfiguration) {
    let connected = configuration.interfaces.compactMap { interface in
      interface.ipv6.map { Row(code: "C", prefix: $0.network, gateway: nil, interface: interface.name) }
    }
    let routes = configuration.ipv6Routes.map {
      Row(
        code: "S", prefix: $0.prefix, gateway: $0.gateway,
        interface: configuration.interfaces[Int($0.interface.rawValue)].name)
    }
    rows = (connected + routes).sorted { ($0.prefix.address, $0.prefix.length) < ($1.prefix.address, $1.prefix.length) }
  }

  var text: String {
    var text = "IPv6 Routing Table - \(rows.count) entries\nCodes: C - Connected, S - Static\n"
    for row in rows {
      text += "\(row.code)   \(row.prefix)\n     via \(row.gateway.map { "\($0), " } ?? "")\(row.interface)"
      text += row.gateway == nil ? ", directly connected\n" : "\n"
    }
    return text
  }

  func write(to json: inout JSONText) {
    json.array(rows) { json, row in
      json.object { json in
        json.member("prefix", row.prefix.description)
        json.member("isConnected", row.code == "C")
        json.member("gateway", row.gateway?.description)
        json.member("interface", row.interface)
      }
    }
  }
}
