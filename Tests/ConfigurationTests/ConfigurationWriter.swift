import WireFormats

/// Writes random configurations that are valid: their statements, order and spelling vary.
enum ConfigurationWriter {
  static func text(using random: inout some RandomNumberGenerator) -> String {
    var sections = [dataplane(&random), settings(&random), RuleWriter.settings(using: &random)]
    let interfaces = Int.random(in: 1...5, using: &random)
    sections += (0..<interfaces).flatMap { interface($0, &random) }
    sections += routes(over: interfaces, &random)
    let lists = (0..<Int.random(in: 0...4, using: &random)).map { accessList($0, &random) }
    let pools = (0..<lists.count).map { pool($0, &random) }
    sections += lists.map(\.text) + pools
    for (number, list) in lists.enumerated() {
      let source = Bool.random(using: &random) ? "pool P\(number)" : "interface if0"
      sections.append(
        "ip nat inside source list \(list.name) \(source)\(Bool.random(using: &random) ? " overload" : "")")
    }
    sections += statics(&random)
    sections += RuleWriter.sections(over: interfaces, using: &random)
    sections.shuffle(using: &random)
    return sections.map { Bool.random(using: &random) ? $0 : capitalizingKeywords(of: $0) }.joined(separator: "\n!\n")
  }

  /// Capital letters in the first word of a section, which is a keyword.
  private static func capitalizingKeywords(of section: String) -> String {
    guard let blank = section.firstIndex(of: " ") else { return section }
    return section[..<blank].uppercased() + section[blank...]
  }

  private static func dataplane(_ random: inout some RandomNumberGenerator) -> String {
    let lines = [
      " worker-cores \(Int.random(in: 0...9, using: &random))-\(Int.random(in: 9...14, using: &random))",
      " alg-cores 3,\(Int.random(in: 4...1023, using: &random))",
      " ring-entries \(1 << Int.random(in: 6...12, using: &random))",
      " burst \(Int.random(in: 1...64, using: &random))",
      " poll " + pick(["busy", "adaptive", "interrupt"], &random),
      " offload " + pick(["gso", "none"], &random),
      " memory " + pick(["huge-pages", "ordinary"], &random),
      " state-directory /dev/shm/s\(UInt8.random(in: 0...255, using: &random))",
    ]
    return (["dataplane"] + some(lines, &random)).joined(separator: "\n")
  }

  private static func settings(_ random: inout some RandomNumberGenerator) -> String {
    let timers = [
      "timeout", "tcp-timeout", "syn-timeout", "finrst-timeout", "half-closed-timeout", "udp-timeout", "dns-timeout",
      "icmp-timeout",
    ]
    let lines = timers.map { timer in
      let seconds = Bool.random(using: &random) ? "never" : "\(Int.random(in: 0...536_870, using: &random))"
      return "ip nat translation \(timer) \(seconds)"
    }
    let others = [
      "ip nat translation max-entries \(Int.random(in: 1...1_000_000_000, using: &random))",
      "hostname gw-\(UInt8.random(in: 0...255, using: &random))",
      "control-socket /run/s\(UInt8.random(in: 0...255, using: &random))/control.sock",
    ]
    return some(lines + others, &random).joined(separator: "\n")
  }

  /// An interface whose network is 10.N.0.0/16 or smaller, and perhaps a sub-interface in 172.16.N.0/24.
  private static func interface(_ number: Int, _ random: inout some RandomNumberGenerator) -> [String] {
    let mtu = Int.random(in: 600...9000, using: &random)
    let mask = IPv4Address(IPv4Prefix.mask(UInt8.random(in: 16...30, using: &random)))
    var lines = [
      " device tap t\(number)" + pick(["", " netns n\(number)", " persistent", " persistent netns /a/b"], &random)
    ]
    lines.append(" ip address 10.\(number).0.1 \(mask)")
    lines += some(
      [
        " description \(pick(["ä ! b", "x", "to  carol"], &random))", " mtu \(mtu)",
        " ip nat \(pick(["inside", "outside"], &random))", " mac-address 2.\(number).ffff", " ip mtu 600",
      ], &random)
    var sections = [(["interface if\(number)"] + lines.shuffled(using: &random)).joined(separator: "\n")]
    if Bool.random(using: &random) {
      sections.append(
        "interface if\(number).9\n encapsulation dot1q \(Int.random(in: 1...4094, using: &random))\n"
          + " ip address 172.16.\(number).1 255.255.255.0\n ip nat inside")
    }
    return sections
  }

  private static func routes(over interfaces: Int, _ random: inout some RandomNumberGenerator) -> [String] {
    (0..<Int.random(in: 0...6, using: &random)).map { number in
      let interface = Int.random(in: 0..<interfaces, using: &random)
      let hop = pick(
        ["10.\(interface).0.2", "if\(interface)", "if\(interface) 10.\(interface).0.2", "if\(interface) 192.0.2.9"],
        &random)
      return "ip route 10.1\(number)0.0.0 255.255.0.0 \(hop)"
    }
  }

  private static func accessList(
    _ number: Int, _ random: inout some RandomNumberGenerator
  ) -> (name: String, text: String) {
    let isNamed = Bool.random(using: &random)
    let name = isNamed ? "LIST-\(number)" : "\(1300 + number)"
    let lines = (0..<Int.random(in: isNamed ? 0...5 : 1...5, using: &random)).map { _ in
      let address = IPv4Address(UInt32.random(in: 0...UInt32.max, using: &random))
      let wildcard = IPv4Address(UInt32.random(in: 0...UInt32.max, using: &random))
      return pick(
        [
          "permit any", "deny host \(address)", "permit \(address)", "deny \(address) \(wildcard)",
          "remark ! r \(address)",
        ],
        &random)
    }
    if isNamed { return (name, (["ip access-list standard \(name)"] + lines).joined(separator: "\n ")) }
    return (name, lines.map { "access-list \(name) \($0)" }.joined(separator: "\n"))
  }

  private static func pool(_ number: Int, _ random: inout some RandomNumberGenerator) -> String {
    let type = pick(["", " type match-host"], &random)
    let network = "198.51.\(number)"
    if Bool.random(using: &random) {
      let last = UInt8.random(in: 1...255, using: &random)
      return "ip nat pool P\(number) \(network).1 \(network).\(last) netmask 255.255.255.0"
        + type
    }
    let ranges = (0..<Int.random(in: 1...4, using: &random)).map {
      " address \(network).\($0 * 50) \(network).\($0 * 50 + 9)"
    }
    return (["ip nat pool P\(number) prefix-length 24" + type] + ranges).joined(separator: "\n")
  }

  private static func statics(_ random: inout some RandomNumberGenerator) -> [String] {
    (0..<Int.random(in: 0...8, using: &random)).map { number in
      let port = UInt16.random(in: 1...UInt16.max, using: &random)
      let form = pick(
        [
          "10.200.0.\(number) 203.0.113.\(number)", "tcp 10.200.0.\(number) 80 203.0.113.200 \(8000 + number)",
          "udp 10.200.0.1 \(port) interface if0 \(9000 + number)",
        ], &random)
      return "ip nat inside source static \(form)"
        + some([" extendable", " no-alias", " no-payload"], &random).joined()
    }
  }

  static func pick(_ choices: [String], _ random: inout some RandomNumberGenerator) -> String {
    choices[Int.random(in: 0..<choices.count, using: &random)]
  }

  static func some(_ lines: [String], _ random: inout some RandomNumberGenerator) -> [String] {
    lines.filter { _ in Bool.random(using: &random) }
  }
}
