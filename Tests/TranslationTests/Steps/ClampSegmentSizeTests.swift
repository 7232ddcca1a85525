import Forwarding
import TestSupport
import Testing
import WireFormats

@testable import Translation

/// `ip tcp adjust-mss`.
@Suite struct ClampSegmentSizeTests {
  /// A gateway whose outside interface lets segments of 1300 octets pass, and whose inside one has `inside` as its limit.
  private static func gateway(inside: UInt16 = 0, outside: UInt16 = 1300) -> TestGateway {
    let setup = TestSetup.overloadedPool
    var interfaces = setup.interfaces
    interfaces[0].maximumSegmentSize = inside
    interfaces[1].maximumSegmentSize = outside
    return TestGateway(
      setup, policy: Policy(interfaces: interfaces, routes: setup.routes, translation: setup.translation))
  }

  /// alice's SYN with TCP options.
  private static func syn(_ options: [UInt8], _ flags: TCPFlags = .syn) -> Datagram {
    Datagram.tcp(from: Host.alice.at(5000), to: Host.carol.at(80), flags).with { $0.tcpOptions = options }
  }

  private static func size(_ value: UInt16) -> [UInt8] { [2, 4, UInt8(value >> 8), UInt8(value & 255)] }

  /// The options of a packet that left.
  private static func options(_ outcome: Outcome) throws -> [UInt8] {
    let packet = try #require(outcome.packet)
    let segment = Array(packet.packet.dropFirst(packet.headerLength))
    return Array(segment[20..<Int(segment[12] >> 4) * 4])
  }

  @Test func `a larger segment size is lowered, on the first packet and when it is sent again`() throws {
    let gateway = Self.gateway()
    for _ in 0..<2 {
      let outcome = gateway.sendOut(Self.syn(Self.size(1460)))
      #expect(outcome.problems() == [])
      #expect(try Self.options(outcome) == Self.size(1300))
    }
  }

  @Test(arguments: [UInt16(0), 536, 1300]) func `a segment size that passes stays`(_ size: UInt16) throws {
    let outcome = Self.gateway().sendOut(Self.syn(Self.size(size)))
    #expect(outcome.problems() == [])
    #expect(try Self.options(outcome) == Self.size(size))
  }

  @Test func `the answer is lowered too`() throws {
    let gateway = Self.gateway()
    let seen = try #require(gateway.sendOut(Self.syn([])).packet).source
    let answer = Datagram.tcp(from: Host.carol.at(80), to: seen, [.syn, .ack]).with {
      $0.tcpOptions = [1, 1, 1, 1] + Self.size(9000)
    }
    let outcome = gateway.sendIn(answer)
    #expect(outcome.problems(.to(Host.alice.at(5000))) == [])
    #expect(try Self.options(outcome) == [1, 1, 1, 1] + Self.size(1300))
  }

  @Test(arguments: [(UInt16(0), UInt16(0), UInt16(1460)), (1200, 1300, 1200), (1300, 1200, 1200), (1200, 0, 1200)])
  func `the lower limit of both interfaces holds, and none if there is none`(
    _ inside: UInt16, _ outside: UInt16, _ wanted: UInt16
  ) throws {
    let outcome = Self.gateway(inside: inside, outside: outside).sendOut(Self.syn(Self.size(1460)))
    #expect(outcome.problems() == [])
    #expect(try Self.options(outcome) == Self.size(wanted))
  }

  @Test(arguments: 0...3) func `the option may begin at any octet, and the checksum is right`(_ before: Int) throws {
    let padding = [UInt8](repeating: 1, count: before)
    let end = [UInt8](repeating: 0, count: (4 - before) % 4)
    for size in [UInt16(1460), 0x0515, 0xFFFF] {
      let outcome = Self.gateway().sendOut(Self.syn(padding + Self.size(size) + end))
      #expect(outcome.problems() == [])
      #expect(try Self.options(outcome) == padding + Self.size(1300) + end)
    }
  }

  @Test(arguments: [0, 1]) func `a partial checksum stays the pseudo-header's sum`(_ before: Int) throws {
    let options = [UInt8](repeating: 1, count: before) + Self.size(1460) + [UInt8](repeating: 0, count: before * 3)
    let outcome = Self.gateway().sendOut(Self.syn(options).with { $0.partialChecksum = true })
    #expect(outcome.problems() == [])
    #expect(try Self.options(outcome)[before + 2..<before + 4] == [0x05, 0x14])
  }

  @Test func `a segment without SYN is left alone`() throws {
    let gateway = Self.gateway()
    _ = gateway.sendOut(Self.syn([]))
    let outcome = gateway.sendOut(Self.syn(Self.size(1460), .ack))
    #expect(outcome.problems() == [])
    #expect(try Self.options(outcome) == Self.size(1460))
  }

  @Test(
    arguments: [
      // Behind the end of the list.
      [0, 2, 4, 0xFF, 0xFF, 0, 0, 0],
      // Lengths that are too small to go on with, or reach beyond the header.
      [3, 0, 2, 4, 0xFF, 0xFF, 0, 0], [3, 1, 2, 4, 0xFF, 0xFF, 0, 0], [1, 1, 1, 1, 8, 10, 2, 4], [1, 1, 1, 2],
      [1, 1, 2, 4], [1, 2, 4, 0xFF], [1, 1, 1, 8],
      // A segment size of another length, inside another option, or after a kind with a length that skips it.
      [2, 3, 0xFF, 1], [2, 6, 0xFF, 0xFF, 0, 0, 1, 1], [8, 6, 2, 4, 0xFF, 0xFF, 1, 1],
    ] as [[UInt8]])
  func `options that name no segment size, or are malformed, stay as they are`(_ options: [UInt8]) throws {
    let outcome = Self.gateway().sendOut(Self.syn(options))
    #expect(outcome.problems() == [])
    #expect(try Self.options(outcome) == options)
  }

  @Test func `a packet that is not translated is clamped on its way, too`() throws {
    let syn = Datagram.tcp(from: Host("eve", "192.0.2.9", 9).at(1), to: Host.carol.at(80), .syn).with {
      $0.tcpOptions = Self.size(1460)
    }
    let outcome = Self.gateway().send(syn, by: Place.aside)
    #expect(outcome.problems(.from(syn.source)) == [])
    #expect(try Self.options(outcome) == Self.size(1300))
  }
}
