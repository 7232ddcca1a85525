import TestSupport
import Testing
import WireFormats

@testable import Translation

@Suite struct AccessListTableTests {
  private static func entry(
    _ permits: Bool, _ source: AccessList.AddressMatch = .any, _ change: (inout AccessList.Entry) -> Void = { _ in }
  ) -> AccessList.Entry {
    var entry = AccessList.Entry(permits: permits, source: source)
    change(&entry)
    return entry
  }

  private static func host(_ host: Host) -> AccessList.AddressMatch {
    AccessList.AddressMatch(address: host.address, wildcard: 0)
  }

  private static func table(_ entries: AccessList.Entry...) -> AccessListTable {
    AccessListTable(["L": AccessList(name: "L", isExtended: true, entries: entries)])
  }

  private static func permits(_ table: AccessListTable, _ packet: PacketFacts) -> Bool {
    table.permits(table.number(of: "L"), packet)
  }

  /// A packet from alice's port 5000 to carol's port 80.
  private static func packet(_ number: IPProtocol = .tcp, _ change: (inout PacketFacts) -> Void = { _ in })
    -> PacketFacts
  {
    var packet = PacketFacts(source: Host.alice.address, destination: Host.carol.address, protocol: number)
    (packet.sourcePort, packet.destinationPort) = (5000, 80)
    change(&packet)
    return packet
  }

  @Test func `a name that nothing defines permits nothing`() {
    let table = Self.table(Self.entry(true))
    #expect(Self.permits(table, Self.packet()))
    #expect(!table.permits(table.number(of: "M"), Self.packet()))
    #expect(!table.mayPermit(table.number(of: "M"), source: Host.alice.address))
  }

  @Test func `the first line that speaks of a packet decides`() {
    let denied = Self.entry(false, Self.host(.alice)) { $0.destinationPorts = .equal([80]) }
    let table = Self.table(denied, Self.entry(true, Self.host(.alice)))
    #expect(!Self.permits(table, Self.packet()))
    #expect(Self.permits(table, Self.packet { $0.destinationPort = 81 }))
    #expect(!Self.permits(table, Self.packet { $0.source = Host.bob.address }))
  }

  @Test func `a line asks for its protocol, and a line for ip does not`() {
    let table = Self.table(Self.entry(true) { $0.protocolNumber = .udp })
    #expect(Self.permits(table, Self.packet(.udp)))
    #expect(!Self.permits(table, Self.packet(.tcp)))
    #expect(Self.permits(Self.table(Self.entry(true)), Self.packet(IPProtocol(rawValue: 47))))
  }

  @Test func `established asks for ACK or RST, flags for one of theirs`() {
    let established = Self.table(
      Self.entry(true) {
        $0.protocolNumber = .tcp
        $0.established = true
      })
    #expect(!Self.permits(established, Self.packet { $0.tcpFlags = TCPFlags.syn.rawValue }))
    #expect(Self.permits(established, Self.packet { $0.tcpFlags = TCPFlags.ack.rawValue }))
    #expect(Self.permits(established, Self.packet { $0.tcpFlags = TCPFlags.rst.rawValue }))
    let ends = Self.table(Self.entry(true) { $0.tcpFlags = TCPFlags.fin.rawValue | TCPFlags.syn.rawValue })
    #expect(Self.permits(ends, Self.packet { $0.tcpFlags = TCPFlags.syn.rawValue | TCPFlags.ack.rawValue }))
    #expect(!Self.permits(ends, Self.packet { $0.tcpFlags = TCPFlags.ack.rawValue }))
  }

  @Test func `an ICMP line asks for type and code`() {
    let table = Self.table(
      Self.entry(true) {
        $0.protocolNumber = .icmp
        ($0.icmpType, $0.icmpCode) = (3, 4)
      })
    #expect(Self.permits(table, Self.packet(.icmp) { ($0.icmpType, $0.icmpCode) = (3, 4) }))
    #expect(!Self.permits(table, Self.packet(.icmp) { ($0.icmpType, $0.icmpCode) = (3, 1) }))
    #expect(!Self.permits(table, Self.packet(.icmp) { ($0.icmpType, $0.icmpCode) = (8, 4) }))
  }

  @Test func `a line with ports speaks of later fragments too, and one for fragments of them alone`() {
    let later = Self.packet {
      $0.isLaterFragment = true
      ($0.sourcePort, $0.destinationPort) = (0, 0)
    }
    #expect(Self.permits(Self.table(Self.entry(true) { $0.destinationPorts = .equal([80]) }), later))
    let fragments = Self.table(Self.entry(true) { $0.fragments = true })
    #expect(Self.permits(fragments, later))
    #expect(!Self.permits(fragments, Self.packet()))
  }

  @Test func `a list may permit a source unless a line about the source alone denies it first`() {
    let some = Self.entry(true) { $0.destination = Self.host(.carol) }
    func may(_ entries: AccessList.Entry...) -> Bool {
      let table = AccessListTable(["L": AccessList(name: "L", isExtended: true, entries: entries)])
      return table.mayPermit(table.number(of: "L"), source: Host.alice.address)
    }
    #expect(may(some))
    #expect(may(Self.entry(false) { $0.destination = Self.host(.dave) }, some))
    #expect(!may(Self.entry(false, Self.host(.alice)), some))
    #expect(may(Self.entry(false, Self.host(.bob)), some))
  }

  @Test func `a destination is a standard line's source, and an extended line's destination and port`() {
    func permits(_ table: AccessListTable, _ host: Host, _ port: UInt16) -> Bool {
      table.permits(table.number(of: "L"), destination: host.address, port: port)
    }
    let standard = Self.table(Self.entry(true, Self.host(.bob)))
    #expect(permits(standard, .bob, 1))
    #expect(!permits(standard, .alice, 1))
    let extended = Self.table(
      Self.entry(true) {
        $0.protocolNumber = .tcp
        ($0.destination, $0.destinationPorts) = (Self.host(.bob), .range(80...90))
      })
    #expect(permits(extended, .bob, 90))
    #expect(!permits(extended, .bob, 91))
    #expect(
      !permits(Self.table(Self.entry(true) { ($0.protocolNumber, $0.destination) = (.udp, Self.host(.bob)) }), .bob, 80)
    )
  }

  @Test func `random lists decide as their lines say, read one by one`() {
    var random = SeededRandom(seed: 5)
    for _ in 0..<300 {
      let entries = (0..<random.number(in: 0...6)).map { _ in Self.randomEntry(&random) }
      let table = AccessListTable(["L": AccessList(name: "L", isExtended: true, entries: entries)])
      for _ in 0..<40 {
        let packet = Self.randomPacket(&random)
        let wanted = entries.first { Self.speaks($0, of: packet) }?.permits ?? false
        #expect(Self.permits(table, packet) == wanted, "\(entries) \(packet)")
        let list = table.number(of: "L")
        if wanted { #expect(table.mayPermit(list, source: packet.source), "\(entries) \(packet)") }
      }
    }
  }

  // MARK: The judge

  private static let someHosts: [Host] = [.alice, .bob, .carol]
  private static let somePorts: [UInt16] = [0, 1, 79, 80, 81, 65_534, 65_535]

  private static func randomEntry(_ random: inout SeededRandom) -> AccessList.Entry {
    func ports(_ random: inout SeededRandom) -> AccessList.PortMatch {
      let port = random.pick(somePorts)
      switch random.number(in: 0...7) {
      case 0: return .equal([port, random.pick(somePorts)])
      case 1: return .notEqual([port, random.pick(somePorts)])
      case 2: return .greater(port)
      case 3: return .less(port)
      case 4: return .range(min(port, 80)...max(port, 80))
      default: return .any
      }
    }
    func address(_ random: inout SeededRandom) -> AccessList.AddressMatch {
      random.oneIn(2)
        ? .any : AccessList.AddressMatch(address: random.pick(someHosts).address, wildcard: random.pick([0, 1, 0xFF]))
    }
    var entry = AccessList.Entry(permits: random.oneIn(2), source: address(&random))
    if random.oneIn(3) { return entry }
    entry.protocolNumber = random.oneIn(2) ? nil : random.pick([.tcp, .udp])
    entry.destination = address(&random)
    (entry.sourcePorts, entry.destinationPorts) = (ports(&random), ports(&random))
    if random.oneIn(5) { entry.established = true }
    if random.oneIn(5) { entry.codePoints = 8...15 }
    return entry
  }

  private static func randomPacket(_ random: inout SeededRandom) -> PacketFacts {
    var packet = PacketFacts(
      source: random.pick(someHosts).address, destination: random.pick(someHosts).address,
      protocol: random.pick([.tcp, .udp]))
    (packet.sourcePort, packet.destinationPort) = (random.pick(somePorts), random.pick(somePorts))
    packet.tcpFlags = random.pick([TCPFlags.syn, .ack, .rst, .fin]).rawValue
    packet.codePoint = random.pick([0, 7, 8, 15, 16, 63])
    return packet
  }

  private static func speaks(_ entry: AccessList.Entry, of packet: PacketFacts) -> Bool {
    func holds(_ match: AccessList.PortMatch, _ port: UInt16) -> Bool {
      switch match {
      case .any: true
      case .equal(let ports): ports.contains(port)
      case .notEqual(let ports): !ports.contains(port)
      case .greater(let low): port > low
      case .less(let high): port < high
      case .range(let range): range.contains(port)
      }
    }
    return entry.source.matches(packet.source) && entry.destination.matches(packet.destination)
      && (entry.protocolNumber == nil || entry.protocolNumber == packet.protocolNumber)
      && holds(entry.sourcePorts, packet.sourcePort) && holds(entry.destinationPorts, packet.destinationPort)
      && (!entry.established || TCPFlags(rawValue: packet.tcpFlags).contains(.ack)
        || TCPFlags(rawValue: packet.tcpFlags).contains(.rst))
      && (entry.codePoints?.contains(packet.codePoint) ?? true)
  }
}
