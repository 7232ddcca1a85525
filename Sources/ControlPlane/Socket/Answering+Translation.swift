import Configuration
import Forwarding
import Translation
import WireFormats

/// Commands that name something of the configuration, which must be there.
extension Answering {
  /// The instance of a name.
  func instance(named name: String) throws -> RoutingInstance {
    let names = view.configuration.translation.instanceNames
    guard !name.isEmpty, let number = names.firstIndex(of: name) else {
      throw Refusal("there is no VRF \(name)" + Self.list("the VRFs are", names.filter { !$0.isEmpty }))
    }
    return RoutingInstance(rawValue: UInt16(number))
  }

  /// What there is instead of a name that is wrong, as the end of a sentence that fits a line.
  private static func list(_ what: String, _ names: [String]) -> String {
    let limit = 12
    let shown = names.prefix(limit) + (names.count > limit ? ["…"] : [])
    return names.isEmpty ? "" : "; \(what) \(shown.joined(separator: ", "))"
  }

  func list(_ query: TranslationQuery, in format: AnswerFormat, to sink: some AnswerSink) async throws {
    var filter = query.filter
    filter.instance = try query.vrf.map(instance)
    let listing = TranslationListing(filter: filter, verbose: query.verbose, total: query.total, format: format)
    func write(from view: some GatewayView) async throws { try await listing.write(from: view, to: sink) }
    try await write(from: view)
  }

  func answer(_ query: LimitQuery, in format: AnswerFormat, to sink: some AnswerSink) async throws {
    let isAboutHosts =
      switch query {
      case .allHosts, .host: true
      case .allInstances, .instance: false
      }
    let only: RoutingInstance? = if case .instance(let name) = query { try instance(named: name) } else { nil }
    let listing = LimitListing(
      await view.limitUse(countingHosts: isAboutHosts), of: view.configuration.translation)
    let rows =
      switch query {
      case .allHosts: listing.hosts()
      case .host(let address): listing.hosts(address)
      case .allInstances, .instance: listing.instances(only)
      }
    try await send(
      format, LimitListing.text(isAboutHosts ? "Host" : "VRF Name", rows),
      { json in json.array(rows) { LimitListing.write($1, as: isAboutHosts ? "host" : "vrf", to: &$0) } }, to: sink)
  }

  func answer(pool name: String, in format: AnswerFormat, to sink: some AnswerSink) async throws {
    let translation = view.configuration.translation
    guard let pool = translation.pools[name] else {
      throw Refusal("there is no pool \(name)" + Self.list("the pools are", translation.pools.keys.sorted()))
    }
    let listing = PoolListing(
      pool: pool, number: PoolListing.numbers(of: translation)[name] ?? 0, use: await view.use(of: pool))
    try await send(format, listing.text, listing.write, to: sink)
  }

  func answer(
    reassemblyOn interface: String?, in format: AnswerFormat, to sink: some AnswerSink
  ) async throws {
    let names = view.configuration.interfaces.map(\.name)
    if let interface, !names.contains(interface) {
      throw Refusal("there is no interface \(interface)" + Self.list("the interfaces are", names))
    }
    func listing(of view: some GatewayView) async -> ReassemblyListing {
      await ReassemblyListing(of: view, interface: interface)
    }
    let answer = await listing(of: view)
    try await send(format, answer.text, answer.write, to: sink)
  }

  /// Clears what a request names. One that names hosts or an entry is refused when there is no such entry, or when
  /// sessions use it and `forced` was not said.
  func clear(
    _ request: ClearRequest, vrf: String?, in format: AnswerFormat, to sink: some AnswerSink
  ) async throws {
    var request = request
    request.instance = try vrf.map(instance)?.rawValue
    let result = await view.clear(request)
    if result.cleared == 0 {
      if result.spared > 0 {
        throw Refusal(
          "% \(result.spared) \(result.spared == 1 ? "session uses" : "sessions use") the translation; with forced "
            + "\(result.spared == 1 ? "it is" : "they are") cleared too")
      }
      if request != ClearRequest() { throw Refusal("% Translation not found") }
    }
    let count = result.cleared
    try await send(
      format, "\(count) \(count == 1 ? "translation" : "translations") cleared\n",
      { $0.object { $0.member("cleared", count) } }, to: sink)
  }

  func reload(in format: AnswerFormat, to sink: some AnswerSink) async throws {
    let listing: ReloadListing
    do throws(ReloadRefusal) {
      listing = ReloadListing(report: try await view.reload())
    } catch {
      throw Refusal(error.description)
    }
    try await send(format, listing.text, listing.write, to: sink)
  }
}
