import Forwarding

/// Numbers for dynamic rules that outlive a reload and a restart: sessions and mappings keep the number of the rule
/// that made them, and a rule that is still in the configuration has the same number again.
package struct RuleBook: Hashable, Sendable {
  private var numbers: [String: UInt16] = [:]
  private var next: UInt16 = 0

  package init() {}

  /// Reads what `text` writes; lines that are not of its form, or that give a number
  /// twice, are passed over.
  package init(text: String) {
    var given: Set<UInt16> = []
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: " ", maxSplits: 1)
      guard parts.count == 2, let number = UInt16(parts[0]), number < .max,
        numbers[String(parts[1])] == nil, given.insert(number).inserted
      else { continue }
      numbers[String(parts[1])] = number
      next = max(next, number + 1)
    }
  }

  /// A line for each rule: its number, a space, and what it is.
  package var text: String {
    numbers.sorted { $0.value < $1.value }.map { "\($0.value) \($0.key)\n" }.joined()
  }

  /// The numbers of rules, one each, in their order; a rule that is not known yet gets a free one. At most 65 535 rules.
  package mutating func numbers(of rules: [DynamicRule], _ translation: TranslationConfiguration) -> [UInt16] {
    var seen: [String: Int] = [:]
    let identities = rules.map { rule in
      let identity = Self.identity(of: rule, translation)
      seen[identity, default: 0] += 1
      return seen[identity] == 1 ? identity : "\(identity) #\(seen[identity]!)"
    }
    // Numbers of rules that are gone are given again only when there are no others.
    if Int(next) + identities.count >= Int(UInt16.max) {
      let present = Set(identities)
      numbers = numbers.filter { present.contains($0.key) }
    }
    var taken: Set<UInt16>?
    return identities.map { identity in
      if let number = numbers[identity] { return number }
      var number = next
      if next < .max - 1 {
        next += 1
      } else {
        if taken == nil { taken = Set(numbers.values) }
        number = (0..<UInt16.max).first { !taken!.contains($0) } ?? .max
        taken?.insert(number)
      }
      numbers[identity] = number
      return number
    }
  }

  /// What makes two rules of two configurations the same one: whose packets it is for, and where they go. How it maps
  /// and filters may change under its sessions.
  private static func identity(of rule: DynamicRule, _ translation: TranslationConfiguration) -> String {
    let condition =
      switch rule.condition {
      case .accessList(let name): "list \(name)"
      case .routeMap(let name): "route-map \(name)"
      }
    let source =
      switch rule.source {
      case .pool(let name): "pool \(name)"
      case .interface(let interface): "interface \(interface.rawValue)"
      }
    let instance = Int(rule.instance.rawValue)
    let names = translation.instanceNames
    let vrf = rule.instance == .global ? "" : " vrf \(instance < names.count ? names[instance] : "\(instance)")"
    return "\(condition) \(source)\(vrf)" + (rule.matchInVRF ? " match-in-vrf" : "")
      + (rule.overload ? " overload" : "")
  }
}
