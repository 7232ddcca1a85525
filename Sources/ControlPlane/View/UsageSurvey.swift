import Configuration
package import Forwarding
import Translation
package import WireFormats

/// What a walk through all entries says about rules, addresses and limits.
package struct UsageSurvey: Sendable {
  /// One dynamic rule.
  package struct Rule: Sendable {
    /// The sessions and address entries that it made.
    package var references = 0
    /// The addresses of its pool or interface that they use.
    package var addresses: Set<IPv4Address> = []

    package init() {}
  }

  /// An inside host.
  package struct Host: Hashable, Sendable {
    package var address: IPv4Address
    package var instance: RoutingInstance

    package init(_ address: IPv4Address, _ instance: RoutingInstance = .global) {
      self.address = address
      self.instance = instance
    }
  }

  /// By the rule's `RuleSummary` number.
  package private(set) var rules: [Int: Rule] = [:]
  package private(set) var sessions = 0
  /// Addresses that hosts have for themselves.
  package private(set) var addressEntries = 0
  /// The sessions of each inside host; empty unless they were asked for.
  package private(set) var hosts: [Host: Int] = [:]
  /// The sessions of each instance's inside hosts.
  package private(set) var instances: [RoutingInstance: Int] = [:]
  /// The sessions of each list that has a limit, in the order of the limits.
  package private(set) var lists: [Int]

  private let limitedLists: [AccessList]
  private let sections: [RuleSummary.Section]
  private let countsHosts: Bool

  /// A survey that has seen nothing yet.
  init(of configuration: TranslationConfiguration, countingHosts: Bool = false) {
    limitedLists = configuration.limits.lists.map { limit in
      configuration.accessLists[limit.accessList] ?? AccessList(name: limit.accessList)
    }
    lists = Array(repeating: 0, count: limitedLists.count)
    sections = RuleSummary.all(of: configuration).map(\.section)
    countsHosts = countingHosts
  }

  /// Walks through the tables of all workers, slice by slice.
  package static func survey(_ view: some GatewayView, countingHosts: Bool = false) async -> UsageSurvey {
    var survey = UsageSurvey(of: view.configuration.translation, countingHosts: countingHosts)
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
    guard row.kind == .session else {
      addressEntries += 1
      return
    }
    sessions += 1
    instances[row.instance, default: 0] += 1
    guard let host = row.inside?.local.address else { return }
    if countsHosts { hosts[Host(host, row.instance), default: 0] += 1 }
    // A session counts in the first list that permits its inside host.
    if let place = limitedLists.firstIndex(where: { $0.permits(host) }) { lists[place] += 1 }
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
