import Forwarding
import Testing
import Translation

@testable import Configuration

@Suite struct RouteMaps {
  private let text = """
    route-map RM deny 20
     match ip next-hop HOPS
    route-map RM permit 10
     description the provider
     match ip address 10 WEB
     match ip address 11
     match interface out0 in0
    route-map ALL
    access-list 10 permit any
    access-list 11 permit any
    ip access-list extended WEB
    ip access-list standard HOPS
    interface in0
     device tap t0
    interface out0
     device tap t1

    """

  @Test func `entries are in the order of their numbers, with all that they match`() throws {
    let gateway = try parse(text)
    var first = RouteMap.Entry(sequence: 10, permits: true)
    first.accessLists = ["10", "WEB", "11"]
    first.interfaces = [InterfaceID(rawValue: 1), InterfaceID(rawValue: 0)]
    var second = RouteMap.Entry(sequence: 20, permits: false)
    second.nextHops = ["HOPS"]
    #expect(
      gateway.translation.routeMaps == [
        "RM": RouteMap(name: "RM", entries: [first, second]),
        "ALL": RouteMap(name: "ALL", entries: [RouteMap.Entry(sequence: 10, permits: true)]),
      ])
    #expect(gateway.annotations.routeMaps == ["RM": [10: "the provider"]])
  }

  @Test func `no takes matches, entries and maps away`() throws {
    let gateway = try parse(
      text + """
        route-map RM permit 10
         no description
         no match ip address WEB
         no match interface
        no route-map RM deny 20
        no route-map ALL
        """)
    var entry = RouteMap.Entry(sequence: 10, permits: true)
    entry.accessLists = ["10", "11"]
    #expect(gateway.translation.routeMaps == ["RM": RouteMap(name: "RM", entries: [entry])])
    #expect(gateway.annotations.routeMaps == [:])
  }

  @Test func `an entry that is named again with the other action has it`() throws {
    let gateway = try parse("route-map RM permit 10\nroute-map RM deny 10\n")
    #expect(gateway.translation.routeMaps["RM"]?.entries == [RouteMap.Entry(sequence: 10, permits: false)])
  }

  @Test func `many names of a match come back from what is rendered`() throws {
    let lists = (1...50).map { "ip access-list standard A\($0)\n" }.joined()
    let names = (1...50).map { " match ip address A\($0)\n" }.joined()
    let gateway = try parse(lists + "route-map RM\n" + names)
    #expect(gateway.translation.routeMaps["RM"]?.entries.first?.accessLists.count == 50)
    #expect(try parse(gateway.render()) == gateway)
  }
}
