import Configuration
import Translation

/// Answers commands from a gateway.
package struct Answering: Sendable {
  let view: any GatewayView
  /// Where `show ip nat statistics` counts from.
  private let baseline = StatisticsBaseline()

  package init(_ view: any GatewayView) { self.view = view }

  /// Why a command that was understood has no answer.
  package struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
    package var description: String

    init(_ description: String) { self.description = description }
  }

  /// Answers one request; every error becomes the answer's last frame, except that the client is gone.
  package func answer(_ request: Request, to sink: some AnswerSink) async throws {
    do {
      let command = try Command.parse(request.words)
      try await answer(command, in: request.format, to: sink)
      try await sink.send(.end)
    } catch let error as CommandError {
      try await sink.send(.error(error.rendered))
    } catch let refusal as Refusal {
      try await sink.send(.error(refusal.description))
    }
  }

  private func answer(_ command: Command, in format: AnswerFormat, to sink: some AnswerSink) async throws {
    switch command {
    case .showTranslations(let query): try await list(query, in: format, to: sink)
    case .showStatistics:
      let listing = await statistics(of: view)
      try await send(format, listing.text, listing.write, to: sink)
    case .showLimits(let query): try await answer(query, in: format, to: sink)
    case .showPool(let name): try await answer(pool: name, in: format, to: sink)
    case .showPortBlocks:
      let listing = PortBlockListing(settings: view.configuration.translation.settings)
      try await send(format, listing.text, listing.write, to: sink)
    case .showServices:
      let listing = ServiceListing(
        view.configuration.translation.services, conformance: view.configuration.conformance)
      try await send(format, listing.text, listing.write, to: sink)
    case .showDoors(let vrf): try await answer(doorsOf: vrf, in: format, to: sink)
    case .showGateways(let name): try await answer(gateways: name, in: format, to: sink)
    case .showCalls(let name): try await answer(callsOf: name, in: format, to: sink)
    case .showConnections: try await answerConnections(in: format, to: sink)
    case .trace(let request): try await GatewayTrace(request, of: view).run(in: format, to: sink)
    case .showReassembly(let interface): try await answer(reassemblyOn: interface, in: format, to: sink)
    case .showExport:
      let listing = ExportListing(view.export)
      try await send(format, listing.text, listing.write, to: sink)
    case .showWorkers:
      let listing = WorkerListing(workers: view.workers)
      try await send(format, listing.text, listing.write, to: sink)
    case .showInterfaces:
      let listing = InterfaceListing(interfaces: view.interfaces)
      try await send(format, listing.text, listing.write, to: sink)
    case .showDrops(let all):
      let listing = DropListing(of: view.workers, all: all)
      try await send(format, listing.text, listing.write, to: sink)
    case .showRunningConfiguration:
      let text = view.configuration.render()
      try await send(format, text, { $0.object { $0.member("configuration", text) } }, to: sink)
    case .showNeighbors:
      let listing = NeighborListing(view.neighbors)
      try await send(format, listing.text, listing.write, to: sink)
    case .showIPv6Neighbors:
      let listing = IPv6NeighborListing(view.ipv6.neighbors)
      try await send(format, listing.text, listing.write, to: sink)
    case .showIPv6Interfaces:
      let listing = IPv6InterfaceListing(links: view.ipv6.links)
      try await send(format, listing.text, listing.write, to: sink)
    case .showIPv6Routes:
      let listing = IPv6RouteListing(view.configuration)
      try await send(format, listing.text, listing.write, to: sink)
    case .clearTranslations(let request, let vrf): try await clear(request, vrf: vrf, in: format, to: sink)
    case .clearStatistics:
      baseline.clear(at: view.workers)
      try await send(format, "statistics cleared\n", { $0.object { $0.member("cleared", true) } }, to: sink)
    case .reload: try await reload(in: format, to: sink)
    case .capture(let request): try await FrameCapture(request, of: view).run(to: sink)
    case .unavailable(let sentence): throw Refusal(sentence)
    }
  }

  private func statistics(of view: some GatewayView) async -> StatisticsListing {
    await StatisticsListing(of: view, since: baseline)
  }

  /// Sends a listing that fits in memory.
  func send(
    _ format: AnswerFormat, _ text: @autoclosure () -> String, _ json: (inout JSONText) -> Void,
    to sink: some AnswerSink
  ) async throws {
    switch format {
    case .text: try await sink.send(Array(text().utf8))
    case .json:
      var writer = JSONText()
      json(&writer)
      try await sink.send(writer.take() + [UInt8(ascii: "\n")])
    }
  }
}
