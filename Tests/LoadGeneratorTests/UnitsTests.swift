import Testing
import WireFormats

@testable import sallyport_load

@Suite struct `Units under way` {
  @Test func `are given up in the order of their beginning, without those that have ended`() {
    var units = Units<String>()
    let places = (0..<4).map { units.add("unit \($0)", at: UInt64($0) * 10).place }
    units.remove(places[0])
    #expect(units.oldest(before: 10) == nil)
    #expect(units.oldest(before: 11) == places[1])
    units.remove(places[1])
    #expect(units.oldest(before: .max) == places[2])
    #expect(units.count == 2)
  }

  @Test func `have a number that a later unit in the same place has not`() {
    var units = Units<Int>()
    let first = units.add(1, at: 0)
    units.remove(first.place)
    let second = units.add(2, at: 5)
    #expect(first.place == second.place && first.number != second.number)
    #expect(units.oldest(before: 5) == nil)
    #expect(units.oldest(before: 6) == second.place)
    #expect(units.started(second.place) == 5)
  }

  @Test func `keep no memory of what has long ended`() {
    var units = Units<Int>()
    for time in 0..<20_000 {
      let place = units.add(time, at: UInt64(time)).place
      units.remove(place)
      _ = units.oldest(before: UInt64(time))
      units.tidy()
    }
    #expect(units.count == 0)
    #expect(units.oldest(before: .max) == nil)
  }
}

@Suite struct `Clients' ports` {
  private func surroundings(lane: Int, lanes: Int) -> Surroundings {
    let gateway = MemoryGateway()
    let network = SimulatedNetwork(
      hosts: AddressRange(first: IPv4Address(0x0A00_0001), count: 3),
      servers: AddressRange(first: IPv4Address(0xCB00_7101), count: 4), gateway: MemoryGateway.inside, hostRouter: nil,
      serverRouter: nil)
    return Surroundings(
      inside: Side(.inside, port: gateway.insidePort, network: network),
      outside: Side(.outside, port: gateway.outsidePort, network: network), network: network, servers: [], lane: lane,
      lanes: lanes, run: 1)
  }

  @Test func `are each used once before any is used again, and by one lane only`() {
    var taken: Set<Endpoint> = []
    for lane in 0..<2 {
      var ports = ClientPorts(surroundings(lane: lane, lanes: 2))
      let own = (0..<3 * 64_512 / 2).map { _ in ports.take() }
      #expect(own.allSatisfy { taken.insert($0).inserted })
      #expect(own.first == ports.take())
    }
    #expect(taken.count == 3 * 64_512)
  }

  @Test func `are answered at one lane: the servers are shared out by their addresses`() {
    let network = surroundings(lane: 0, lanes: 2).network
    let shares = (0..<3).map { network.servers(of: $0, among: 3) }
    #expect(shares.map(\.count).reduce(0, +) == 4)
    #expect(Set(shares.joined()).count == 4)
  }
}

@Suite struct `FTP's endpoints` {
  private let endpoint = Endpoint(IPv4Address(0x0A0A_0A64), 50_001)

  @Test func `are read as they are written`() {
    #expect(FTPEndpoint.commas(endpoint) == "10,10,10,100,195,81")
    #expect(FTPEndpoint.readCommas("10,10,10,100,195,81") == endpoint)
    #expect(FTPEndpoint.bars(endpoint) == "|1|10.10.10.100|50001|")
    #expect(FTPEndpoint.readBars("|1|10.10.10.100|50001|") == endpoint)
    #expect(FTPEndpoint.readPassive("227 Entering Passive Mode (10,10,10,100,195,81).") == endpoint)
    #expect(FTPEndpoint.readPassive("227 at 10,10,10,100,195,81") == endpoint)
  }

  @Test(arguments: ["", "1,2,3,4,5", "1,2,3,4,5,256", "1,2,3,4,5,6,7", "a,b,c,d,e,f", "1,,3,4,5,6"])
  func `are refused when they are none`(text: String) {
    #expect(FTPEndpoint.readCommas(text) == nil)
    #expect(FTPEndpoint.readBars(text) == nil)
    #expect(FTPEndpoint.readPassive("227 " + text) == nil)
  }

  @Test func `come in lines that may be cut anywhere`() {
    var buffer = LineBuffer()
    #expect(buffer.take(Array("PORT 1".utf8)) == [])
    #expect(buffer.take(Array(",2\r".utf8)) == [])
    #expect(buffer.take(Array("\nQUIT\n".utf8)) == ["PORT 1,2", "QUIT"])
  }
}
