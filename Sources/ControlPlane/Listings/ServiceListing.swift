import Configuration
import Gateways
import Translation

/// `show ip nat services`: the switches of `ip nat service`, those of the configuration over what holds without any.
struct ServiceListing {
  /// One switch.
  struct Row: Hashable {
    /// The words after `ip nat service`.
    var name: String
    var isOn: Bool
    /// What it is without a statement; nil for one that exists only because a statement names it.
    var isOnByDefault: Bool?
  }

  let rows: [Row]

  /// What IOS has without any statement, in the order of its documents.
  private static let defaults: [(name: String, isOn: Bool)] = [
    ("sip tcp port 5060", true), ("sip udp port 5060", true), ("skinny tcp port 2000", true), ("ras", true),
    ("h225", true), ("dns tcp", true), ("dns udp", true), ("dns-reset-ttl", false), ("ftp", true), ("tftp", true),
    ("rtsp tcp", true), ("rtsp udp", true), ("rcmd", true), ("ldap", true), ("pptp", true), ("msrpc tcp", true),
    ("sunrpc tcp", true), ("sunrpc udp", true), ("netbios-ns tcp", true), ("netbios-ns udp", true),
    ("netbios-dgm", true), ("netbios-ssn", true), ("mgcp", true), ("allow-multipart", false),
    ("allow-h323-even-rtp-ports", false), ("allow-h323-keepalive", false), ("allow-sip-even-rtp-ports", false),
    ("allow-skinny-even-rtp-ports", false), ("append-ldap-search-res", false), ("ipsec-esp enable", false),
    ("port-randomization", false), ("preserve-port", true),
  ]
  /// Services over UDP whose names do not say so.
  private static let overUDP: Set<String> = ["ras", "tftp", "netbios-dgm", "mgcp"]
  /// Switches that are about no application: `all-algs` leaves them alone.
  private static let others: Set<String> = [
    "port-randomization", "preserve-port", "fullrange",
  ]
  /// The switch of all application-level gateways together.
  private static let allGateways = "all-algs"

  /// The switches after all statements, a later one over an earlier one.
  init(_ statements: [ServiceStatement], conformance: Conformance = .ios) {
    var rows = Self.defaults.map { name, isOn in
      let holds = isOn && (conformance == .ios || !Self.isOverUDP(name))
      return Row(name: name, isOn: holds, isOnByDefault: holds)
    }
    var areAllOff = false
    for statement in statements {
      // The names of lists keep their case; other words have none.
      let name = statement.words.joined(separator: " ")
      guard name.lowercased() != Self.allGateways else {
        areAllOff = !statement.isOn
        continue
      }
      if !Self.set(name, to: statement.isOn, in: &rows) {
        rows.append(Row(name: name, isOn: statement.isOn, isOnByDefault: nil))
      }
      // One way to choose ports excludes the other.
      if name == "port-randomization" { Self.set("preserve-port", to: !statement.isOn, in: &rows) }
      if name == "preserve-port" { Self.set("port-randomization", to: !statement.isOn, in: &rows) }
    }
    if areAllOff { for place in rows.indices where Self.isOfGateway(rows[place]) { rows[place].isOn = false } }
    self.rows = [Row(name: Self.allGateways, isOn: !areAllOff, isOnByDefault: true)] + rows
  }

  /// Sets the switch of a name, or all of a service whose transport the name leaves open; false when there is none.
  @discardableResult
  private static func set(_ name: String, to isOn: Bool, in rows: inout [Row]) -> Bool {
    let wanted = name.lowercased()
    var isKnown = false
    for place in rows.indices {
      let candidate = rows[place].name.lowercased()
      guard candidate == wanted || candidate.hasPrefix(wanted + " ") else { continue }
      rows[place].isOn = isOn
      isKnown = true
    }
    return isKnown
  }

  private static func isOverUDP(_ name: String) -> Bool {
    overUDP.contains(name) || name.split(separator: " ").dropFirst().first == "udp"
  }

  private static func isOfGateway(_ row: Row) -> Bool {
    !others.contains(row.name.split(separator: " ").first.map(String.init) ?? "")
  }

  var text: String {
    var table = TextTable(["Service", "State", "Default"])
    for row in rows {
      table.add([row.name, Self.word(row.isOn), row.isOnByDefault.map(Self.word) ?? "none"])
    }
    let built = GatewayCatalog.all.map { $0.name }.joined(separator: ", ")
    return table.rendered + "Gateways of this version: \(built). The switches of others are kept for those to come.\n"
  }

  private static func word(_ isOn: Bool) -> String { isOn ? "on" : "off" }

  func write(to json: inout JSONText) {
    json.array(rows) { json, row in
      json.object { json in
        json.member("service", row.name)
        json.member("isOn", row.isOn)
        json.member("isOnByDefault", row.isOnByDefault ?? false)
      }
    }
  }
}
