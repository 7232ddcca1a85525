import TestSupport
import Testing
import Translation
import WireFormats

@testable import Dataplane

/// A frame that is no packet for the gateway to forward, and the reason that it is counted under.
private struct Misfit: CustomTestStringConvertible, Sendable {
  var name: String
  var reason: DropReason
  var octets: [UInt8]
  var testDescription: String { name }

  init(_ name: String, _ reason: DropReason, _ change: (inout WireFrame) -> Void) {
    self.name = name
    self.reason = reason
    var frame = WireFrame(
      .udp(from: Host.alice.at(5000), to: Host.carol.at(53)), from: Host.alice.hardwareAddress, on: .inside)
    change(&frame)
    octets = frame.octets
  }

  /// The first octets of a frame, virtio header included.
  init(_ name: String, _ reason: DropReason, first count: Int, _ change: (inout WireFrame) -> Void = { _ in }) {
    self.init(name, reason, change)
    octets = Array(octets.prefix(count))
  }

  static let all = [
    Misfit("an unknown VLAN", .unknownVLAN) { $0.vlan = 21 },
    Misfit("an unknown VLAN with ARP in it", .unknownVLAN) { ($0.vlan, $0.type) = (31, 0x0806) },
    Misfit("another station's Ethernet address", .notOurEthernetAddress) {
      $0.destination = Host.bob.hardwareAddress
    },
    Misfit("the other device's Ethernet address", .notOurEthernetAddress) { $0.destination = Segment.outside.gateway },
    Misfit("ARP to another station", .notOurEthernetAddress) {
      ($0.type, $0.destination) = (0x0806, Host.bob.hardwareAddress)
    },
    Misfit("IPv6", .ipv6) { $0.type = 0x86DD },
    Misfit("IPv6 to a group", .ipv6) { ($0.type, $0.destination) = (0x86DD, MACAddress(0x3333_0000_0001)) },
    Misfit("an IPv4 broadcast", .multicast) { $0.destination = .broadcast },
    Misfit("an Ethernet group", .multicast) { $0.destination = MACAddress(0x0100_5E00_0001) },
    Misfit("LLDP", .multicast) { ($0.type, $0.destination) = (0x88CC, MACAddress(0x0180_C200_000E)) },
    Misfit("a group address in the IPv4 header", .multicast) {
      let datagram = Datagram.udp(from: Host.alice.at(5000), to: SocketAddress(IPv4Address(0xE000_0001), 53))
      $0.payload = datagram.packet()
    },
    Misfit("another EtherType", .unsupportedEtherType) { $0.type = 0x8847 },
    Misfit("a second tag", .unsupportedEtherType) { ($0.vlan, $0.type) = (20, 0x8100) },
    Misfit("an empty frame", .frameTooShort, first: 1),
    Misfit("half a virtio header", .frameTooShort, first: 9),
    Misfit("half an Ethernet header", .frameTooShort, first: 23),
    Misfit("half a tag", .frameTooShort, first: 27) { $0.vlan = 20 },
    Misfit("an Ethernet header alone", .frameTooShort, first: 24),
    Misfit("half an IPv4 header", .frameTooShort, first: 43),
    Misfit("a packet cut short", .malformedIPv4, first: 44),
    Misfit("a wrong IPv4 checksum", .badIPv4Checksum) { $0.payload[10] ^= 1 },
    Misfit("version 5", .malformedIPv4) { $0.payload[0] = 0x55 },
    Misfit("a source that no host has", .martianSource) {
      $0.payload = Datagram.udp(from: SocketAddress(IPv4Address(0x7F00_0001), 1), to: Host.carol.at(53)).packet()
    },
    Misfit("a source that is the gateway's own", .martianSource) {
      $0.payload = Datagram.udp(from: SocketAddress(Place.insideAddress, 1), to: Host.carol.at(53)).packet()
    },
    Misfit("a fragment that ends within eight octets", .fragmentMalformed) {
      $0.payload = Datagram.udp(from: Host.alice.at(1), to: Host.carol.at(53)).with { $0.fragment = 0x2000 }.packet()
    },
    Misfit("a port of zero", .malformedTransport) {
      $0.payload = Datagram.udp(from: Host.alice.at(0), to: Host.carol.at(53)).packet()
    },
  ]
}

@Suite struct `A frame that is none of the gateway's business` {
  @Test(arguments: Misfit.all)
  fileprivate func `is dropped and counted under its reason`(_ misfit: Misfit) throws {
    let bench = try WorkerBench()
    bench.cells[0].devices[0].arriving = [misfit.octets, misfit.octets]
    #expect(bench.settle())
    #expect(bench.written().isEmpty)
    #expect(bench.allDrops == [misfit.reason: 2])
    #expect(bench.load(.frames) == 2)
    #expect(bench.problems == [])
  }

  @Test func `does not keep its neighbours in the burst from being forwarded`() throws {
    let bench = try WorkerBench()
    let good = Datagram.udp(from: Host.alice.at(5000), to: Host.carol.at(53))
    for misfit in Misfit.all {
      bench.arrive(good, from: .alice)
      bench.cells[0].devices[0].arriving.append(misfit.octets)
    }
    bench.settle()
    #expect(bench.written(on: .outside).count == Misfit.all.count)
    #expect(bench.allDrops.values.reduce(0, +) == Misfit.all.count)
    #expect(bench.problems == [])
  }
}

@Suite struct `A burst` {
  @Test func `of one frame more than a burst holds goes out whole and in order`() throws {
    let bench = try WorkerBench(BenchSetup().with { $0.burst = 4 })
    for number in 0..<37 {
      bench.arrive(
        Datagram.udp(from: Host.alice.at(5000), to: Host.carol.at(53)).with { $0.payload = [UInt8(number)] },
        from: .alice)
    }
    bench.settle()
    #expect(bench.written(on: .outside).map(\.packet.payload) == (0..<37).map { [UInt8($0)] })
    #expect(bench.written(on: .outside).allSatisfy { $0.packet.checksumProblems == [] })
    #expect(bench.load(.frames) == 37)
    #expect(bench.problems == [])
  }

  @Test func `of one frame at a time works as well`() throws {
    let bench = try WorkerBench(BenchSetup().with { $0.burst = 1 })
    let out = bench.send(.udp(from: Host.alice.at(5000), to: Host.carol.at(53)), from: .alice)
    let back = bench.send(try #require(out.first).packet.answer, from: .carol)
    #expect(back.first?.packet.problems(.from(Host.carol.at(53)), .to(Host.alice.at(5000))) == [])
    #expect(bench.problems == [])
  }

  @Test func `counts frames and octets by interface`() throws {
    let bench = try WorkerBench()
    let frame = bench.send(.udp(from: Host.frank.at(5000), to: Host.grace.at(53)), from: .frank)[0]
    let traffic = bench.handles[0].traffic
    #expect(traffic.value(Segment.taggedInside.interface, .receivedPackets) == 1)
    #expect(traffic.value(Segment.taggedInside.interface, .receivedOctets) == UInt64(frame.ethernet.count))
    #expect(traffic.value(Segment.taggedOutside.interface, .sentOctets) == 46 + UInt64(frame.ethernet.count))
    #expect(traffic.value(Segment.inside.interface, .receivedPackets) == 0)
  }
}

extension SentPacket {
  /// The datagram that answers this UDP datagram.
  var answer: Datagram { .udp(from: destination, to: source) }
}
