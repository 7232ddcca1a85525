import Testing
import WireFormats

@testable import sallyport_load

@Suite struct `Clients' endpoints` {
  private func endpoints(_ count: Int, hosts: Int, spacing: Int) -> [Endpoint] {
    var taken: [Endpoint] = []
    _ = Bench(hosts: hosts) { surroundings in
      var ports = ClientPorts(surroundings, spacing: spacing)
      taken = (0..<count).map { _ in ports.take() }
      return UDPSessions(surroundings, size: 64, patience: Bench.patience())
    }
    return taken
  }

  @Test(arguments: [1, 4]) func `come round only when each has been taken`(spacing: Int) {
    let whole = 3 * (64_512 / spacing)
    let taken = endpoints(whole + 3, hosts: 3, spacing: spacing)
    #expect(Set(taken.prefix(whole)).count == whole)
    #expect(Array(taken.suffix(3)) == Array(taken.prefix(3)))
    #expect(taken.allSatisfy { $0.port >= 1_024 && Int($0.port) % spacing == 0 })
  }

  @Test func `that have neighbours are at ports which no other host has meanwhile`() {
    let taken = endpoints(10 * 1_000, hosts: 10, spacing: 4)
    #expect(Set(taken.map(\.port)).count == taken.count)
  }
}
