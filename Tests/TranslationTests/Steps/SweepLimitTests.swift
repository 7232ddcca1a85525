import TestSupport
import Testing

@testable import Translation

@Suite struct `Sessions that become idle all at once` {
  @Test func `end a few in each millisecond, so that packets need not wait, and all in the end`() {
    let gateway = TestGateway(.overloadedPool)
    for port in UInt16(2000)..<3000 {
      _ = gateway.sendOut(.udp(from: Host.alice.at(port), to: Host.carol.at(7)))
    }
    gateway.tick(seconds: 400)
    var left = gateway.sessions.count
    #expect(left == 1000)
    var turns = 0
    while left > 0, turns < 20_000 {
      gateway.expire(elapsed: 1000)
      let now = gateway.sessions.count
      #expect(left - now <= 33)
      left = now
      turns += 1
    }
    #expect(left == 0)
    #expect(gateway.problems(ports: true) == [])
  }
}
