import Forwarding
import TestSupport
import Testing
import Translation
import WireFormats

@testable import Dataplane

@Suite struct `A ping to the gateway` {
  @Test(arguments: [Host.alice, .carol, .frank, .grace])
  func `is answered from the address that was asked`(_ host: Host) throws {
    let bench = try WorkerBench()
    let segment = Segment(of: host)
    let ping = Datagram.echoRequest(from: host, to: segment.address, identifier: 77).with {
      $0.payload = [1, 2, 3, 4, 5]
      $0.timeToLive = 1
      $0.padding = 20
    }
    let sent = bench.send(ping, from: host)
    #expect(sent.count == 1)
    #expect(sent == bench.written(on: segment))
    #expect(sent.first?.destination == host.hardwareAddress)
    #expect(sent.first?.source == segment.gateway)
    #expect(
      sent.first?.packet.problems(
        .from(segment.address), .to(host.address), .icmp(type: 0), .withIdentifier(77), .carrying([1, 2, 3, 4, 5]),
        .withTimeToLive(64)) == [])
    // The padding behind the request is not sent back.
    #expect(sent.first?.payload.count == 33)
    #expect(bench.allDrops == [:])
    #expect(bench.problems == [])
  }

  @Test func `from inside reaches the outside address too`() throws {
    let bench = try WorkerBench()
    let sent = bench.send(.echoRequest(from: .alice, to: Place.outsideAddress, identifier: 3), from: .alice)
    #expect(sent.map(\.destination) == [Host.alice.hardwareAddress])
    #expect(sent.first?.packet.problems(.from(Place.outsideAddress), .icmp(type: 0)) == [])
  }

  @Test func `with a wrong checksum is dropped`() throws {
    let bench = try WorkerBench()
    let ping = Datagram.echoRequest(from: .alice, to: Place.insideAddress, identifier: 3)
    var frame = WireFrame(ping, from: Host.alice.hardwareAddress, on: .inside)
    frame.payload[frame.payload.count - 1] ^= 1
    bench.arrive(frame, on: .inside)
    bench.settle()
    #expect(bench.written().isEmpty)
    #expect(bench.allDrops == [.notForUs: 1])
    #expect(bench.problems == [])
  }
}

@Suite struct `A packet that the gateway cannot forward` {
  @Test func `because its time ran out is reported from the interface it came by, as it was`() throws {
    let bench = try WorkerBench()
    let packet = Datagram.udp(from: Host.alice.at(5000), to: Host.carol.at(33_434)).with { $0.timeToLive = 1 }
    let sent = bench.send(packet, from: .alice)
    #expect(sent.map(\.destination) == [Host.alice.hardwareAddress])
    #expect(sent.map(\.source) == [Segment.inside.gateway])
    #expect(
      sent.first?.packet.problems(
        .from(Place.insideAddress), .to(Host.alice.address), .icmp(type: 11), .withTimeToLive(64)) == [])
    #expect(sent.first?.packet.quoted.packet == packet.packet())
    #expect(bench.allDrops == [.timeToLiveExceeded: 1])
    #expect(bench.load(.icmpErrorsSent) == 1)
    #expect(bench.problems == [])
  }

  @Test func `because its time ran out is reported to a sender outside in the words it knows`() throws {
    let bench = try WorkerBench()
    let ping = Datagram.echoRequest(from: .carol, to: Place.bobGlobal, identifier: 4).with { $0.timeToLive = 1 }
    let sent = bench.send(ping, from: .carol)
    #expect(sent.map(\.destination) == [Host.carol.hardwareAddress])
    #expect(sent.first?.packet.problems(.from(Place.outsideAddress), .to(Host.carol.address)) == [])
    #expect(sent.first?.packet.quoted.packet == ping.packet())
  }

  @Test func `because it came over another router is reported to that router's station`() throws {
    let bench = try WorkerBench()
    let ping = Datagram.echoRequest(from: .mallory, to: Place.bobGlobal, identifier: 4).with { $0.timeToLive = 1 }
    let sent = bench.send(ping, from: .mallory)
    #expect(sent.map(\.destination) == [Host.router.hardwareAddress])
    #expect(sent.map(\.packet.destinationAddress) == [Host.mallory.address])
  }

  @Test func `because it is too large is reported with the next link's MTU and at most 576 octets`() throws {
    let bench = try WorkerBench(BenchSetup().with { $0.outsideMTU = 1400 })
    let packet = Datagram.udp(from: Host.alice.at(5000), to: Host.carol.at(53)).with {
      $0.payload = [UInt8](repeating: 9, count: 1400)
      $0.dontFragment = true
    }
    let sent = bench.send(packet, from: .alice)
    #expect(sent.count == 1)
    #expect(sent.first?.packet.problems(.from(Place.insideAddress), .icmp(type: 3, code: 4)) == [])
    #expect(sent.first?.packet.nextHopMTU == 1400)
    #expect(sent.first?.packet.totalLength == 576)
    #expect(sent.first?.packet.quoted.frame == Array(packet.packet().prefix(548)))
    #expect(bench.allDrops == [.packetTooBig: 1])
    let fits = packet.with { $0.payload.removeLast(28) }
    #expect(bench.send(fits, from: .alice).map(\.packet.totalLength) == [1400])
    let mayBeCut = packet.with { $0.dontFragment = false }
    #expect(bench.send(mayBeCut, from: .alice).count == 2)
    #expect(bench.allDrops == [.packetTooBig: 1])
    #expect(bench.problems == [])
  }

  @Test func `is reported as unreachable only where the interface says such things, RFC 5508 REQ-9`() throws {
    for isTold in [true, false] {
      let bench = try WorkerBench(
        BenchSetup().with {
          $0.outsideMTU = 1400
          $0.unreachablesInside = isTold
        })
      let packet = Datagram.udp(from: Host.alice.at(5000), to: Host.carol.at(53)).with {
        $0.payload = [UInt8](repeating: 9, count: 1400)
        $0.dontFragment = true
      }
      #expect(bench.send(packet, from: .alice).map(\.packet.icmpType) == (isTold ? [3] : []))
      #expect(bench.allDrops == [.packetTooBig: 1])
      // Other errors are sent all the same.
      let last = Datagram.udp(from: Host.alice.at(5000), to: Host.carol.at(53)).with { $0.timeToLive = 1 }
      #expect(bench.send(last, from: .alice).map(\.packet.icmpType) == [11])
      #expect(bench.problems == [])
    }
  }

  @Test func `keeps its tag on the way back`() throws {
    let bench = try WorkerBench()
    let packet = Datagram.udp(from: Host.frank.at(5000), to: Host.carol.at(53)).with { $0.timeToLive = 1 }
    let sent = bench.send(packet, from: .frank)
    #expect(sent == bench.written(on: .taggedInside))
    #expect(sent.first?.packet.problems(.from(Segment.taggedInside.address), .icmp(type: 11)) == [])
    #expect(sent.first?.packet.quoted.packet == packet.packet())
  }

  @Test func `is reported two hundred times at once, a thousand times a second, and otherwise only counted`() throws {
    let bench = try WorkerBench()
    let packet = Datagram.udp(from: Host.alice.at(5000), to: Host.carol.at(33_434)).with { $0.timeToLive = 1 }
    for _ in 0..<250 { bench.arrive(packet, from: .alice) }
    bench.settle()
    #expect(bench.written().count == 200)
    #expect(bench.allDrops == [.timeToLiveExceeded: 250, .replyRateLimited: 50])
    bench.tick(nanoseconds: 10_000_000)
    for _ in 0..<20 { bench.arrive(packet, from: .alice) }
    bench.settle()
    #expect(bench.written().count == 210)
    #expect(bench.load(.icmpErrorsSent) == 210)
    #expect(bench.problems == [])
  }

  @Test func `is not reported when it is an ICMP error itself`() throws {
    let bench = try WorkerBench()
    let out = bench.send(.udp(from: Host.alice.at(5000), to: Host.carol.at(53)), from: .alice)
    let quoted = try #require(out.first).packet
    let error = Datagram.icmpError(
      type: 3, code: 3, from: Host.carol.address, to: quoted.sourceAddress, about: quoted.packet)
    #expect(bench.send(error.with { $0.timeToLive = 1 }, from: .carol).isEmpty)
    #expect(bench.allDrops == [.timeToLiveExceeded: 1])
  }
}

@Suite struct `A datagram to the gateway itself` {
  @Test func `from inside is answered with port unreachable`() throws {
    let bench = try WorkerBench()
    let packet = Datagram.udp(from: Host.alice.at(5000), to: SocketAddress(Place.insideAddress, 53))
    let sent = bench.send(packet, from: .alice)
    #expect(
      sent.first?.packet.problems(
        .from(Place.insideAddress), .to(Host.alice.address), .icmp(type: 3, code: 3)) == [])
    #expect(sent.first?.packet.quoted.packet == packet.packet())
    #expect(bench.allDrops == [.notForUs: 1])
    #expect(bench.problems == [])
  }

  @Test func `from outside meets silence`() throws {
    let bench = try WorkerBench()
    let addresses = [Place.outsideAddress, Place.insideAddress]
    for address in addresses {
      #expect(bench.send(.udp(from: Host.carol.at(5000), to: SocketAddress(address, 53)), from: .carol).isEmpty)
    }
    #expect(bench.allDrops == [.notForUs: 2])
    #expect(bench.load(.icmpErrorsSent) == 0)
  }

  @Test func `over TCP is dropped in silence on either side`() throws {
    let bench = try WorkerBench()
    let inside = Datagram.tcp(from: Host.alice.at(5000), to: SocketAddress(Place.insideAddress, 22), .syn)
    let outside = Datagram.tcp(from: Host.carol.at(5000), to: SocketAddress(Place.outsideAddress, 22), .syn)
    #expect(bench.send(inside, from: .alice).isEmpty)
    #expect(bench.send(outside, from: .carol).isEmpty)
    #expect(bench.allDrops == [.notForUs: 2])
  }

  @Test func `go to one station, never to a group`() throws {
    let bench = try WorkerBench()
    var frame = WireFrame(
      .echoRequest(from: Host.alice, to: Place.insideAddress, identifier: 7), from: Host.alice.hardwareAddress,
      on: .inside)
    frame.source = MACAddress(0x0100_5E00_0001)
    bench.arrive(frame, on: .inside)
    #expect(bench.settle())
    #expect(bench.written() == [])
    #expect(bench.drops(.notForUs) == 1)
    #expect(bench.problems == [])
  }
}
