import Testing
import Translation
import WireFormats

@testable import Configuration

@Suite struct ExtendedLists {
  /// The entry that a line of an extended list makes.
  private func entry(_ line: String) throws -> AccessList.Entry {
    let list = try #require(try parse("access-list 100 \(line)").translation.accessLists["100"])
    #expect(list.isExtended)
    return try #require(list.entries.first)
  }

  /// An entry from any to any, changed.
  private func expected(
    _ number: UInt8?, permits: Bool = true, _ change: (inout AccessList.Entry) -> Void = { _ in }
  ) -> AccessList.Entry {
    var entry = AccessList.Entry(
      permits: permits, source: .any, protocolNumber: number.map { IPProtocol(rawValue: $0) })
    entry.sequence = 10
    change(&entry)
    return entry
  }

  @Test(
    arguments: [
      ("ip", nil), ("tcp", 6), ("udp", 17), ("icmp", 1), ("esp", 50), ("ahp", 51), ("gre", 47), ("ospf", 89),
      ("eigrp", 88), ("igmp", 2), ("ipinip", 4), ("nos", 94), ("pcp", 108), ("pim", 103), ("sctp", 132), ("0", 0),
      ("6", 6), ("255", 255), ("TCP", 6), ("tc", 6),
    ] as [(String, UInt8?)])
  func `a protocol is a name, a number or ip for all`(name: String, number: UInt8?) throws {
    #expect(try entry("permit \(name) any any") == expected(number))
  }

  @Test func `source and destination are any, a host or an address with a wildcard`() throws {
    let line = try entry("deny ip host 10.0.0.1 192.168.3.4 0.0.255.0")
    #expect(!line.permits)
    #expect(line.source == AccessList.AddressMatch(address: IPv4Address(0x0A00_0001), wildcard: 0))
    #expect(line.destination == AccessList.AddressMatch(address: IPv4Address(0xC0A8_0004), wildcard: 0xFF00))
  }

  @Test(
    arguments: [
      ("eq 80", .equal([80])), ("eq www", .equal([80])), ("eq ftp-data ftp 8080 telnet", .equal([20, 21, 8080, 23])),
      ("neq 1 2", .notEqual([1, 2])), ("gt 1023", .greater(1023)), ("lt 1024", .less(1024)),
      ("range 20 ftp", .range(20...21)), ("range 0 65535", .range(0...65535)),
    ] as [(String, AccessList.PortMatch)])
  func `ports of TCP are compared on both sides`(text: String, match: AccessList.PortMatch) throws {
    #expect(try entry("permit tcp any \(text) any") == expected(6) { $0.sourcePorts = match })
    #expect(try entry("permit tcp any any \(text)") == expected(6) { $0.destinationPorts = match })
    #expect(
      try entry("permit tcp any \(text) host 10.0.0.1 \(text) established")
        == expected(6) {
          $0.sourcePorts = match
          $0.destination = AccessList.AddressMatch(address: IPv4Address(0x0A00_0001), wildcard: 0)
          $0.destinationPorts = match
          $0.established = true
        })
  }

  @Test func `every name of a port stands for its number, and a name may be abbreviated`() throws {
    for (number, names) in [("tcp", IOSNames.tcpPorts), ("udp", IOSNames.udpPorts)] {
      for (name, port) in names {
        #expect(try entry("permit \(number) any any eq \(name)").destinationPorts == .equal([port]))
      }
    }
    #expect(try entry("permit udp any any eq snmpt").destinationPorts == .equal([162]))
    #expect(try entry("permit udp any any eq SNMP").destinationPorts == .equal([161]))
  }

  @Test func `messages of ICMP are numbers or names`() throws {
    #expect(try entry("permit icmp any any 8") == expected(1) { $0.icmpType = 8 })
    let numbered = expected(1) {
      $0.icmpType = 3
      $0.icmpCode = 13
    }
    #expect(try entry("permit icmp any any 3 13") == numbered)
    #expect(try entry("permit icmp any any administratively-prohibited") == numbered)
    for (name, message) in IOSNames.messages {
      let line = try entry("permit icmp any any \(name)")
      #expect(line.icmpType == message.type && line.icmpCode == message.code)
    }
  }

  @Test func `options ask for flags, code points and fragments`() throws {
    #expect(try entry("permit tcp any any established") == expected(6) { $0.established = true })
    #expect(try entry("permit tcp any any syn ack") == expected(6) { $0.tcpFlags = 0x12 })
    #expect(try entry("permit tcp any any fin psh rst urg") == expected(6) { $0.tcpFlags = 0x2D })
    #expect(try entry("permit ip any any dscp 46") == expected(nil) { $0.codePoints = 46...46 })
    #expect(try entry("permit ip any any dscp ef") == expected(nil) { $0.codePoints = 46...46 })
    #expect(try entry("permit ip any any precedence 5") == expected(nil) { $0.codePoints = 40...47 })
    #expect(try entry("permit ip any any precedence critical") == expected(nil) { $0.codePoints = 40...47 })
    #expect(try entry("permit udp any any fragments") == expected(17) { $0.fragments = true })
    for (name, point) in IOSNames.codePoints {
      #expect(try entry("permit ip any any dscp \(name)").codePoints == point...point)
    }
  }

  @Test func `lines have numbers, which can be given, removed and given anew`() throws {
    let gateway = try parse(
      """
      ip access-list extended WEB
       permit tcp any any eq www
       permit tcp any any eq 443
       15 deny tcp host 10.0.0.9 any eq 443
       5 permit icmp any any
      """)
    #expect(gateway.translation.accessLists["WEB"]?.entries.map(\.sequence) == [5, 10, 15, 20])
    let again = try parse(
      """
      ip access-list extended WEB
       permit tcp any any eq www
       permit tcp any any eq 443
       permit udp any any
      ip access-list extended WEB
       no 20
       no permit udp any any
       permit gre any any
      ip access-list resequence WEB 100 5
      """)
    let entries = try #require(again.translation.accessLists["WEB"]?.entries)
    #expect(entries.map(\.sequence) == [100, 105])
    #expect(entries.map(\.protocolNumber?.rawValue) == [6, 47])
  }

  @Test func `numbered lists are standard or extended by their numbers`() throws {
    let gateway = try parse(
      """
      access-list 199 permit ip any any
      access-list 2699 deny ip any any
      access-list 99 permit any
      ip access-list extended 2000
       permit ip any any
      """)
    let lists = gateway.translation.accessLists
    #expect(lists.mapValues(\.isExtended) == ["199": true, "2699": true, "99": false, "2000": true])
  }
}
