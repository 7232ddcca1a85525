import TestSupport
import Testing
import WireFormats

@testable import Translation

/// A port map over memory of its own, which is kept for as long as the bed is.
@safe final class PortBed: @unchecked Sendable {
  private let memory: UnsafeMutableRawPointer
  let map: PortMap

  init(addresses: Int = 1) {
    let size = PortMap.size(addresses: addresses)
    unsafe memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    map = unsafe PortMap(memory: memory, addresses: addresses)
  }

  deinit { unsafe memory.deallocate() }

  /// The ports of an address that somebody holds.
  func claimed(_ number: IPProtocol, address: Int = 0) -> [UInt16] {
    (UInt16.min...UInt16.max).filter { map.owner(address: address, protocol: number, port: $0) != 0 }
  }
}

@Suite struct PortMapTests {
  @Test func `a port is claimed once, and again after it was freed`() {
    let bed = PortBed()
    #expect(bed.map.claim(address: 0, protocol: .tcp, port: 5000, for: 1))
    #expect(!bed.map.claim(address: 0, protocol: .tcp, port: 5000, for: 2))
    #expect(bed.map.owner(address: 0, protocol: .tcp, port: 5000) == 1)
    bed.map.free(address: 0, protocol: .tcp, port: 5000, of: 1)
    #expect(bed.map.claim(address: 0, protocol: .tcp, port: 5000, for: 2))
  }

  @Test func `only its owner frees a port`() {
    let bed = PortBed()
    #expect(bed.map.claim(address: 0, protocol: .udp, port: 7, for: 1))
    bed.map.free(address: 0, protocol: .udp, port: 7, of: 2)
    #expect(bed.map.owner(address: 0, protocol: .udp, port: 7) == 1)
    #expect(bed.map.used(address: 0, protocol: .udp, classOf: 7) == 1)
  }

  @Test func `addresses and protocols have ports of their own`() {
    let bed = PortBed(addresses: 3)
    for address in 0..<3 {
      for number in [IPProtocol.tcp, .udp, .icmp] {
        for port in [UInt16.min, 1, 511, 512, 1023, 1024, .max] {
          #expect(bed.map.claim(address: address, protocol: number, port: port, for: UInt8(address + 1)))
        }
      }
      #expect(bed.map.claimAddress(address, for: 9))
    }
    for address in 0..<3 {
      for number in [IPProtocol.tcp, .udp, .icmp] {
        #expect(bed.claimed(number, address: address) == [0, 1, 511, 512, 1023, 1024, .max])
        #expect(bed.map.owner(address: address, protocol: number, port: 0) == UInt8(address + 1))
      }
      #expect(bed.map.addressOwner(address) == 9)
    }
  }

  @Test func `protocols without ports have none to claim`() {
    let bed = PortBed()
    let gre = IPProtocol(rawValue: 47)
    #expect(!bed.map.claim(address: 0, protocol: gre, port: 1, for: 1))
    #expect(bed.map.owner(address: 0, protocol: gre, port: 1) == 0)
    #expect(bed.map.used(address: 0, protocol: gre, classOf: 1) == 0)
  }

  @Test func `each class of a protocol counts its own ports`() {
    let bed = PortBed()
    for (port, number) in [(1, IPProtocol.tcp), (511, .tcp), (512, .tcp), (9999, .tcp), (1, .udp), (9999, .icmp)] {
      #expect(bed.map.claim(address: 0, protocol: number, port: UInt16(port), for: 1))
    }
    func used(_ number: IPProtocol, _ port: UInt16) -> Int { bed.map.used(address: 0, protocol: number, classOf: port) }
    #expect([used(.tcp, 80), used(.tcp, 1000), used(.tcp, 5000)] == [2, 1, 1])
    #expect([used(.udp, 80), used(.udp, 1000), used(.udp, 5000)] == [1, 0, 0])
    #expect([used(.icmp, 0), used(.icmp, 60_000)] == [1, 1])
  }

  @Test func `a block gives out each of its ports once, of the wanted parity and range`() {
    let bed = PortBed()
    func ports(_ parity: PortMap.Parity, within range: ClosedRange<UInt16>) -> [UInt16] {
      var found: [UInt16] = []
      while let port = bed.map.claimAny(
        address: 0, protocol: .udp, block: 16, within: range, parity: parity, start: 3, for: 1)
      {
        found.append(port)
      }
      return found.sorted()
    }
    #expect(ports(.even, within: 1024...65_535) == stride(from: UInt16(1024), to: 1088, by: 2).map { $0 })
    #expect(ports(.odd, within: 1030...1040) == [1031, 1033, 1035, 1037, 1039])
    #expect(ports(.any, within: 1024...65_535).count == 32 - 5)
    #expect(bed.map.used(address: 0, protocol: .udp, classOf: 1024) == 64)
  }

  @Test func `threads never get the same port`() async {
    let bed = PortBed()
    let got = await withTaskGroup(of: [UInt16].self) { group in
      for worker in UInt8(1)...4 {
        group.addTask {
          // All want the same ports: one by one, and from the same blocks.
          var mine: [UInt16] = []
          for port in UInt16(2000)...4000
          where bed.map.claim(address: 0, protocol: .tcp, port: port, for: worker) {
            mine.append(port)
          }
          for block in 100..<140 {
            while let port = bed.map.claimAny(
              address: 0, protocol: .tcp, block: block, within: 1024...65_535, parity: .any, start: 0, for: worker)
            {
              mine.append(port)
            }
          }
          return mine.filter { bed.map.owner(address: 0, protocol: .tcp, port: $0) == worker }
        }
      }
      return await group.reduce(into: []) { $0 += $1 }
    }
    #expect(got.count == 2001 + 40 * 64)
    #expect(Set(got).count == got.count)
    #expect(bed.map.used(address: 0, protocol: .tcp, classOf: 2000) == got.count)
  }

  @Test func `threads that claim and free leave nothing behind`() async {
    let bed = PortBed()
    await withTaskGroup(of: Void.self) { group in
      for worker in UInt8(1)...4 {
        group.addTask {
          for round in 0..<20_000 {
            let port = UInt16(3000 + round % 8)
            if bed.map.claim(address: 0, protocol: .udp, port: port, for: worker) {
              bed.map.free(address: 0, protocol: .udp, port: port, of: worker)
            }
          }
        }
      }
    }
    #expect(bed.claimed(.udp) == [])
    #expect(bed.map.used(address: 0, protocol: .udp, classOf: 3000) == 0)
  }

  @Test func `an address beyond the map stops the process`() async {
    await #expect(processExitsWith: .failure) {
      _ = PortBed().map.claim(address: 1, protocol: .tcp, port: 1, for: 1)
    }
  }
}
