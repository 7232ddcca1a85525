import Configuration
import Gateways
import Translation

/// Commands about application-level gateways and their doors.
extension Answering {
  /// The gateway of a name.
  static func gateway(named name: String) throws(Refusal) -> any ApplicationGateway.Type {
    guard let gateway = GatewayCatalog.gateway(named: name.lowercased()) else {
      let names = GatewayCatalog.all.map { $0.name }.joined(separator: ", ")
      throw Refusal("there is no gateway \(name); the gateways are \(names)")
    }
    return gateway
  }

  func answer(doorsOf vrf: String?, in format: AnswerFormat, to sink: some AnswerSink) async throws {
    let instance = try vrf.map(instance)
    let rows = await view.openDoors().filter { instance == nil || $0.insideInstance == instance }
    let listing = DoorListing(rows, instanceNames: view.configuration.translation.instanceNames)
    try await send(format, listing.text, listing.write, to: sink)
  }

  func answer(gateways name: String?, in format: AnswerFormat, to sink: some AnswerSink) async throws {
    let gateways = try name.map { [try Self.gateway(named: $0)] } ?? GatewayCatalog.all
    let switches = view.configuration.gatewaySwitches
    let listing = GatewayListing(gateways, switches, view.slowPaths)
    try await send(format, listing.text, listing.write, to: sink)
  }

  func answer(callsOf name: String, in format: AnswerFormat, to sink: some AnswerSink) async throws {
    let gateway = try Self.gateway(named: name)
    let listing = CallListing(await view.calls(of: gateway.id, limit: CallListing.limit))
    try await send(format, listing.text, listing.write, to: sink)
  }

  func answerConnections(in format: AnswerFormat, to sink: some AnswerSink) async throws {
    let rows = await view.connections(limit: ConnectionListing.limit)
    let listing = ConnectionListing(slowPaths: view.slowPaths, rows: rows)
    try await send(format, listing.text, listing.write, to: sink)
  }
}
