import Testing
import WireFormats

@testable import Translation

@Suite("Services over IPv6")
struct IPv6ServicesTests {
  private static let gateway = GatewayID(rawValue: 5)
  private static let client = IPv6Address(0x2001_0DB8_000A_0000, 1)
  private static let server = IPv6Address(0x2001_0DB8_000B_0000, 1)

  private func flow(_ transport: IPProtocol, from source: UInt16 = 40_000, to destination: UInt16 = 53) -> IPv6Flow {
    IPv6Flow(transport, from: Self.client, source, to: Self.server, destination)
  }

  private func services(
    list: [IPv6AccessList.Entry]? = nil, needsEntries: Bool = false, _ transports: [IPProtocol] = [.udp, .tcp]
  ) -> IPv6Services {
    var translation = TranslationConfiguration()
    translation.ipv6Services = transports.map {
      IPv6Service(
        gateway: Self.gateway, transport: $0, port: 53, accessList: list.map { _ in "V6" }, needsEntries: needsEntries)
    }
    translation.ipv6AccessLists["V6"] = list.map { IPv6AccessList(name: "V6", entries: $0) }
    return IPv6Services(translation)
  }

  @Test func `are known by the server's port, whichever way a packet goes`() {
    let table = IPv6ServiceTable(services())
    for transport in [IPProtocol.udp, .tcp] {
      for flow in [flow(transport), flow(transport).reversed, flow(transport, from: 53)] {
        let found = table.gateway(of: flow)
        #expect(found == Self.gateway)
      }
      let other = table.gateway(of: flow(transport, to: 54))
      #expect(other == nil)
    }
    let isEmpty = table.isEmpty
    let isEmptyWithout = IPv6ServiceTable(services([])).isEmpty
    // Nothing translates a whole address, so there is nothing to say to anybody.
    let isEmptyForWantOfEntries = IPv6ServiceTable(services(needsEntries: true)).isEmpty
    #expect(!isEmpty && isEmptyWithout && isEmptyForWantOfEntries)
  }

  @Test func `are those that the first line of a list permits, from the client to the server`() {
    let any = IPv6Prefix(containing: .unspecified, length: 0)
    let servers = IPv6Prefix(containing: Self.server, length: 64)
    var ofPort = IPv6AccessList.Entry(permits: true, source: any, destination: servers)
    ofPort.destinationPort = 53
    let cases: [(lines: [IPv6AccessList.Entry], isPermitted: Bool)] = [
      ([], false), ([.init(permits: true, source: any, destination: any)], true),
      (
        [
          .init(permits: false, source: any, destination: servers), .init(permits: true, source: any, destination: any),
        ], false
      ),
      ([.init(permits: true, source: servers, destination: any)], false), ([ofPort], true),
      ([.init(permits: true, source: any, destination: any, transport: IPProtocol(rawValue: 1))], false),
    ]
    for (lines, isPermitted) in cases {
      let table = IPv6ServiceTable(services(list: lines))
      // A stream may be under way since another list permitted it, so it is taken in any case.
      for flow in [flow(.udp), flow(.udp).reversed] {
        let found = table.gateway(of: flow)
        #expect(found == (isPermitted ? Self.gateway : nil))
      }
      for flow in [flow(.tcp), flow(.tcp).reversed] {
        let found = table.gateway(of: flow)
        #expect(found == (isPermitted ? Self.gateway : GatewayID.none))
      }
    }
  }

  @Test func `leave the ports of their streams behind`() {
    let on = IPv6ServiceTable(services())
    let off = IPv6ServiceTable(services([]), earlierPorts: on.streamPorts)
    let (ofStream, ofDatagram) = (off.gateway(of: flow(.tcp)), off.gateway(of: flow(.udp)))
    #expect(ofStream == GatewayID.none && ofDatagram == nil)
    let again = IPv6ServiceTable(services(), earlierPorts: off.streamPorts)
    let (gateway, ports) = (again.gateway(of: flow(.tcp)), again.streamPorts)
    #expect(gateway == Self.gateway && ports == [53])
  }
}
