package import Forwarding
package import Translation

/// A dynamic rule as listings number it: those for inside sources, then inside destinations, then outside sources, each
/// in the configuration's order, from 1.
package struct RuleSummary: Hashable, Sendable {
  /// What a rule translates; the raw values are IOS's headings.
  package enum Section: String, Sendable, CaseIterable {
    case insideSource = "Inside Source"
    case insideDestination = "Inside Destination"
    case outsideSource = "Outside Source"
  }

  package var number: Int
  package var section: Section
  package var condition: RuleCondition
  package var source: GlobalSource
  package var overload: Bool
  package var instance: RoutingInstance

  /// The rules of a configuration.
  package static func all(of configuration: TranslationConfiguration) -> [RuleSummary] {
    var result: [RuleSummary] = []
    func add(
      _ section: Section, _ condition: RuleCondition, _ source: GlobalSource, _ overload: Bool,
      _ instance: RoutingInstance
    ) {
      result.append(
        RuleSummary(
          number: result.count + 1, section: section, condition: condition, source: source, overload: overload,
          instance: instance))
    }
    for rule in configuration.dynamicRules {
      add(.insideSource, rule.condition, rule.source, rule.overload, rule.instance)
    }
    for rule in configuration.destinationRules {
      add(.insideDestination, .accessList(rule.accessList), .pool(rule.pool), false, .global)
    }
    for rule in configuration.outsideRules {
      add(.outsideSource, rule.condition, .pool(rule.pool), false, rule.instance)
    }
    return result
  }
}
