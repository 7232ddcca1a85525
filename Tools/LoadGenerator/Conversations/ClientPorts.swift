import WireFormats

/// Inside endpoints taken in turn: every port of a host is used once before any is used again. Where the turn begins is
/// left to chance, so that a run does not meet what its predecessor left in the gateway.
struct ClientPorts {
  private static let first = 1_024
  private static let count = 64_512

  private let hosts: AddressRange
  private let step: Int
  private let spacing: Int
  /// Places of ports at each host.
  private let places: Int
  private let count: Int
  private var next: Int

  /// A lane's share: its numbers are those that its lane's number leads to in steps of the number of lanes. Each endpoint
  /// is the first of `spacing` ports that nobody else takes. Where that is more than one, hosts begin at different ports:
  /// the neighbours of a port that two hosts have can be had outside by one of them only.
  init(_ surroundings: Surroundings, spacing: Int = 1) {
    hosts = surroundings.network.hosts
    step = surroundings.lanes
    self.spacing = spacing
    places = Self.count / spacing
    count = hosts.count * places
    next = Int.random(in: 0..<count / step) * step + surroundings.lane
  }

  mutating func take() -> Endpoint {
    if next >= count { next %= step }
    let (port, host) = next.quotientAndRemainder(dividingBy: hosts.count)
    next += step
    let place = spacing == 1 ? port : (port + host * max(1, places / hosts.count)) % places
    return Endpoint(hosts[host], UInt16(Self.first + place * spacing))
  }
}
