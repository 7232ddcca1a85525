import Forwarding
import Testing
import WireFormats

@testable import TestSupport
@testable import Translation

@Suite struct PairingHintsTests {
  @Test func `a hint is kept for its host and instance`() {
    let hints = PairingHints()
    let alice = Host.alice.address
    hints[alice, .global] = 7
    hints[alice, RoutingInstance(rawValue: 1)] = 8
    #expect(hints[alice, .global] == 7)
    #expect(hints[alice, RoutingInstance(rawValue: 1)] == 8)
    #expect(hints[Host.bob.address, .global] == 0)
  }

  @Test func `whatever a hint says, a host keeps the address that it is paired with`() throws {
    let gateway = TestGateway(.overloadedPool)
    var addresses: [Host: IPv4Address] = [:]
    let wrong: [UInt32] = [0, 1, 2, 3, 40, .max - 1, .max]
    for round in 0..<20 {
      for number in 0..<8 {
        let host = Host.inside(number)
        let hint = wrong[(round + number) % wrong.count]
        unsafe gateway.translators[0].pairingHints[host.address, .global] = hint
        let packet = Datagram.udp(from: host.at(UInt16(4000 + round)), to: Host.carol.at(7))
        let address = try #require(gateway.sendOut(packet).packet).sourceAddress
        #expect(addresses.updateValue(address, forKey: host) ?? address == address)
      }
    }
    #expect(Set(addresses.values).count > 1)
    #expect(gateway.problems(ports: true) == [])
    gateway.advance(seconds: 300)
    #expect(gateway.total(.mappings) == 0)
  }
}
