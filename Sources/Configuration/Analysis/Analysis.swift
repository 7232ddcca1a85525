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

  init(_ draft: Draft, refusedWords: Set<String>?) {
    self.draft = draft
    self.refusedWords = refusedWords
  }

  /// Checks everything. The result is of use only when there are no diagnostics afterwards.
  mutating func run() -> GatewayConfiguration {
    result.hostname = draft.hostname
    result.controlSocket = draft.controlSocket
    result.dataplane = draft.dataplane
    result.translation.timeouts = draft.timeouts
    result.translation.maximumEntries = draft.maximumEntries
    resolveInterfaces()
    checkInterfaces()
    resolveRoutes()
    resolveAccessLists()
    resolvePools()
    resolveDynamicRules()
    resolveStaticTranslations()
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

  mutating private func resolveAccessLists() {
    for (name, list) in draft.accessLists {
      let (compiled, remarks) = list.compiled
      result.translation.accessLists[name] = compiled
      if !remarks.isEmpty { result.annotations.remarks[name] = remarks }
    }
  }
}
