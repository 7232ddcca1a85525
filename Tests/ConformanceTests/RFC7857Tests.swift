import Forwarding
import TestSupport
import Testing
import Translation
import WireFormats

// RFC 7857: updates to the behavioral requirements of RFC 4787, RFC 5382 and RFC 5508.

@Suite struct RFC7857Tests {
  /// A gateway with a time of its own for each state of a connection.
  private static let timed = TestSetup.overloadedPool.conforming.with {
    ($0.translation.timeouts.syn, $0.translation.timeouts.tcp, $0.translation.timeouts.finRst) = (250, 7500, 260)
    $0.translation.timeouts.halfClosed = 270
  }

  private func segment(_ flags: TCPFlags, sequence: UInt32 = 1) -> Datagram {
    .tcp(from: Host.alice.at(5000), to: Host.carol.at(80), flags).with { $0.sequence = sequence }
  }

  /// What carol answers to alice's connection.
  private func answer(_ flags: TCPFlags, to global: SocketAddress, sequence: UInt32 = 1) -> Datagram {
    .tcp(from: Host.carol.at(80), to: global, flags).with { $0.sequence = sequence }
  }

  /// A gateway with alice's connection to carol as far as the handshake has come, and what alice is called outside.
  private func connected(_ setup: TestSetup = timed, segments: Int = 3) throws -> (TestGateway, SocketAddress) {
    let gateway = TestGateway(setup)
    let global = try #require(gateway.sendOut(segment(.syn)).packet).source
    if segments > 1 { #expect(gateway.sendIn(answer([.syn, .ack], to: global)).packet != nil) }
    if segments > 2 { #expect(gateway.sendOut(segment(.ack)).packet != nil) }
    return (gateway, global)
  }

  /// Whether the gateway's sessions last for exactly so many seconds more.
  private func lasts(_ gateway: TestGateway, _ seconds: UInt32) -> Bool {
    gateway.advance(seconds: seconds - 1)
    if gateway.sessions.isEmpty { return false }
    gateway.advance(seconds: 1)
    return gateway.sessions.isEmpty
  }

  // MARK: Sessions of TCP

  @Test func `RFC 7857 section 2.1: partly open, established, half-closed and closing connections have their times`()
    throws
  {
    #expect(lasts(try connected(segments: 1).0, 250))
    #expect(lasts(try connected(segments: 2).0, 250))
    #expect(lasts(try connected().0, 7500))
    for closes in [true, false] {
      let (gateway, global) = try connected()
      _ = closes ? gateway.sendOut(segment([.fin, .ack])) : gateway.sendIn(answer([.fin, .ack], to: global))
      #expect(lasts(gateway, 270))
    }
    let (gateway, global) = try connected()
    _ = gateway.sendOut(segment([.fin, .ack]))
    _ = gateway.sendIn(answer([.fin, .ack], to: global))
    #expect(lasts(gateway, 260))
  }

  @Test(arguments: [true, false])
  func `RFC 7857 section 2.2: a reset is translated, and its connection stays for the transitory time`(
    _ isOutbound: Bool
  ) throws {
    let (gateway, global) = try connected()
    gateway.advance(seconds: 3000)
    let outcome = isOutbound ? gateway.sendOut(segment(.rst)) : gateway.sendIn(answer(.rst, to: global))
    #expect(outcome.problems(isOutbound ? .from(global) : .to(Host.alice.at(5000))) == [])
    #expect(lasts(gateway, 260))
  }

  @Test(arguments: [true, false])
  func `RFC 7857 section 2.2: a reset with a sequence number out of place says nothing of the connection`(
    _ isOutbound: Bool
  ) throws {
    let (gateway, global) = try connected()
    for sequence in [UInt32(0x4000_0000), 0x8000_0000, 0xC000_0000] {
      let reset =
        isOutbound
        ? gateway.sendOut(segment(.rst, sequence: sequence))
        : gateway.sendIn(answer(.rst, to: global, sequence: sequence))
      #expect(reset.packet != nil)
    }
    #expect(lasts(gateway, 7500))
  }

  @Test func `RFC 7857 section 2.2: a connection whose host goes on after its reset is established again`() throws {
    let (gateway, global) = try connected()
    #expect(gateway.sendIn(answer(.rst, to: global)).packet != nil)
    // That the other end has not heard of it says nothing yet.
    #expect(gateway.sendOut(segment(.ack)).packet != nil)
    gateway.advance(seconds: 200)
    #expect(gateway.sendIn(answer(.ack, to: global)).packet != nil)
    #expect(lasts(gateway, 7500))
  }

  // MARK: Mappings

  @Test(arguments: MappingBehavior.all)
  func `RFC 7857 section 3: no port is used twice, whoever the remote host is`(_ mapping: MappingBehavior) throws {
    let gateway = TestGateway(TestSetup.overloadedInterface.withRules { $0.mapping = mapping })
    var owners: [SocketAddress: SocketAddress] = [:]
    for number in 0..<100 {
      for remote in [Host.carol.at(7), Host.carol.at(8), Host.dave.at(7)] {
        let host = Host.inside(number).at(5000)
        let global = try #require(gateway.sendOut(.udp(from: host, to: remote)).packet).source
        #expect(owners.updateValue(host, forKey: global) ?? host == host)
      }
    }
  }

  @Test(arguments: [PoolingBehavior.paired, .arbitrary])
  func `RFC 7857 section 4: a host whose address has no port left is refused, or gets one of another address`(
    _ pooling: PoolingBehavior
  ) throws {
    let gateway = TestGateway(
      TestSetup.overloadedPool.withRules {
        $0.pooling = pooling
        $0.mapping = .addressAndPortDependent
      })
    var addresses: Set<IPv4Address> = []
    var reason: DropReason?
    for number in UInt16(0)..<600 {
      let outcome = gateway.sendOut(.udp(from: Host.alice.at(600), to: Host.carol.at(2000 + number)))
      if let packet = outcome.packet { addresses.insert(packet.sourceAddress) }
      reason = outcome.dropReason
    }
    #expect(reason == (pooling == .paired ? .portsExhausted : nil))
    #expect(addresses.count == (pooling == .paired ? 1 : 4))
    #expect(gateway.sessions.count == (pooling == .paired ? 512 : 600))
  }

  @Test func `RFC 7857 sections 5 and 6: a mapping of one protocol is none of another, and opens nothing to it`() throws
  {
    let gateway = TestGateway(TestSetup.overloadedPool.conforming)
    let tcp = try #require(gateway.sendOut(segment(.syn)).packet).source
    #expect(gateway.sendIn(.udp(from: Host.dave.at(7), to: tcp)).dropReason == .filtered)
    #expect(gateway.sendIn(.tcp(from: Host.dave.at(7), to: tcp, .syn)).packet != nil)
    // Bob has alice's port first in UDP, so that hers differs from the one that she has in TCP.
    let hosts = [Host.bob] + (0..<239).map(Host.inside)
    for host in hosts { _ = gateway.sendOut(.udp(from: host.at(5000), to: Host.carol.at(7))) }
    let udp = try #require(gateway.sendOut(.udp(from: Host.alice.at(5000), to: Host.carol.at(7))).packet).source
    #expect(udp.address == tcp.address)
    #expect(udp.port != tcp.port)
    #expect(gateway.sendIn(.tcp(from: Host.dave.at(7), to: udp, .syn)).dropReason == .filtered)
    #expect(gateway.sendIn(.udp(from: Host.dave.at(7), to: udp)).problems(.to(Host.alice.at(5000))) == [])
  }

  @Test(arguments: [true, false])
  func `RFC 7857 section 7: whether inbound packets keep an open mapping is configurable`(_ refreshes: Bool) throws {
    let gateway = TestGateway(
      TestSetup.overloadedPool.conforming.with { $0.translation.settings.inboundRefresh = refreshes })
    let global = try #require(gateway.sendOut(.udp(from: Host.alice.at(5000), to: Host.carol.at(7))).packet).source
    // One that the host sent to, and one that it did not.
    for _ in 0..<29 {
      for sender in [Host.carol.at(7), Host.mallory.at(9)] { _ = gateway.sendIn(.udp(from: sender, to: global)) }
      gateway.advance(seconds: 20)
    }
    #expect(gateway.sessions.count == (refreshes ? 2 : 0))
  }

  @Test func `RFC 7857 section 7.1: outbound resets do not keep a connection`() throws {
    let (gateway, _) = try connected()
    gateway.advance(seconds: 7000)
    #expect(gateway.sendOut(segment(.rst, sequence: 0x8000_0000)).packet != nil)
    #expect(lasts(gateway, 500))
    let (other, _) = try connected()
    for _ in 0..<2 {
      #expect(other.sendOut(segment(.rst)).packet != nil)
      other.advance(seconds: 100)
    }
    #expect(lasts(other, 60))
  }

  @Test func `RFC 7857 section 7.1: outbound ICMP errors do not keep a mapping`() throws {
    let gateway = TestGateway(TestSetup.overloadedPool.conforming)
    let sent = try #require(gateway.sendOut(.udp(from: Host.alice.at(5000), to: Host.carol.at(7))).packet)
    let arrived = try #require(gateway.sendIn(.udp(from: Host.carol.at(7), to: sent.source)).packet)
    gateway.advance(seconds: 250)
    let error = Datagram.icmpError(
      type: 3, code: 3, from: Host.alice.address, to: Host.carol.address, about: arrived.packet)
    #expect(gateway.sendOut(error).problems(.from(sent.sourceAddress), .icmp(type: 3, code: 3)) == [])
    #expect(lasts(gateway, 50))
  }

  // MARK: Ports and identifications

  @Test(arguments: [PortAssignment.preserve, .random])
  func `RFC 7857 section 8: parity is kept however ports are chosen`(_ ports: PortAssignment) throws {
    let gateway = TestGateway(TestSetup.overloadedInterface.withRules { $0.ports = ports })
    for number in 0..<200 {
      let port = UInt16(5000 + number / 2)
      let sent = gateway.sendOut(.udp(from: Host.inside(number).at(port), to: Host.carol.at(7)))
      #expect(try #require(sent.packet).source.port % 2 == port % 2)
    }
  }

  @Test func `RFC 7857 section 9: ports are spread over their class at random where they are not preserved`() throws {
    // Gateways that differ in their secret alone give the same host different ports.
    var ports: Set<UInt16> = []
    for seed in UInt64(1)...50 {
      let gateway = TestGateway(TestSetup.overloadedInterface.withRules { $0.ports = .random }.with { $0.seed = seed })
      let (source, carol) = (Host.alice.at(5000), Host.carol.at(80))
      for packet in [Datagram.udp(from: source, to: carol), .tcp(from: source, to: carol, .syn)] {
        ports.insert(try #require(gateway.sendOut(packet).packet).source.port)
      }
    }
    #expect(ports.count > 95)
    #expect(ports.allSatisfy { $0 >= 1024 })
    #expect(Set(ports.map { $0 >> 12 }).count == 16)
  }

  @Test func `RFC 7857 section 10: packets of hosts that share an address have identifications of their own`() throws {
    let gateway = TestGateway(.overloadedInterface)
    var identifications: Set<UInt16> = []
    for number in 0..<200 {
      let packet = Datagram.udp(from: Host.inside(number).at(5000), to: Host.carol.at(7)).with {
        $0.payload = Array(repeating: 7, count: 100)
      }
      #expect(identifications.insert(try #require(gateway.sendOut(packet).packet).identification).inserted)
      // The identification of a packet that may not be cut means nothing, and stays (RFC 6864 section 4.1).
      let atomic = try #require(gateway.sendOut(packet.with { $0.dontFragment = true }).packet)
      #expect(atomic.identification == packet.identification)
    }
  }

  // MARK: ICMP

  @Test func `RFC 7857 section 11: a query's mapping ends with its last session`() {
    let gateway = TestGateway(.overloadedPool)
    for remote in [Host.carol, .dave] {
      _ = gateway.sendOut(.echoRequest(from: .alice, to: remote.address, identifier: 7))
      gateway.advance(seconds: 30)
    }
    gateway.advance(seconds: 29)
    #expect(gateway.sessions.count == 1)
    #expect(gateway.total(.mappings) > 0)
    gateway.advance(seconds: 1)
    #expect(gateway.sessions.isEmpty)
    #expect(gateway.total(.mappings) == 0)
    #expect(gateway.problems(ports: true) == [])
  }

  @Test(arguments: [1, 2])
  func `RFC 7857 section 12: queries of hosts that share an address turn round too`(_ workers: Int) throws {
    let gateway = TestGateway(
      TestSetup.overloadedPool.withStatic(.bob, Place.bobGlobal).conforming.with { $0.workers = workers })
    let query = gateway.sendOut(.echoRequest(from: .alice, to: Place.bobGlobal, identifier: 7))
    #expect(query.problems(.icmp(type: 8), .to(Host.bob.address)) == [])
    let packet = try #require(query.packet)
    #expect(Place.pool.contains(packet.sourceAddress))
    let reply = Datagram.echoReply(from: .bob, to: packet.sourceAddress, identifier: packet.identifier)
    #expect(
      gateway.sendOut(reply).problems(
        .icmp(type: 0), .from(Place.bobGlobal), .to(Host.alice.address), .withIdentifier(7)) == [])
  }
}
