import Forwarding
import TestSupport
import Testing
import Translation
import WireFormats

@testable import Dataplane

@Suite struct `ARP requests to a worker` {
  @Test(arguments: Segment.allCases)
  func `for the interface's own address are answered`(_ segment: Segment) throws {
    let bench = try WorkerBench()
    let host = segment.hosts[0]
    let sent = bench.send(.request(from: host, for: segment.address), on: segment)
    let reply = ARPMessage(
      operation: 2, senderMAC: segment.gateway, sender: segment.address, targetMAC: host.hardwareAddress,
      target: host.address)
    #expect(sent.map(\.arp) == [reply])
    #expect(sent[0].destination == host.hardwareAddress)
    #expect(sent[0].source == segment.gateway)
    #expect(sent[0].vlan == segment.vlan)
    #expect(bench.written(on: segment).count == 1)
    #expect(bench.problems == [])
  }

  @Test func `for pool and static addresses are answered outside`() throws {
    let bench = try WorkerBench()
    let addresses = [Place.pool.lowerBound, Place.pool.upperBound, Place.bobGlobal]
    for address in addresses {
      let sent = bench.send(.request(from: .carol, for: address), on: .outside)
      #expect(sent.compactMap(\.arp).map(\.sender) == [address])
      #expect(sent.compactMap(\.arp).map(\.senderMAC) == [Segment.outside.gateway])
    }
    for address in addresses {
      #expect(bench.send(.request(from: .alice, for: address), on: .inside).isEmpty)
      #expect(bench.send(.request(from: .grace, for: address), on: .taggedOutside).isEmpty)
    }
    #expect(bench.load(.arpSent) == 3 + announcements)
    #expect(bench.problems == [])
  }

  @Test func `for others' addresses are not answered`() throws {
    let bench = try WorkerBench()
    let strangers = [Host.dave.address, IPv4Address(0xCB00_7163), IPv4Address(0xCB00_7168), Place.insideAddress]
    for address in strangers { #expect(bench.send(.request(from: .carol, for: address), on: .outside).isEmpty) }
    // The outside address belongs to another interface than the one that the request came by.
    #expect(bench.send(.request(from: .alice, for: Place.outsideAddress), on: .inside).isEmpty)
    #expect(bench.load(.arpSent) == announcements)
    #expect(bench.allDrops == [:])
    #expect(bench.problems == [])
  }

  @Test func `for a static address with no-alias are left to others`() throws {
    let bench = try WorkerBench(BenchSetup().with { $0.noAlias = true })
    #expect(bench.send(.request(from: .carol, for: Place.bobGlobal), on: .outside).isEmpty)
    #expect(bench.send(.request(from: .carol, for: Place.pool.lowerBound), on: .outside).count == 1)
  }

  @Test func `teach who asked, if they were for the gateway`() throws {
    let bench = try WorkerBench(BenchSetup().with { $0.knowsNeighbors = false })
    _ = bench.send(.request(from: .carol, for: Place.outsideAddress), on: .outside)
    _ = bench.send(.request(from: .dave, for: Host.carol.address), on: .outside)
    #expect(bench.known(.carol, on: .outside) == Host.carol.hardwareAddress)
    #expect(bench.known(.dave, on: .outside) == nil)
  }

  @Test func `from a host that moved teach its new address, whoever they are for`() throws {
    let bench = try WorkerBench()
    var request = ARPMessage.request(from: .carol, for: Host.dave.address)
    request.senderMAC = MACAddress(0x02_00_00_00_00_77)
    _ = bench.send(request, on: .outside)
    #expect(bench.known(.carol, on: .outside) == request.senderMAC)
  }

  @Test func `from off-link senders are dropped and teach nothing`() throws {
    let bench = try WorkerBench(BenchSetup().with { $0.knowsNeighbors = false })
    #expect(bench.send(.request(from: .mallory, for: Place.outsideAddress), on: .outside).isEmpty)
    #expect(bench.send(.request(from: .alice, for: Place.outsideAddress), on: .outside).isEmpty)
    // The tag says whose network the sender must be of.
    #expect(bench.send(.request(from: .alice, for: Segment.taggedInside.address), on: .taggedInside).isEmpty)
    #expect(bench.allDrops == [.arpSenderOffLink: 3])
    #expect(bench.neighbors.count == 0)
  }

  @Test func `that claim one of the gateway's own addresses are dropped`() throws {
    let bench = try WorkerBench()
    let thief = Host("thief", "203.0.113.1", 0x02_00_00_00_66_66)
    #expect(bench.send(.request(from: thief, for: Place.outsideAddress), on: .outside).isEmpty)
    #expect(bench.send(.reply(from: thief, to: .outside), on: .outside).isEmpty)
    #expect(bench.allDrops == [.arpSenderOffLink: 2])
    #expect(bench.known(thief, on: .outside) == nil)
  }

  @Test func `that probe for a duplicate are answered and teach nothing`() throws {
    let bench = try WorkerBench(BenchSetup().with { $0.knowsNeighbors = false })
    var probe = ARPMessage.request(from: .carol, for: Place.outsideAddress)
    probe.sender = .unspecified
    #expect(bench.send(probe, on: .outside).compactMap(\.arp).map(\.sender) == [Place.outsideAddress])
    #expect(bench.neighbors.count == 0)
  }

  @Test func `that are malformed are dropped`() throws {
    let bench = try WorkerBench()
    var frame = ARPMessage.request(from: .carol, for: Place.outsideAddress).frame(on: .outside)
    frame.payload[5] = 6
    bench.arrive(frame, on: .outside)
    frame = ARPMessage.request(from: .carol, for: Place.outsideAddress).frame(on: .outside)
    frame.payload.removeLast()
    bench.arrive(frame, on: .outside)
    bench.settle()
    #expect(bench.written().isEmpty)
    #expect(bench.allDrops == [.malformedARP: 2])
    #expect(bench.problems == [])
  }
}

/// What the gateway announces at its first turn: four own addresses, the pool's four, bob's.
private let announcements = 9

@Suite struct `A gateway's start` {
  @Test func `announces own, pool and static addresses on their segments, and once more a second later`() throws {
    let bench = try WorkerBench(BenchSetup().with { $0.keepsAnnouncements = true })
    let pool = (0..<4).map { IPv4Address(Place.pool.lowerBound.rawValue + $0) }
    for round in 0..<2 {
      let outside = bench.written(on: .outside)
      #expect(Set(outside.compactMap(\.arp).map(\.target)) == Set(pool + [Place.outsideAddress, Place.bobGlobal]))
      for segment in Segment.allCases where segment != .outside {
        #expect(bench.written(on: segment).compactMap(\.arp).map(\.target) == [segment.address], "round \(round)")
      }
      for frame in bench.written() {
        #expect(frame.destination == .broadcast)
        #expect(frame.arp?.sender == frame.arp?.target)
        #expect(frame.arp?.senderMAC == frame.source)
        #expect(frame.arp?.operation == 1)
      }
      #expect(bench.written().count == announcements)
      bench.forgetWritten()
      bench.pass(seconds: 0.9)
      #expect(bench.written().isEmpty)
      bench.pass(seconds: 0.2)
    }
    #expect(bench.written().isEmpty)
    bench.pass(seconds: 3)
    #expect(bench.written().isEmpty)
  }

  @Test func `is announced by one worker only`() throws {
    let bench = try WorkerBench(
      BenchSetup().with {
        $0.workers = 2
        $0.keepsAnnouncements = true
      })
    #expect(bench.written().count == announcements)
  }
}

extension WorkerBench {
  /// The Ethernet address that the gateway knows of a host.
  func known(_ host: Host, on segment: Segment) -> MACAddress? {
    guard let neighbor = neighbors.find(NextHop(interface: segment.interface, neighbor: host.address)),
      case let state = neighbors.state(of: neighbor), state.isResolved
    else { return nil }
    return state.address
  }
}
