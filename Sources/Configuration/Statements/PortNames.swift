import WireFormats

/// The names that IOS has for ports and message types, in the form that it prints.
enum IOSNames {
  /// Ports of TCP.
  static let tcpPorts: KeyValuePairs<String, UInt16> = [
    "bgp": 179, "chargen": 19, "cmd": 514, "daytime": 13, "discard": 9, "domain": 53, "echo": 7, "exec": 512,
    "finger": 79, "ftp": 21, "ftp-data": 20, "gopher": 70, "hostname": 101, "ident": 113, "irc": 194, "klogin": 543,
    "kshell": 544, "login": 513, "lpd": 515, "nntp": 119, "pim-auto-rp": 496, "pop2": 109, "pop3": 110, "smtp": 25,
    "sunrpc": 111, "syslog": 514, "tacacs": 49, "talk": 517, "telnet": 23, "time": 37, "uucp": 540, "whois": 43,
    "www": 80,
  ]

  /// Ports of UDP.
  static let udpPorts: KeyValuePairs<String, UInt16> = [
    "biff": 512, "bootpc": 68, "bootps": 67, "discard": 9, "dnsix": 195, "domain": 53, "echo": 7, "isakmp": 500,
    "mobile-ip": 434, "nameserver": 42, "netbios-dgm": 138, "netbios-ns": 137, "netbios-ss": 139,
    "non500-isakmp": 4500, "ntp": 123, "pim-auto-rp": 496, "rip": 520, "snmp": 161, "snmptrap": 162, "sunrpc": 111,
    "syslog": 514, "tacacs": 49, "talk": 517, "tftp": 69, "time": 37, "who": 513, "xdmcp": 177,
  ]

  /// Protocols; `ip` is not among them, because it stands for all.
  static let protocols: KeyValuePairs<String, UInt8> = [
    "ahp": 51, "eigrp": 88, "esp": 50, "gre": 47, "icmp": 1, "igmp": 2, "ipinip": 4, "nos": 94, "ospf": 89, "pcp": 108,
    "pim": 103, "sctp": 132, "tcp": 6, "udp": 17,
  ]

  /// A message of ICMP: its type and, where the name says it, its code.
  struct Message: Hashable {
    var type: UInt8
    var code: UInt8?

    init(_ type: UInt8, _ code: UInt8? = nil) {
      self.type = type
      self.code = code
    }
  }

  /// Messages of ICMP (RFC 792 and its successors).
  static let messages: KeyValuePairs<String, Message> = [
    "administratively-prohibited": Message(3, 13), "alternate-address": Message(6), "conversion-error": Message(31),
    "dod-host-prohibited": Message(3, 10), "dod-net-prohibited": Message(3, 9), "echo": Message(8),
    "echo-reply": Message(0), "general-parameter-problem": Message(12, 0), "host-isolated": Message(3, 8),
    "host-precedence-unreachable": Message(3, 14), "host-redirect": Message(5, 1), "host-tos-redirect": Message(5, 3),
    "host-tos-unreachable": Message(3, 12), "host-unknown": Message(3, 7), "host-unreachable": Message(3, 1),
    "information-reply": Message(16), "information-request": Message(15), "mask-reply": Message(18),
    "mask-request": Message(17), "mobile-redirect": Message(32), "net-redirect": Message(5, 0),
    "net-tos-redirect": Message(5, 2), "net-tos-unreachable": Message(3, 11), "net-unreachable": Message(3, 0),
    "network-unknown": Message(3, 6), "no-room-for-option": Message(12, 2), "option-missing": Message(12, 1),
    "packet-too-big": Message(3, 4), "parameter-problem": Message(12), "port-unreachable": Message(3, 3),
    "precedence-unreachable": Message(3, 15), "protocol-unreachable": Message(3, 2),
    "reassembly-timeout": Message(11, 1), "redirect": Message(5), "router-advertisement": Message(9),
    "router-solicitation": Message(10), "source-quench": Message(4), "source-route-failed": Message(3, 5),
    "time-exceeded": Message(11), "timestamp-reply": Message(14), "timestamp-request": Message(13),
    "traceroute": Message(30), "ttl-exceeded": Message(11, 0), "unreachable": Message(3),
  ]

  /// Differentiated services code points (RFC 2474, RFC 2597, RFC 3246).
  static let codePoints: KeyValuePairs<String, UInt8> = [
    "default": 0, "cs1": 8, "af11": 10, "af12": 12, "af13": 14, "cs2": 16, "af21": 18, "af22": 20, "af23": 22,
    "cs3": 24, "af31": 26, "af32": 28, "af33": 30, "cs4": 32, "af41": 34, "af42": 36, "af43": 38, "cs5": 40, "ef": 46,
    "cs6": 48, "cs7": 56,
  ]

  /// Values of the precedence field (RFC 791).
  static let precedences: KeyValuePairs<String, UInt8> = [
    "routine": 0, "priority": 1, "immediate": 2, "flash": 3, "flash-override": 4, "critical": 5, "internet": 6,
    "network": 7,
  ]

  /// Flags of the TCP header.
  static let flags: KeyValuePairs<String, UInt8> = [
    "fin": 0x01, "syn": 0x02, "rst": 0x04, "psh": 0x08, "ack": 0x10, "urg": 0x20,
  ]

  /// The ports of a transport protocol.
  static func ports(of transport: IPProtocol) -> KeyValuePairs<String, UInt16> {
    transport == .tcp ? tcpPorts : udpPorts
  }
}

extension KeyValuePairs where Key == String {
  /// The value of the name that `word` spells or, where it is the beginning of only one, abbreviates.
  func value(of word: String) -> Value? {
    guard case .found(let name) = KeywordMatch(word, among: map(\.key)) else { return nil }
    return first { $0.key == name }?.value
  }
}

extension KeyValuePairs where Key == String, Value: Equatable {
  /// The first name of a value.
  func name(of value: Value) -> String? { first { $0.value == value }?.key }
}

extension StatementReader {
  /// A number in a range, or one of the names for it.
  mutating func number<Value: FixedWidthInteger & Sendable>(
    _ role: String, in range: ClosedRange<Value>, or names: KeyValuePairs<String, Value>
  ) throws(Diagnostic) -> Located<Value> {
    if nextBeginsWithDigit { return try number(role, in: range) }
    let place = place
    let name = try keyword(among: names.map(\.key), or: ["\(role) (\(range.lowerBound)-\(range.upperBound))"])
    return Located(value: names.value(of: name) ?? range.lowerBound, place: place)
  }
}
