import TestSupport
import Testing
import WireFormats

@testable import Translation

@Suite struct ListingTests {
  private func populated() -> TestGateway {
    let gateway = TestGateway(.overloadedPool)
    for number in 0..<30 {
      let host = Host.inside(number % 3)
      _ = gateway.sendOut(.udp(from: host.at(UInt16(4000 + number)), to: Host.carol.at(7)))
      _ = gateway.sendOut(.tcp(from: host.at(UInt16(4000 + number)), to: Host.dave.at(80), .syn))
    }
    return gateway
  }

  @Test func `everything is cleared, and every port is free again`() {
    let gateway = populated()
    #expect(gateway.sessions.count == 60)
    #expect(gateway.clear() == 60)
    #expect(gateway.sessions.isEmpty)
    #expect(gateway.total(.mappings) == 0)
    #expect(gateway.total(.sessionsCleared) == 60)
    #expect(gateway.limit.usage.used == 0)
    #expect(gateway.problems(ports: true) == [])
  }

  @Test(arguments: [(1, 100), (7, 100), (100, 3), (1000, 1000)] as [(UInt32, Int)])
  func `a listing in slices shows each session once, and no slice is longer than it may be`(
    _ slice: UInt32, _ limit: Int
  ) {
    let gateway = populated()
    var request = ClearRequest()
    request.insideLocal = Host.inside(2).address.rawValue
    #expect(gateway.clear(request) == 20)
    let slices = gateway.sessions(of: 0, slice: slice, limit: limit)
    #expect(slices.allSatisfy { $0.count <= min(Int(slice), limit) })
    let keys = slices.flatMap { $0 }.map(\.outboundKey)
    #expect(keys.count == 40)
    #expect(Set(keys).count == 40)
  }

  @Test func `a request clears what it names and nothing else`() {
    var request = ClearRequest()
    request.protocolNumber = 17
    request.insideLocal = Host.inside(1).address.rawValue
    let gateway = populated()
    #expect(gateway.clear(request) == 10)
    #expect(gateway.sessions.count == 50)
    #expect(!gateway.sessions.contains { $0.protocolNumber == .udp && $0.insideLocal == Host.inside(1).address })
    request.outsideGlobalPort = 99
    request.protocolNumber = nil
    #expect(gateway.clear(request) == 0)
    #expect(gateway.problems(ports: true) == [])
  }

  @Test(arguments: 0..<9) func `each field of a request is compared`(_ field: Int) throws {
    let gateway = TestGateway(.overloadedInterface)
    _ = gateway.sendOut(.udp(from: Host.bob.at(5000), to: Host.carol.at(7)))
    gateway.clear()
    _ = gateway.sendOut(.tcp(from: Host.alice.at(5000), to: Host.dave.at(80), .syn))
    let record = try #require(gateway.sessions.first)
    func request(_ delta: UInt16) -> ClearRequest {
      var request = ClearRequest()
      switch field {
      case 0: request.protocolNumber = record.protocolNumber.rawValue ^ UInt8(delta)
      case 1: request.insideLocal = record.insideLocal.rawValue ^ UInt32(delta)
      case 2: request.insideGlobal = record.insideGlobal.rawValue ^ UInt32(delta)
      case 3: request.outsideLocal = record.outsideLocal.rawValue ^ UInt32(delta)
      case 4: request.outsideGlobal = record.outsideGlobal.rawValue ^ UInt32(delta)
      case 5: request.insideLocalPort = record.insideLocalPort ^ delta
      case 6: request.insideGlobalPort = record.insideGlobalPort ^ delta
      case 7: request.outsideLocalPort = record.outsideLocalPort ^ delta
      default: request.outsideGlobalPort = record.outsideGlobalPort ^ delta
      }
      return request
    }
    #expect(gateway.clear(request(1)) == 0)
    #expect(gateway.clear(request(0)) == 1)
  }

  @Test func `an address of its own ends with its last session when that is cleared`() {
    let gateway = TestGateway(.exclusivePool)
    _ = gateway.sendOut(.udp(from: Host.alice.at(5000), to: Host.carol.at(7)))
    #expect(gateway.addressMappings.map(\.insideLocal) == [Host.alice.address])
    gateway.clear()
    #expect(gateway.addressMappings.isEmpty)
    #expect(gateway.problems(ports: true) == [])
  }

  @Test func `a request that spares sessions counts them and ends none`() {
    let gateway = populated()
    var request = ClearRequest()
    request.insideLocal = Host.inside(1).address.rawValue
    request.sparesSessions = true
    #expect(gateway.clear(request) == 20)
    #expect(gateway.sessions.count == 60)
    #expect(gateway.total(.sessionsCleared) == 0)
    request.instance = 1
    #expect(gateway.clear(request) == 0, "the hosts are in another instance")
    request.instance = 0
    request.sparesSessions = false
    #expect(gateway.clear(request) == 20)
    #expect(gateway.sessions.count == 40)
    #expect(gateway.problems(ports: true) == [])
  }
}
