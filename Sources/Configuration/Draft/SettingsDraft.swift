import Translation
import WireFormats

/// What `ip nat settings` says; nil where it leaves the default, which depends on `conformance`.
struct SettingsDraft {
  var mapping: MappingBehavior?
  var filtering: FilteringBehavior?
  var pooling: PoolingBehavior?
  var ports: PortAssignment?
  var hostsPerAddress: Int?
  var portBlocks: PortBlocks?
  var holdDown: UInt32?
  var blockedPorts: [TranslationSettings.BlockedPort] = []
  var interfacePorts: ClosedRange<UInt16>?
  var refusalCode: UInt8?
  var unsolicitedSYN: UInt32?
  var fullRange: [TranslationSettings.BlockedPort] = []
  var inboundRefresh = true
}

/// What `ip nat translation max-entries` and its like say.
struct LimitsDraft {
  struct ListLimit {
    var accessList: Located<String>
    var maximum: Int
  }

  var total: Int?
  var hosts: [IPv4Address: Int] = [:]
  var allHosts: Int?
  var instances: [String: Located<Int>] = [:]
  var allInstances: Int?
  var lists: [ListLimit] = []
  var newSessionsPerSecond: Int?
}

/// What `ip nat log translations` says.
struct LoggingDraft {
  struct Collector {
    var address: Located<IPv4Address>
    var port: UInt16
    var source: Located<String>
    var scope: TranslationLogging.Scope
  }

  var syslog: TranslationLogging.Scope?
  var collectors: [Collector] = []
}

/// The switches of `ip nat service`.
struct ServicesDraft {
  struct Switch {
    var statement: ServiceStatement
    /// The list that a statement with `list` names.
    var accessList: Located<String>?
    var place: Place
  }

  /// In the order of their first mention.
  private(set) var switches: [Switch] = []
  /// The places of statements in `switches`, by their words.
  private var positions: [[String]: Int] = [:]

  /// The list that limits the service `words`, when a statement has given it one that is not called `name`.
  func otherList(than name: String, for words: [String]) -> String? {
    let other = switches.first { $0.statement.isOn && $0.accessList?.value != name && $0.statement.service == words }
    return other?.accessList?.value
  }

  /// The place of the statement with these words, if it is there and on.
  func placeOfSwitch(_ words: [String]) -> Place? {
    guard let position = positions[words], switches[position].statement.isOn else { return nil }
    return switches[position].place
  }

  /// Whether a switch is one of those that say whose questions over IPv6 are read.
  private static func isForIPv6(_ words: [String]) -> Bool { words.first == "dns-v6" && words.last != "dry-run" }

  /// The place of the statement that has questions over IPv6 read, and the list that limits them.
  var dnsOverIPv6: (place: Place, accessList: Located<String>?)? {
    switches.last { Self.isForIPv6($0.statement.words) }.map { ($0.place, $0.accessList) }
  }

  /// Puts a switch of questions over IPv6 in the place of the one before. They are off without one, so turning them off is
  /// to have none.
  mutating func setForIPv6(_ new: Switch) {
    switches.removeAll { Self.isForIPv6($0.statement.words) }
    positions = Dictionary(
      uniqueKeysWithValues: switches.enumerated().map { ($0.element.statement.words, $0.offset) })
    if new.statement.isOn { set(new) }
  }

  /// Adds a switch or turns the one that is there.
  mutating func set(_ new: Switch) {
    if let position = positions[new.statement.words] {
      switches[position] = new
    } else {
      positions[new.statement.words] = switches.count
      switches.append(new)
    }
  }
}

extension ServiceStatement {
  /// The words without the access list; nil for a statement that has none.
  fileprivate var service: [String]? { words.first == "list" ? Array(words.dropFirst(2)) : nil }
}
