import Gateways
import Testing
import Translation
import WireFormats

@testable import Configuration

@Suite struct `The switches of gateways` {
  private static let ftp = GatewayCatalog.gateway(named: "ftp")!.id
  private static let tftp = GatewayCatalog.gateway(named: "tftp")!.id
  private static let dns = GatewayCatalog.gateway(named: "dns")!.id

  private func configuration(_ statements: String) throws -> GatewayConfiguration {
    try GatewayConfiguration.parse("access-list 17 permit 10.10.10.5\n\(statements)\nend\n", file: "test")
  }

  private func switches(_ statements: String) throws -> GatewaySwitches {
    try configuration(statements).gatewaySwitches
  }

  @Test func `are all on at their default ports without a statement, but that for questions over IPv6`() throws {
    let switches = try switches("")
    let ids = Set(GatewayCatalog.all.map { $0.id })
    #expect(switches.enabled == ids.subtracting([DNSv6Gateway.id]) && switches.dryRun.isEmpty)
    #expect(switches.ipv6Services.isEmpty)
    for gateway in GatewayCatalog.all {
      for service in gateway.services {
        #expect(
          switches.services.contains {
            $0.gateway == gateway.id && $0.transport == service.transport && $0.port == service.port
          })
      }
    }
    #expect(try configuration("").translation.gatewayServices == switches.services)
  }

  @Test func `are off one by one, and all together`() throws {
    let one = try switches("no ip nat service ftp")
    #expect(!one.enabled.contains(Self.ftp) && one.enabled.contains(Self.tftp))
    #expect(!one.services.contains { $0.gateway == Self.ftp })
    let all = try switches("no ip nat service all-algs\nip nat service ftp")
    #expect(all.enabled.isEmpty && all.services.isEmpty)
  }

  @Test func `can be of one transport`() throws {
    let switches = try switches("no ip nat service dns tcp")
    #expect(switches.services.filter { $0.gateway == Self.dns }.map(\.transport) == [.udp])
    #expect(switches.enabled.contains(Self.dns))
    let classic = try self.switches("no ip nat service alg udp dns")
    #expect(classic.services.filter { $0.gateway == Self.dns }.map(\.transport) == [.tcp])
  }

  @Test func `are off over UDP by the RFCs' defaults, unless a statement asks for one (RFC 4787 REQ-10)`() throws {
    let switches = try switches("conformance rfc")
    #expect(switches.services.allSatisfy { $0.transport == .tcp })
    #expect(
      switches.services.contains { $0.gateway == Self.ftp } && switches.services.contains { $0.gateway == Self.dns })
    #expect(try configuration("conformance rfc").translation.gatewayServices == switches.services)
    let asked = try self.switches("conformance rfc\nip nat service tftp\nip nat service dns udp")
    #expect(Set(asked.services.filter { $0.transport == .udp }.map(\.gateway)) == [Self.tftp, Self.dns])
  }

  private static let sip = GatewayCatalog.gateway(named: "sip")?.id

  /// The services of SIP.
  private func ports(_ statements: String) throws -> [String] {
    try switches(statements).services.filter { $0.gateway == Self.sip }.map {
      "\($0.transport == .udp ? "udp" : "tcp") \($0.port)"
    }
  }

  @Test func `have SIP over UDP off by the RFCs' defaults, until a statement asks for a port`() throws {
    let rfc = "conformance rfc\n"
    #expect(try ports(rfc) == ["tcp 5060"])
    #expect(try ports(rfc + "ip nat service sip udp port 5060") == ["udp 5060", "tcp 5060"])
    #expect(try ports(rfc + "ip nat service sip udp port 5070") == ["udp 5070", "tcp 5060"])
    #expect(try ports(rfc + "ip nat service sip") == ["udp 5060", "tcp 5060"])
    #expect(try ports(rfc + "no ip nat service sip tcp port 5060") == [])
  }

  @Test func `say at which ports SIP is read, and how`() throws {
    let sip = try #require(Self.sip)
    #expect(try ports("") == ["udp 5060", "tcp 5060"])
    #expect(try ports("no ip nat service sip udp port 5060") == ["tcp 5060"])
    #expect(try ports("ip nat service sip udp port 5070") == ["udp 5070", "udp 5060", "tcp 5060"])
    #expect(
      try ports("ip nat service sip udp port 5070\nno ip nat service sip udp port 5070") == ["udp 5060", "tcp 5060"])
    let text =
      "ip nat service sip blacklist trigger-size 30 trigger-period 90 block-time 60\nip nat service allow-multipart"
    let configuration = try configuration("\(text)\nip nat service sip direct-media\nip nat service sip dry-run")
    let settings = configuration.engineSettings
    #expect(settings.callRate == CallRate(calls: 30, seconds: 90, blockedSeconds: 60))
    #expect(settings.options == [.readsParts, .directMedia] && settings.dryRun == [sip])
    #expect(try GatewayConfiguration.parse(configuration.render(), file: "rendered") == configuration)
    #expect(try switches(text + "\nno ip nat service sip blacklist").callRate == nil)
  }

  @Test func `move a server's port by an access list`() throws {
    let switches = try switches("ip nat service list 17 ftp tcp port 2121")
    #expect(
      switches.services.first
        == GatewayService(gateway: Self.ftp, transport: .tcp, port: 2121, accessList: "17"))
    let off = try self.switches("ip nat service list 17 ftp tcp port 2121\nno ip nat service ftp")
    #expect(!off.services.contains { $0.gateway == Self.ftp })
  }

  @Test func `say what only tells, and how records are changed`() throws {
    let configuration = try configuration(
      "ip nat service ftp dry-run\nip nat service dns-reset-ttl\ndataplane\n alg-memory 64\n alg-host-memory 8\n alg-overflow reset"
    )
    let settings = configuration.engineSettings
    #expect(settings.dryRun == [Self.ftp] && settings.options == .resetsTTL)
    #expect(settings.octetsPerHost == 8 << 20)
    #expect(settings.maximumOctets == 64 << 20 && settings.overflow == .reset)
    let again = try GatewayConfiguration.parse(configuration.render(), file: "rendered")
    #expect(again == configuration)
    #expect(try switches("ip nat service ftp dry-run\nno ip nat service ftp dry-run").dryRun.isEmpty)
  }

  @Test func `name what no gateway of this version is for`() throws {
    let statements = "ip nat service h225\nip nat service ftp\nno ip nat service rtsp\n"
    let services = try configuration(statements + "ip nat service list 17 skinny tcp port 2001").translation.services
    #expect(GatewaySwitches.notBuilt(services) == ["h225", "skinny"])
  }

  @Test(arguments: [
    ("alg-memory 0", "range 1-65536"), ("alg-memory 65537", "range 1-65536"), ("alg-host-memory 0", "range 1-65536"),
    ("alg-overflow drop", "pass"),
  ]) func `are refused with what was expected`(_ line: String, _ expected: String) throws {
    do {
      _ = try configuration("dataplane\n \(line)")
      Issue.record("\(line) was accepted")
    } catch let errors as ConfigurationErrors {
      #expect("\(errors)".contains(expected), "\(errors)")
    }
  }

  @Test func `a list names the hosts that others may speak for`() throws {
    let list = "access-list 30 permit 10.10.10.0 0.0.0.255\naccess-list 31 permit any\n"
    let text = list + "ip nat service list 30 sip third-party"
    let read = try configuration(text)
    #expect(read.translation.thirdParties == [SIPGateway.id: "30"])
    // The gateway's ports are no others for it.
    #expect(read.translation.gatewayServices == (try configuration(list)).translation.gatewayServices)
    #expect(try configuration(text + "\nno ip nat service list 30 sip third-party").translation.thirdParties.isEmpty)
    #expect(throws: (any Error).self) { try configuration(text + "\nip nat service list 31 sip third-party") }
    #expect(throws: (any Error).self) { try configuration("ip nat service list 30 ftp third-party") }
  }
}
