import Forwarding
import TestSupport
import Testing
import WireFormats

@testable import Translation

@Suite struct `The identification of packets that may be cut` {
  private func query(_ host: Host) -> Datagram {
    .udp(from: host.at(5000), to: Host.carol.at(7)).with {
      $0.identification = 77
      $0.payload = Array(repeating: 7, count: 100)
    }
  }

  @Test func `differs between hosts that share an address, whatever they chose`() {
    let gateway = TestGateway(.overloadedPool.withOneAddress.with { $0.workers = 4 })
    var seen: Set<UInt16> = []
    for number in 0..<100 {
      let sent = gateway.sendOut(query(.inside(number)))
      #expect(sent.problems(.to(Host.carol.at(7))) == [])
      if let identification = sent.packet?.identification { seen.insert(identification) }
    }
    #expect(seen.count == 100)
  }

  @Test func `is left alone in packets that no link may cut`() {
    let gateway = TestGateway(.overloadedPool)
    let small = query(.alice).with { $0.payload = Array(repeating: 7, count: 40) }
    #expect(gateway.sendOut(small).packet?.identification == 77)
    #expect(gateway.sendOut(small.with { $0.payload.append(7) }).packet?.identification != 77)
  }

  @Test func `is the same in all fragments of a datagram, and another in the next`() {
    let gateway = TestGateway(.overloadedPool)
    let large = query(.alice).with { $0.payload = [UInt8](repeating: 1, count: 3000) }
    let first = gateway.send(large.fragments(cutAt: [1480, 2960]), by: Place.inside).compactMap(\.packet)
    let second = gateway.send(large.fragments(cutAt: [1480, 2960]), by: Place.inside).compactMap(\.packet)
    #expect(Set(first.map(\.identification)).count == 1 && Set(second.map(\.identification)).count == 1)
    #expect(first.count == 3 && second.count == 3 && first[0].identification != second[0].identification)
  }

  @Test func `is left alone where it means nothing, or where the address is one host's`() {
    let gateway = TestGateway(.overloadedPool)
    #expect(gateway.sendOut(query(.alice).with { $0.dontFragment = true }).packet?.identification == 77)
    let exclusive = TestGateway(.exclusivePool)
    #expect(exclusive.sendOut(query(.alice)).packet?.identification == 77)
    #expect(TestGateway(TestSetup()).sendOut(query(.alice)).packet?.identification == 77)
  }

  @Test(arguments: 1...PortMap.maximumWorkers) func `is given once before all have been given, and to one worker only`(
    _ workers: Int
  ) {
    var seen: Set<UInt16> = []
    for worker in 0..<workers {
      var counter = IdentificationCounter(worker: worker, workers: workers, start: UInt64(worker) * 977_777)
      for _ in 0..<65_536 / workers { seen.insert(counter.take()) }
    }
    #expect(seen.count == 65_536 / workers * workers)
  }

  @Test func `is reserved for every segment of a super-frame`() {
    var counter = IdentificationCounter(worker: 1, workers: 2, start: 32_766)
    #expect(counter.take(4) == 32_768)
    #expect(counter.take() == 32_772)
  }
}
