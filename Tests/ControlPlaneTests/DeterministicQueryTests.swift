import Configuration
import Forwarding
import Testing
import Translation
import WireFormats

@testable import ControlPlane

@Suite struct `Who has which ports` {
  private static func address(_ text: String) -> IPv4Address { IPv4Address(text)! }

  /// Deterministic rules for 10.10.10.0/24 in the global instance and in RED, after a rule with random ports for .128
  /// and above.
  private var configuration: GatewayConfiguration {
    var configuration = GatewayConfiguration()
    configuration.translation.instanceNames = ["", "RED"]
    func list(_ name: String, _ first: String, _ wildcard: UInt32) {
      configuration.translation.accessLists[name] = AccessList(
        name: name, entries: [.init(permits: true, address: Self.address(first), wildcard: wildcard)])
    }
    list("10", "10.10.10.0", 255)
    list("20", "10.10.10.128", 127)
    for (name, first) in [("P", "203.0.113.100"), ("Q", "198.51.100.1")] {
      let range = Self.address(first)...IPv4Address(Self.address(first).rawValue + 3)
      configuration.translation.pools[name] = AddressPool(name: name, ranges: [range], prefixLength: 24)
    }
    let red = RoutingInstance(rawValue: 1)
    var global = DynamicRule(accessList: "10", source: .pool("P"), overload: true)
    global.ports = .deterministic(portsPerHost: 1000, reserved: 0)
    var inRed = DynamicRule(accessList: "10", source: .pool("Q"), overload: true, instance: red)
    inRed.ports = .deterministic(portsPerHost: 500, reserved: 12)
    configuration.translation.dynamicRules = [
      DynamicRule(accessList: "20", source: .pool("P"), overload: true), global, inRed,
    ]
    return configuration
  }

  private func answer(_ text: String) -> String {
    do {
      return try DeterministicQuery.parse(text.split(separator: " ").map(String.init)).answer(from: configuration).text
    } catch {
      return "\(error)"
    }
  }

  @Test(arguments: [
    ("inside 10.10.10.65", "inside 10.10.10.65 global 203.0.113.101 ports 2024-3023 rule 2\n"),
    ("in 10.10.10.0 vrf RED", "inside 10.10.10.0 vrf RED global 198.51.100.1 ports 1036-1535 rule 3\n"),
    ("global 203.0.113.101 2024", "inside 10.10.10.65 global 203.0.113.101 ports 2024-3023 rule 2\n"),
    ("g 198.51.100.1 1535", "inside 10.10.10.0 vrf RED global 198.51.100.1 ports 1036-1535 rule 3\n"),
    ("global 203.0.113.101 1023", "port 1023 of 203.0.113.101 belongs to no host of a rule with deterministic ports"),
    ("inside 10.10.11.1", "no rule with deterministic ports has ports for 10.10.11.1"),
    ("inside 10.10.10.0 vrf BLUE", "there is no VRF BLUE"),
    ("inside 10.10.10.130", "rule 1 comes first for 10.10.10.130, and its ports cannot be computed"),
  ])
  func `is computed both ways`(question: String, text: String) {
    #expect(answer(question) == text)
  }

  @Test func `is refused without a rule that says so, and for words that are no question`() throws {
    #expect(throws: DeterministicQuery.Refusal("the configuration has no rule with deterministic ports")) {
      try DeterministicQuery.parse(["inside", "10.0.0.1"]).answer(from: GatewayConfiguration())
    }
    for words in [[], ["inside"], ["global", "10.0.0.1"], ["inside", "10.0.0.1", "now"], ["outside", "10.0.0.1"]] {
      #expect(throws: CommandError.self) { try DeterministicQuery.parse(words) }
    }
  }

  @Test func `is an object in JSON`() throws {
    let answer = try DeterministicQuery.parse(["inside", "10.10.10.65"]).answer(from: configuration)
    #expect(
      String(decoding: answer.json, as: UTF8.self)
        == #"{"insideLocal":"10.10.10.65","vrf":null,"insideGlobal":"203.0.113.101","firstPort":2024,"lastPort":3023,"#
        + #""rule":2}"# + "\n")
  }
}
