import Configuration
import Translation
package import WireFormats

/// What a walk through all entries says about rules and addresses.
package struct UsageSurvey: Sendable {
  /// One dynamic rule.
  package struct Rule: Sendable {
    /// The sessions and address entries that it made.
    package var references = 0
    /// The addresses of its pool or interface that they use.
    package var addresses: Set<IPv4Address> = []

    package init() {}
  }

  /// By the rule's `RuleSummary` number.
  package private(set) var rules: [Int: Rule] = [:]
  package private(set) var sessions = 0
  /// Addresses that hosts have for themselves, inside and outside.
  package private(set) var addressEntries = 0

  private let sections: [RuleSummary.Section]

  /// A survey that has seen nothing yet.
  init(of configuration: TranslationConfiguration) {
    sections = RuleSummary.all(of: configuration).map(\.section)
  }

  /// Walks through the tables of all workers, slice by slice.
  package static func survey(_ view: some GatewayView) async -> UsageSurvey {
    var survey = UsageSurvey(of: view.configuration.translation)
    for worker in view.workers.map(\.index) {
      var cursor: ListingCursor?
      repeat {
        let slice = await view.translations(of: worker, from: cursor)
        for row in slice.rows { survey.note(row) }
        cursor = slice.next
      } while cursor != nil
    }
    return survey
  }

  mutating func note(_ row: TranslationRow) {
    if let rule = row.rule { note(rule, row) }
    if row.kind == .session { sessions += 1 } else { addressEntries += 1 }
  }

  private mutating func note(_ number: Int, _ row: TranslationRow) {
    rules[number, default: Rule()].references += 1
    let section = sections.indices.contains(number - 1) ? sections[number - 1] : .insideSource
    let address =
      switch section {
      case .insideSource: row.inside?.global.address
      case .insideDestination: row.inside?.local.address
      case .outsideSource: row.outside?.local.address
      }
    if let address { rules[number, default: Rule()].addresses.insert(address) }
  }
}
