import Translation
import WireFormats

extension Command {
  /// Reads a command from its words. Every keyword may be abbreviated as long as it is the only one that fits, as in
  /// IOS: `sh ip nat tr`.
  package static func parse(_ words: [String]) throws(CommandError) -> Command {
    var words = CommandWords(words)
    let command =
      switch try words.keyword(["show", "clear", "reload", "capture", "trace"]) {
      case "show": try show(&words)
      case "clear": try clear(&words)
      case "reload": Command.reload
      case "trace": try trace(&words)
      default: try capture(&words)
      }
    try words.end()
    return command
  }

  /// The protocols that entries are named by.
  static let protocols: [(name: String, number: IPProtocol)] = [
    ("tcp", .tcp), ("udp", .udp), ("icmp", .icmp), ("gre", IPProtocol(rawValue: 47)), ("esp", IPProtocol(rawValue: 50)),
  ]

  private static func show(_ words: inout CommandWords) throws(CommandError) -> Command {
    switch try words.keyword(["ip", "ipv6", "workers", "interfaces", "drops", "neighbors", "running-config", "vtcp"]) {
    case "ip": return try showIP(&words)
    case "ipv6": return try showIPv6(&words)
    case "workers": return .showWorkers
    case "interfaces": return .showInterfaces
    case "drops":
      guard !words.isAtEnd else { return .showDrops(all: false) }
      try words.expect("all")
      return .showDrops(all: true)
    case "neighbors": return .showNeighbors
    case "vtcp": return .showConnections
    default: return .showRunningConfiguration
    }
  }

  private static func showIPv6(_ words: inout CommandWords) throws(CommandError) -> Command {
    switch try words.keyword(["neighbors", "interface", "route"]) {
    case "neighbors": return .showIPv6Neighbors
    case "interface":
      if !words.isAtEnd { try words.expect("brief") }
      return .showIPv6Interfaces
    default: return .showIPv6Routes
    }
  }

  private static func showIP(_ words: inout CommandWords) throws(CommandError) -> Command {
    switch try words.keyword(["nat", "arp", "virtual-reassembly"]) {
    case "arp": return .showNeighbors
    case "virtual-reassembly":
      return .showReassembly(interface: words.isAtEnd ? nil : try words.name("an interface"))
    default: return try showNAT(&words)
    }
  }

  private static func showNAT(_ words: inout CommandWords) throws(CommandError) -> Command {
    switch try words.keyword([
      "translations", "statistics", "limits", "pool", "bpa", "services", "log", "doors", "gateways",
      "redundancy", "nvi",
    ]) {
    case "translations": return try translations(&words)
    case "statistics": return .showStatistics
    case "limits": return try limits(&words)
    case "pool":
      try words.expect("name")
      return .showPool(try words.name("a pool"))
    case "bpa": return .showPortBlocks
    case "services": return .showServices
    case "log": return .showExport
    case "doors":
      guard !words.isAtEnd else { return .showDoors(vrf: nil) }
      try words.expect("vrf")
      return .showDoors(vrf: try words.name("a VRF"))
    case "gateways":
      guard !words.isAtEnd else { return .showGateways(nil) }
      let name = try words.name("a gateway")
      guard !words.isAtEnd else { return .showGateways(name) }
      try words.expect("calls")
      return .showCalls(name)
    case "redundancy":
      words.skipRest()
      return .unavailable(
        "there are no redundancy groups: one gateway keeps its sessions in state-directory, where the next one finds "
          + "them")
    default:
      words.skipRest()
      return .unavailable(
        "there is no NAT virtual interface: interfaces are inside or outside, and show ip nat translations has every "
          + "entry")
    }
  }

  private static func limits(_ words: inout CommandWords) throws(CommandError) -> Command {
    switch try words.keyword(["all-host", "all-vrf", "host", "vrf"]) {
    case "all-host": .showLimits(.allHosts)
    case "all-vrf": .showLimits(.allInstances)
    case "host": .showLimits(.host(try words.address()))
    default: .showLimits(.instance(try words.name("a VRF")))
    }
  }

  private static func trace(_ words: inout CommandWords) throws(CommandError) -> Command {
    var request = TraceRequest()
    while !words.isAtEnd {
      var candidates: [String] = []
      if request.gateway == nil { candidates.append("gateway") }
      if request.host == nil { candidates.append("host") }
      if request.count == nil { candidates.append("count") }
      if request.seconds == nil { candidates.append("seconds") }
      switch try words.keyword(candidates) {
      case "gateway": request.gateway = try words.name("a gateway")
      case "host": request.host = try words.tracedHost()
      case "count": request.count = try words.number("a number of messages", in: 1...CaptureRequest.maximum)
      default: request.seconds = try words.number("a number of seconds", in: 1...CaptureRequest.maximum)
      }
    }
    return .trace(request)
  }

  private static func capture(_ words: inout CommandWords) throws(CommandError) -> Command {
    let name = try words.name("an interface or all")
    var request = CaptureRequest(interface: name == "all" ? nil : name)
    while !words.isAtEnd {
      var candidates: [String] = []
      if request.count == nil { candidates.append("count") }
      if request.seconds == nil { candidates.append("seconds") }
      if try words.keyword(candidates) == "count" {
        request.count = try words.number("a number of frames", in: 1...CaptureRequest.maximum)
      } else {
        request.seconds = try words.number("a number of seconds", in: 1...CaptureRequest.maximum)
      }
    }
    return .capture(request)
  }
}
