import Forwarding
import Translation
import WireFormats

/// Turns a draft into a configuration: resolves names and finds what contradicts itself.
struct Analysis {
  /// Errors that are collected before they are put in the order of their lines.
  private static let maximumDiagnostics = 4096

  let draft: Draft
  private(set) var diagnostics: [Diagnostic] = []
  /// The words of statements that were refused; nil when none was.
  private let refusedWords: Set<String>?
  var result = GatewayConfiguration()
  /// The ids of interfaces by name.
  var interfaceIDs: [String: InterfaceID] = [:]
  /// The numbers of routing instances by name.
  var instances: [String: RoutingInstance] = [:]
  /// The interfaces that have the gateway's own addresses.
  var ownAddresses: [InstanceAddress: NetworkInterface] = [:]

  init(_ draft: Draft, refusedWords: Set<String>?) {
    self.draft = draft
    self.refusedWords = refusedWords
  }

  /// Checks everything. The result is of use only when there are no diagnostics afterwards.
  mutating func run() -> GatewayConfiguration {
    result.hostname = draft.hostname
    result.controlSocket = draft.controlSocket
    result.dataplane = draft.dataplane
    result.conformance = draft.conformance
    resolveInstances()
    resolveInterfaces()
    checkInterfaces()
    resolveRoutes()
    resolveIPv6()
    resolveAccessLists()
    resolveRouteMaps()
    resolvePools()
    resolveSettings()
    resolveDynamicRules()
    resolveOutsideRules()
    resolveDestinationRules()
    resolveStaticTranslations()
    resolveOutsideStatics()
    resolveTimers()
    resolveLimits()
    resolveLogging()
    resolveServices()
    return result
  }

  /// Reports an error, unless there are more already than anybody reads.
  mutating func report(_ place: Place, _ message: String, expected: [String] = []) {
    guard diagnostics.count < Self.maximumDiagnostics else { return }
    diagnostics.append(Diagnostic(place: place, message: message, expected: expected))
  }

  /// Reports that something is missing, unless it may have been in a statement that was refused: in one that has the
  /// word `name`, or in any of them when what is missing has no name.
  mutating func reportMissing(_ place: Place, _ message: String, name: String? = nil, expected: [String] = []) {
    if let refusedWords, name.map(refusedWords.contains) ?? true { return }
    report(place, message, expected: expected)
  }

  /// Names to choose from, as many as a line holds.
  func names(_ names: [String]) -> [String] {
    let limit = 12
    return names.count > limit ? names.prefix(limit) + ["…"] : names
  }

  /// The id of the interface that a statement names, or nil after a report.
  mutating func interface(_ name: String, at place: Place) -> InterfaceID? {
    if let id = interfaceIDs[name] { return id }
    reportMissing(
      place, "there is no interface \(quoted(name))", name: name, expected: names(draft.interfaces.map(\.name.value)))
    return nil
  }

  /// The number of the instance that a statement names, the global one when it names none, or nil after a report.
  mutating func instance(_ name: Located<String>?) -> RoutingInstance? {
    guard let name else { return .global }
    if let instance = instances[name.value] { return instance }
    reportMissing(
      name.place, "there is no VRF \(quoted(name.value))", name: name.value,
      expected: names(draft.instances.map(\.name.value)))
    return nil
  }

  /// Reports a list that does not exist.
  mutating func checkAccessList(_ name: Located<String>) {
    guard draft.accessLists[name.value] == nil else { return }
    reportMissing(
      name.place, "there is no access list \(quoted(name.value))", name: name.value,
      expected: names(draft.accessLists.keys.sorted(by: GatewayConfiguration.listOrder)))
  }

  /// Reports an IPv6 access list that does not exist.
  mutating func checkIPv6AccessList(_ name: Located<String>) {
    guard draft.ipv6AccessLists[name.value] == nil else { return }
    reportMissing(
      name.place, "there is no IPv6 access list \(quoted(name.value))", name: name.value,
      expected: names(draft.ipv6AccessLists.keys.sorted()))
  }

  /// Reports a route map that does not exist.
  mutating func checkRouteMap(_ name: Located<String>) {
    guard draft.routeMaps[name.value] == nil else { return }
    reportMissing(
      name.place, "there is no route map \(quoted(name.value))", name: name.value,
      expected: names(draft.routeMaps.keys.sorted()))
  }

  /// Reports a list or route map that does not exist.
  mutating func check(_ condition: Located<RuleCondition>) {
    switch condition.value {
    case .accessList(let name): checkAccessList(Located(value: name, place: condition.place))
    case .routeMap(let name): checkRouteMap(Located(value: name, place: condition.place))
    }
  }

  /// A routing instance as messages name it.
  func named(_ instance: RoutingInstance) -> String {
    instance == .global
      ? "the global instance" : "VRF \(quoted(result.translation.instanceNames[Int(instance.rawValue)]))"
  }

  /// The interface whose own address this is.
  func owner(of address: IPv4Address, in instance: RoutingInstance) -> NetworkInterface? {
    ownAddresses[InstanceAddress(instance: instance, address: address)]
  }

  private mutating func resolveInstances() {
    for (index, instance) in draft.instances.enumerated() {
      let number = RoutingInstance(rawValue: UInt16(index + 1))
      instances[instance.name.value] = number
      result.translation.instanceNames.append(instance.name.value)
      result.annotations.instanceDescriptions[number] = instance.description
      result.annotations.routeDistinguishers[number] = instance.routeDistinguisher
    }
  }

  mutating private func resolveAccessLists() {
    for (name, list) in draft.accessLists {
      let (entries, remarks) = list.parts
      result.translation.accessLists[name] = AccessList(name: name, isExtended: list.isExtended, entries: entries)
      if !remarks.isEmpty { result.annotations.remarks[name] = remarks }
    }
    for (name, list) in draft.ipv6AccessLists {
      let (entries, remarks) = list.parts
      result.translation.ipv6AccessLists[name] = IPv6AccessList(name: name, entries: entries)
      if !remarks.isEmpty { result.annotations.ipv6Remarks[name] = remarks }
    }
  }
}

/// An address in a routing instance.
struct InstanceAddress: Hashable {
  var instance: RoutingInstance
  var address: IPv4Address
}
