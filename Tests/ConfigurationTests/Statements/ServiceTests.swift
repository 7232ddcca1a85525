import Testing
import Translation

@testable import Configuration

@Suite struct Services {
  private func services(_ text: String) throws -> [ServiceStatement] {
    let gateway = try parse("access-list 10 permit any\n" + text)
    #expect(try parse(gateway.render()) == gateway)
    return gateway.translation.services
  }

  @Test(
    arguments: [
      ("sip udp port 5060", ["sip", "udp", "port", "5060"]), ("sip tcp port 5061", ["sip", "tcp", "port", "5061"]),
      ("skinny tcp port 2000", ["skinny", "tcp", "port", "2000"]), ("ras", ["ras"]), ("H225", ["h225"]),
      ("dns tcp", ["dns", "tcp"]), ("dns", ["dns"]), ("alg udp dns", ["dns", "udp"]),
      ("dns-reset-ttl", ["dns-reset-ttl"]),
      ("ftp", ["ftp"]), ("tftp", ["tftp"]), ("rtsp", ["rtsp"]), ("rtsp tcp", ["rtsp", "tcp"]), ("rcmd", ["rcmd"]),
      ("ldap", ["ldap"]), ("pptp", ["pptp"]), ("msrpc tcp", ["msrpc", "tcp"]), ("sunrpc udp", ["sunrpc", "udp"]),
      ("netbios-ns udp", ["netbios-ns", "udp"]), ("netbios-dgm", ["netbios-dgm"]), ("netbios-ssn", ["netbios-ssn"]),
      ("all-algs", ["all-algs"]), ("ipsec-esp enable", ["ipsec-esp", "enable"]),
      ("allow-multipart", ["allow-multipart"]),
      ("allow-h323-even-rtp-ports", ["allow-h323-even-rtp-ports"]), ("allow-h323-keepalive", ["allow-h323-keepalive"]),
      ("allow-sip-even-rtp-ports", ["allow-sip-even-rtp-ports"]),
      ("allow-skinny-even-rtp-ports", ["allow-skinny-even-rtp-ports"]),
      ("append-ldap-search-res", ["append-ldap-search-res"]), ("mgcp", ["mgcp"]),
      ("preserve-port", ["preserve-port"]), ("port-randomization", ["port-randomization"]),
      ("list 10 ftp tcp port 2021", ["list", "10", "ftp", "tcp", "port", "2021"]),
      ("list 10 skinny tcp port 2001", ["list", "10", "skinny", "tcp", "port", "2001"]),
      ("list 10 ESP spi-match", ["list", "10", "esp", "spi-match"]),
      ("list 10 IKE preserve-port", ["list", "10", "ike", "preserve-port"]),
      ("netbios-n udp", ["netbios-ns", "udp"]),
    ] as [(String, [String])])
  func `a service is kept in full words, on or off`(text: String, words: [String]) throws {
    #expect(try services("ip nat service \(text)") == [ServiceStatement(words: words, isOn: true)])
    #expect(try services("no ip nat service \(text)") == [ServiceStatement(words: words, isOn: false)])
    #expect(
      try services("no ip nat service \(text)\nip nat service \(text)") == [ServiceStatement(words: words, isOn: true)])
  }

  @Test func `services keep their order, and one list may have several`() throws {
    let names = try services(
      """
      no ip nat service sip udp port 5060
      ip nat service list 10 ftp tcp port 2021
      ip nat service list 10 ftp tcp port 2022
      ip nat service list 10 ftp tcp port 2021
      ip nat service sip udp port 5070
      no ip nat service all-algs
      """
    ).map { ($0.isOn ? "" : "no ") + $0.words.joined(separator: " ") }
    #expect(
      names == [
        "no sip udp port 5060", "list 10 ftp tcp port 2021", "list 10 ftp tcp port 2022", "sip udp port 5070",
        "no all-algs",
      ])
  }

  @Test func `a port goes to another list once the first has given it up`() throws {
    let text = """
      access-list 11 permit any
      ip nat service list 10 ftp tcp port 2021
      no ip nat service list 10 ftp tcp port 2021
      ip nat service list 11 ftp tcp port 2021
      """
    #expect(try services(text).map(\.isOn) == [false, true])
  }

  @Test func `port-randomization and preserve-port are the default of all rules`() throws {
    #expect(try parse("ip nat service port-randomization").ruleDefaults.ports == .random)
    #expect(try parse("ip nat service preserve-port").ruleDefaults.ports == .preserve)
    #expect(try parse("no ip nat service port-randomization").ruleDefaults.ports == .preserve)
    let gateway = try parse("ip nat settings ports preserve\nip nat service port-randomization")
    #expect(gateway.ruleDefaults.ports == .preserve)
    #expect(try parse(gateway.render()) == gateway)
  }
}
