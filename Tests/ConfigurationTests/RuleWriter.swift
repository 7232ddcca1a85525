import WireFormats

/// Writes random rules, lists, maps, settings and services that are valid beside those of `ConfigurationWriter`: their
/// names, addresses and interfaces are others, except for `if0`, which it always writes.
enum RuleWriter {
  static func sections(over interfaces: Int, using random: inout some RandomNumberGenerator) -> [String] {
    var sections = [surroundings]
    sections += extendedLists(&random) + routeMaps(&random) + rules(&random) + statics(&random) + outside(&random)
    sections += pools(&random)
    return sections
  }

  /// A VRF with an interface, lists, maps and pools to name.
  private static let surroundings = """
    vrf definition RED
     rd 1:1
    interface red0
     device tap red
     vrf forwarding RED
     ip address 10.0.0.1 255.255.0.0
     ip nat inside
    access-list 1 permit any
    ip nat pool SHARED 100.64.0.1 100.64.0.99 prefix-length 24
    ip nat pool LOCAL 100.65.0.1 100.65.0.99 prefix-length 24
    ip nat pool REAL 10.0.9.1 10.0.9.99 prefix-length 24 type rotary
    """

  static func settings(using random: inout some RandomNumberGenerator) -> String {
    let behaviors = ["endpoint-independent", "address-dependent", "address-and-port-dependent"]
    let lines = [
      "conformance rfc", "ip nat settings mapping \(pick(behaviors, &random))",
      "ip nat settings filtering \(pick(behaviors, &random))",
      "ip nat settings pooling \(pick(["paired", "arbitrary"], &random))",
      "ip nat settings ports \(pick(["preserve", "random"], &random))",
      "ip nat settings hold-down \(Int.random(in: 0...3600, using: &random))",
      "ip nat settings refusal \(pick(["prohibited", "host-unreachable"], &random))",
      "ip nat settings unsolicited-syn \(pick(["0", "6", "60"], &random))", "no ip nat settings inbound-refresh",
      "ip nat settings pap" + pick(["", " limit 30", " bpa", " limit 1000 bpa step-size 16 set-size 64"], &random),
      "ip nat settings interface-overload block port udp \(Int.random(in: 1024...65_535, using: &random))",
      "ip nat settings interface-overload port range 1024 \(Int.random(in: 1024...65_535, using: &random))",
      "ip nat service fullrange tcp port \(Int.random(in: 1...511, using: &random))",
      pick(["", "no "], &random) + "ip nat service sip udp port \(Int.random(in: 1...65_535, using: &random))",
      "ip nat service list 1 ftp tcp port 2021", "no ip nat service all-algs",
      "ip nat service \(pick(["preserve-port", "port-randomization"], &random))",
      "ip nat translation max-entries all-host \(pick(["1", "4096", "2147483647"], &random))",
      "ip nat translation max-entries host 10.0.0.9 5", "ip nat translation max-entries vrf RED 6",
      "ip nat translation max-entries all-vrf 7", "ip nat translation max-entries list 1 8",
      "ip nat translation new-sessions-per-second 9", "ip nat translation port-timeout tcp 22 never",
      "ip nat translation port-timeout udp 22 \(UInt8.random(in: 0...255, using: &random))",
      "ip nat translation pptp-timeout 5", "ip nat translation esp-timeout never",
      "ip nat translation routemap-entry-timeout 1", "ip nat log translations syslog" + bindOnly(&random),
      "ip nat log translations flow-export v9 udp destination 192.0.2.1 5 source if0" + bindOnly(&random),
      "ip nat create flow-entries",
    ]
    return ConfigurationWriter.some(lines, &random).joined(separator: "\n")
  }

  private static func bindOnly(_ random: inout some RandomNumberGenerator) -> String {
    pick(["", " bind-only"], &random)
  }

  private static func extendedLists(_ random: inout some RandomNumberGenerator) -> [String] {
    (0..<3).map { number in
      let isNamed = Bool.random(using: &random)
      let lines = (0..<Int.random(in: 1...6, using: &random)).map { _ in extendedLine(&random) }
      if !isNamed { return lines.map { "access-list 10\(number) \($0)" }.joined(separator: "\n") }
      let numbered = lines.enumerated().map { index, line in
        // Numbers that differ, whatever the order.
        pick(["", "\(index * 7 + 1) "], &random) + line
      }
      let renumbered = pick(["", "\nip access-list resequence EXT-\(number) 5 5"], &random)
      return (["ip access-list extended EXT-\(number)"] + numbered).joined(separator: "\n ") + renumbered
    }
  }

  private static func extendedLine(_ random: inout some RandomNumberGenerator) -> String {
    let (source, destination) = (address(&random), address(&random))
    let action = pick(["permit", "deny"], &random)
    switch Int.random(in: 0...3, using: &random) {
    case 0:
      let options = ConfigurationWriter.some([" established", " syn", " ack", " dscp af41"], &random).joined()
      let (from, to) = (ports(&random), ports(&random))
      return "\(action) \(pick(["tcp", "6"], &random)) \(source)\(from) \(destination)\(to)\(options)"
    case 1: return "\(action) udp \(source)\(ports(&random)) \(destination)\(pick(["", " eq domain 5353"], &random))"
    case 2:
      let message = pick(["", " echo", " 3 4", " 200", " unreachable", " 8 0"], &random)
      return "\(action) icmp \(source) \(destination)\(message)"
    default:
      let number = pick(["ip", "gre", "esp", "\(UInt8.random(in: 0...255, using: &random))"], &random)
      let option = pick(["", " fragments", " precedence 3", " dscp 63", " fragments dscp default"], &random)
      return "\(action) \(number) \(source) \(destination)\(option)"
    }
  }

  private static func address(_ random: inout some RandomNumberGenerator) -> String {
    let address = IPv4Address(UInt32.random(in: 0...UInt32.max, using: &random))
    let wildcard = IPv4Address(UInt32.random(in: 0...UInt32.max, using: &random))
    return pick(["any", "host \(address)", "\(address) \(wildcard)", "\(address) 0.0.0.0"], &random)
  }

  private static func ports(_ random: inout some RandomNumberGenerator) -> String {
    let port = UInt16.random(in: 1...65_534, using: &random)
    return pick(
      ["", " eq \(port)", " eq 7 \(port) 80", " neq \(port) 23", " gt \(port)", " lt \(port)", " range 1 \(port)"],
      &random)
  }

  private static func routeMaps(_ random: inout some RandomNumberGenerator) -> [String] {
    ["RM-A", "RM-B"].map { name in
      let entries = [10, 20].map { sequence in
        let action = pick(["permit", "deny"], &random)
        let matches = ConfigurationWriter.some(
          [
            " description why \(sequence)", " match ip address 1", " match interface if0 red0",
            " match ip next-hop 1", " match ip address 1\n no match ip address 1",
          ], &random)
        return (["route-map \(name) \(action) \(sequence)"] + matches).joined(separator: "\n")
      }
      return entries.shuffled(using: &random).joined(separator: "\n")
    }
  }

  private static func rules(_ random: inout some RandomNumberGenerator) -> [String] {
    let options = [
      " mapping address-dependent", " filtering endpoint-independent", " pooling arbitrary",
      pick([" ports random", " ports preserve", " deterministic ports-per-host 64 reserved 1"], &random),
      pick([" egress-interface if0", " egress-interface red0"], &random),
    ]
    return [
      "list 1 pool SHARED vrf RED overload", "route-map RM-A pool SHARED overload",
      "route-map RM-B pool SHARED vrf RED match-in-vrf overload", "route-map RM-B interface if0",
      "route-map RM-A interface red0 vrf RED match-in-vrf",
    ].map {
      "ip nat inside source \($0)" + ConfigurationWriter.some(options, &random).shuffled(using: &random).joined()
    }
  }

  private static func statics(_ random: inout some RandomNumberGenerator) -> [String] {
    let options = [" no-alias", " no-payload", " extendable"]
    let forms = [
      "10.0.0.5 100.66.0.5 vrf RED", "10.0.0.6 100.66.0.5 vrf RED match-in-vrf",
      "network 10.0.4.0 100.67.0.0 /24", "network 10.0.5.0 100.67.1.0 255.255.255.128 vrf RED",
      "esp 10.0.0.7 interface if0", "esp 10.0.0.7 100.66.0.6", "10.0.0.8 100.66.0.8 route-map RM-A",
      "10.0.0.9 100.66.0.9 route-map RM-B reversible egress-interface if0",
    ]
    return ConfigurationWriter.some(forms, &random).map { form in
      "ip nat inside source static \(form)" + ConfigurationWriter.some(options, &random).joined()
    }
  }

  private static func outside(_ random: inout some RandomNumberGenerator) -> [String] {
    let options = [" add-route", " vrf RED", " no-payload"]
    let forms = ["192.0.2.1 10.77.0.1", "tcp 192.0.2.2 80 10.77.0.2 8080", "network 192.0.3.0 10.78.0.0 /24"]
    let entries = ConfigurationWriter.some(forms, &random).map { form in
      "ip nat outside source static \(form)" + ConfigurationWriter.some(options, &random).joined()
    }
    let rules = [
      "ip nat outside source list 1 pool LOCAL" + pick(["", " add-route"], &random),
      "ip nat outside source route-map RM-A pool LOCAL vrf RED" + pick(["", " match-in-vrf"], &random),
      "ip nat inside destination list 1 pool REAL",
    ]
    return entries + ConfigurationWriter.some(rules, &random)
  }

  private static func pools(_ random: inout some RandomNumberGenerator) -> [String] {
    let last = UInt8.random(in: 20...250, using: &random)
    let exclusions = ConfigurationWriter.some([" exclude 100.68.0.1", " exclude 100.68.0.3 100.68.0.9"], &random)
    let head = "ip nat pool GAPS prefix-length 24" + pick(["", " add-route", " type match-host add-route"], &random)
    return [([head, " address 100.68.0.1 100.68.0.\(last)"] + exclusions).joined(separator: "\n")]
  }

  private static func pick(_ choices: [String], _ random: inout some RandomNumberGenerator) -> String {
    ConfigurationWriter.pick(choices, &random)
  }
}
