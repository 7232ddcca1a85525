package import Configuration
import Forwarding
import Translation
package import WireFormats

/// A question about deterministic rules (RFC 7422), answered from a configuration alone.
package enum DeterministicQuery: Hashable, Sendable {
  /// `inside ADDRESS [vrf V]`: which ports a host has.
  case inside(IPv4Address, vrf: String?)
  /// `global ADDRESS PORT`: which host a port belongs to.
  case global(IPv4Address, UInt16)

  /// Why there is no answer.
  package struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
    package var description: String

    init(_ description: String) { self.description = description }
  }

  /// A host with its ports.
  package struct Answer: Hashable, Sendable {
    package var inside: IPv4Address
    /// The name of the host's instance; nil for the global one.
    package var vrf: String?
    package var global: IPv4Address
    package var ports: ClosedRange<UInt16>
    /// The rule's number, as `show ip nat statistics` shows it.
    package var rule: Int

    /// One line for a person.
    package var text: String {
      let vrf = vrf.map { " vrf \($0)" } ?? ""
      return "inside \(inside)\(vrf) global \(global) ports \(ports.lowerBound)-\(ports.upperBound) rule \(rule)\n"
    }

    /// One object for a program.
    package var json: [UInt8] {
      var json = JSONText()
      json.object { json in
        json.member("insideLocal", inside.description)
        json.member("vrf", vrf)
        json.member("insideGlobal", global.description)
        json.member("firstPort", ports.lowerBound)
        json.member("lastPort", ports.upperBound)
        json.member("rule", rule)
      }
      return json.octets + [UInt8(ascii: "\n")]
    }
  }

  /// Reads a question from its words, which may be abbreviated.
  package static func parse(_ words: [String]) throws(CommandError) -> DeterministicQuery {
    var words = CommandWords(words)
    let query: DeterministicQuery
    if try words.keyword(["inside", "global"]) == "inside" {
      let address = try words.address()
      if words.isAtEnd {
        query = .inside(address, vrf: nil)
      } else {
        try words.expect("vrf")
        query = .inside(address, vrf: try words.name("a VRF"))
      }
    } else {
      query = .global(try words.address(), try words.port())
    }
    try words.end()
    return query
  }

  /// The rules that can be computed, with their numbers.
  private static func rules(
    of configuration: GatewayConfiguration
  ) -> [(number: Int, rule: DynamicRule, ports: DeterministicPorts)] {
    let translation = configuration.translation
    return translation.dynamicRules.enumerated().compactMap { index, rule in
      var address: IPv4Address?
      if case .interface(let id) = rule.source {
        address = configuration.interfaces.first { $0.id == id }?.address
      }
      return DeterministicPorts(
        rule, lists: translation.accessLists, pools: translation.pools, interface: address
      ).map { (index + 1, rule, $0) }
    }
  }

  /// The first rule before `number` whose access list permits the host too, and which therefore serves it.
  private static func earlierRule(
    than number: Int, for host: IPv4Address, in instance: RoutingInstance, of configuration: TranslationConfiguration
  ) -> Int? {
    let earlier = configuration.dynamicRules.prefix(number - 1).firstIndex { rule in
      guard rule.instance == instance, let list = configuration.accessLists[rule.accessList ?? ""] else { return false }
      if case .deterministic = rule.ports { return false }
      return list.permits(host)
    }
    return earlier.map { $0 + 1 }
  }

  /// Computes the answer.
  package func answer(from configuration: GatewayConfiguration) throws(Refusal) -> Answer {
    let rules = Self.rules(of: configuration)
    guard !rules.isEmpty else { throw Refusal("the configuration has no rule with deterministic ports") }
    let names = configuration.translation.instanceNames
    func name(_ instance: RoutingInstance) -> String? {
      instance == .global ? nil : names[Int(instance.rawValue)]
    }
    switch self {
    case .inside(let host, let vrf):
      guard vrf.map({ !$0.isEmpty && names.contains($0) }) ?? true else {
        throw Refusal("there is no VRF \(vrf ?? "")")
      }
      for (number, rule, ports) in rules where name(rule.instance) == vrf {
        guard let (global, range) = ports.range(of: host) else { continue }
        if let other = Self.earlierRule(than: number, for: host, in: rule.instance, of: configuration.translation) {
          throw Refusal("rule \(other) comes first for \(host), and its ports cannot be computed")
        }
        return Answer(inside: host, vrf: vrf, global: global, ports: range, rule: number)
      }
      throw Refusal("no rule with deterministic ports has ports for \(host)")
    case .global(let address, let port):
      for (number, rule, ports) in rules {
        guard let host = ports.host(of: address, port: port), let range = ports.range(of: host)?.ports else { continue }
        return Answer(inside: host, vrf: name(rule.instance), global: address, ports: range, rule: number)
      }
      throw Refusal("port \(port) of \(address) belongs to no host of a rule with deterministic ports")
    }
  }
}
