import WireFormats

@testable import sallyport_load

/// A lane between both ports of a gateway in memory.
struct Bench {
  let gateway: MemoryGateway
  let lane: Lane

  init(
    _ faults: MemoryGateway.Faults = MemoryGateway.Faults(), hosts: Int = 10, servers: Int = 2,
    make: (Surroundings) -> any LoadProfile
  ) {
    gateway = MemoryGateway(faults)
    let network = SimulatedNetwork(
      hosts: AddressRange(first: IPv4Address(0x0A0A_0A64), count: hosts),
      servers: AddressRange(first: IPv4Address(0xCB00_7114), count: servers), gateway: MemoryGateway.inside,
      hostRouter: nil, serverRouter: nil)
    let surroundings = Surroundings(
      inside: Side(.inside, port: gateway.insidePort, network: network),
      outside: Side(.outside, port: gateway.outsidePort, network: network), network: network,
      servers: network.servers(of: 0, among: 1), lane: 0, lanes: 1, run: 0x1234)
    lane = Lane(surroundings, profile: make(surroundings))
  }

  /// Finds the gateway and loads for a short while.
  func load(rate: Double? = 5_000, seconds: Double = 0.2) throws -> Tally {
    try Resolution([lane]).findGateway(end: "memory")
    return lane.load(rate: rate, until: monotonicNanoseconds() + UInt64(seconds * 1e9)).tally
  }

  /// Flows of the `udp` profile.
  static func flows(
    _ faults: MemoryGateway.Faults = MemoryGateway.Faults(), count: Int = 50, direction: FlowDirection = .out,
    sizes: DatagramSizes = DatagramSizes(all: [Probe.size])
  ) -> Bench {
    Bench(faults) {
      FlowLoad($0, flows: FlowTable(count: count, $0), sizes: sizes, direction: direction)
    }
  }

  static func patience(concurrency: Int = 100, timeout: Double = 0.3) -> Patience {
    var patience = Patience()
    patience.concurrency = concurrency
    patience.timeout = timeout
    return patience
  }
}
