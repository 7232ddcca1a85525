import Configuration
import Testing
import Translation
import WireFormats

@testable import ControlPlane

/// What commands say of a file that was read.
@Suite struct `A configuration from a file` {
  private static let text = """
    vrf definition RED
    interface red0
     device tap sp-red
     vrf forwarding RED
     ip address 10.10.10.1 255.255.255.0
     ip nat inside
     ip virtual-reassembly in max-reassemblies 256 timeout 5
    interface inside0
     device tap sp-inside
     ip address 10.20.0.1 255.255.255.0
     ip nat inside
    interface outside0
     device tap sp-outside
     ip address 203.0.113.1 255.255.255.0
     ip nat outside
    ip route 0.0.0.0 0.0.0.0 203.0.113.254
    ip route vrf RED 0.0.0.0 0.0.0.0 203.0.113.254 global
    access-list 10 permit 10.10.10.0 0.0.0.255
    access-list 20 permit 10.20.0.0 0.0.0.255
    access-list 30 permit host 203.0.113.60
    access-list 40 permit 198.18.0.0 0.0.255.255
    ip access-list extended WEB
     permit tcp 10.20.0.0 0.0.0.255 any eq www
    route-map RM permit 10
     match ip address WEB
     match interface outside0
    ip nat pool P 203.0.113.100 203.0.113.103 netmask 255.255.255.0
    ip nat pool Q 203.0.113.110 203.0.113.119 netmask 255.255.255.0
    ip nat pool FARM 10.20.0.11 10.20.0.13 prefix-length 24 type rotary
    ip nat pool OUT 10.99.0.1 10.99.0.9 prefix-length 24
    ip nat inside source list 10 pool P vrf RED overload deterministic ports-per-host 1000 reserved 12
    ip nat inside source route-map RM pool Q overload ports random
    ip nat inside source list 20 interface outside0 overload
    ip nat inside source static tcp 10.20.0.20 443 203.0.113.50 443 extendable
    ip nat inside source static network 10.20.0.0 198.51.100.0 /28 no-alias
    ip nat inside destination list 30 pool FARM
    ip nat outside source static network 192.0.2.0 10.98.0.0 /24 add-route
    ip nat outside source list 40 pool OUT add-route
    ip nat translation max-entries 100000
    ip nat translation max-entries all-host 500
    ip nat translation max-entries host 10.20.0.7 9
    ip nat translation max-entries list 20 4000
    ip nat translation max-entries vrf RED 3000
    ip nat translation new-sessions-per-second 50
    ip nat translation udp-timeout 120
    ip nat log translations syslog
    no ip nat service rtsp
    """

  private func configuration() throws -> GatewayConfiguration {
    try GatewayConfiguration.parse(Self.text, file: "gateway.conf")
  }

  @Test(arguments: [
    ("inside 10.10.10.65 vrf RED", "inside 10.10.10.65 vrf RED global 203.0.113.101 ports 2036-3035 rule 1\n"),
    ("global 203.0.113.101 2500", "inside 10.10.10.65 vrf RED global 203.0.113.101 ports 2036-3035 rule 1\n"),
  ])
  func `says who has which ports`(question: String, text: String) throws {
    let words = question.split(separator: " ").map(String.init)
    #expect(try DeterministicQuery.parse(words).answer(from: configuration()).text == text)
  }

  @Test func `is the same when what show running-config shows is read`() async throws {
    let configuration = try configuration()
    let text = try await answer("show running-config", from: StubGateway(configuration: configuration)).text
    var again = try GatewayConfiguration.parse(text, file: "running.conf")
    #expect(again.render() == text)
    // Every part that a listing shows is there.
    #expect(again.translation.dynamicRules == configuration.translation.dynamicRules)
    #expect(RuleSummary.all(of: again.translation) == RuleSummary.all(of: configuration.translation))
    #expect(again.translation.services == configuration.translation.services)
    again.translation.limits = EntryLimits()
    #expect(again.render() != text)
  }

  @Test func `has its limits, services, rules and static entries in the listings`() async throws {
    let gateway = StubGateway(configuration: try configuration())
    let statistics = try await answer("show ip nat statistics", from: gateway).text
    for line in [
      "[Id: 1] access-list 10 pool P vrf RED refcount 0", "[Id: 2] route-map RM pool Q refcount 0",
      "[Id: 3] access-list 20 interface outside0 refcount 0", "[Id: 4] access-list 30 pool FARM refcount 0",
      "[Id: 5] access-list 40 pool OUT refcount 0", " access-list 20: max allowed 4000, used 0, missed 0",
      " All Host Max allowed: 500", " vrf RED: max allowed 3000, used 0, missed 0",
    ] { #expect(statistics.contains(line + "\n"), "\(line)") }
    #expect(
      try await answer("show ip nat limits host 10.20.0.7", .json, from: gateway).text
        == #"[{"host":"10.20.0.7","maximum":9,"used":0,"missed":0}]"# + "\n")
    let services = try await answer("show ip nat services", from: gateway).text
    #expect(services.split(separator: "\n").contains { $0.split(separator: " ") == ["rtsp", "tcp", "off", "on"] })
    let rows = try await answer("show ip nat translations", from: gateway).text
    #expect(rows.contains("tcp  203.0.113.50:443      10.20.0.20:443        ---                   ---\n"))
    #expect(rows.contains("---  ---                   ---                   10.98.0.0/24          192.0.2.0/24\n"))
    #expect(
      try await answer("show ip virtual-reassembly red0", from: gateway).text
        .contains("(max-reassemblies): 256\n"))
  }
}
