import WireFormats

/// A lane's UDP flows: who sends each of them, and what has come of it.
///
/// Flow f belongs to host f mod hosts and to lane f mod lanes, so that any number of flows is spread evenly.
final class FlowTable {
  struct Flow {
    /// What the gateway made of the inside endpoint, as a packed endpoint; 0 until something arrived outside.
    var translated: UInt64 = 0
    var outward = SequenceWindow()
    var inward = SequenceWindow()
    /// The number of the next datagram of each direction.
    var nextOut: UInt32 = 0
    var nextIn: UInt32 = 0
  }

  /// The inside ports that a host's flows use, from `firstPort` up.
  static let portsPerHost = 60_000
  private static let firstPort = 2_000
  /// The servers' port.
  static let serverPort: UInt16 = 9_000

  private let surroundings: Surroundings
  /// Indexed by place, which is the flow's number divided by the number of lanes.
  var flows: [Flow]
  private let hosts: Int

  /// This lane's share of `count` flows.
  init(count: Int, _ surroundings: Surroundings) {
    self.surroundings = surroundings
    hosts = surroundings.network.hosts.count
    let share = count / surroundings.lanes + (surroundings.lane < count % surroundings.lanes ? 1 : 0)
    flows = Array(repeating: Flow(), count: share)
  }

  /// The number of a flow, unique in the run.
  func number(of place: Int) -> UInt32 { UInt32(place * surroundings.lanes + surroundings.lane) }

  /// The place of a flow by its number; nil when it is no flow of this lane.
  func place(of number: UInt32) -> Int? {
    let (place, lane) = Int(number).quotientAndRemainder(dividingBy: surroundings.lanes)
    return lane == surroundings.lane && place < flows.count ? place : nil
  }

  /// The inside endpoint of a flow.
  func host(of place: Int) -> Endpoint {
    let (port, host) = Int(number(of: place)).quotientAndRemainder(dividingBy: hosts)
    return Endpoint(surroundings.network.hosts[host], UInt16(Self.firstPort + port))
  }

  /// The server of a flow.
  func server(of place: Int) -> Endpoint {
    Endpoint(surroundings.servers[place % surroundings.servers.count], Self.serverPort)
  }

  /// How many of the first `limit` flows have been seen outside.
  func opened(_ limit: Int) -> Int { flows.prefix(limit).reduce(0) { $0 + ($1.translated == 0 ? 0 : 1) } }
}
