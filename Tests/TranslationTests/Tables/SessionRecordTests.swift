import Forwarding
import Testing
import WireFormats

@testable import Translation

@Suite struct SessionRecordTests {
  private static func record(
    _ insideLocal: UInt32, _ outsideLocal: UInt32, _ insideGlobal: UInt32, _ outsideGlobal: UInt32
  ) -> SessionRecord {
    SessionRecord(
      insideLocal: IPv4Address(insideLocal), outsideLocal: IPv4Address(outsideLocal),
      insideGlobal: IPv4Address(insideGlobal), outsideGlobal: IPv4Address(outsideGlobal), insideLocalPort: 0x1110,
      outsideLocalPort: 0x1312, insideGlobalPort: 0x1514, outsideGlobalPort: 0x1716,
      insideInstance: RoutingInstance(rawValue: 0x1918), outsideInstance: RoutingInstance(rawValue: 0x1B1A),
      protocolNumber: IPProtocol(rawValue: 0x1C), progress: SessionProgress(rawValue: 0x1D),
      flags: SessionFlags(rawValue: 0x1F1E), addressDifference: 0x2120, portDifference: 0x2322, lastUsed: 0x2726_2524,
      created: 0x2B2A_2928, mapping: 0x2F2E_2D2C, outboundNeighbor: NeighborID(rawValue: 0x3130),
      inboundNeighbor: NeighborID(rawValue: 0x3332), outboundGeneration: 0x3534, inboundGeneration: 0x3736,
      rule: 0x3938, acknowledgedByInside: 0x3B3A, acknowledgedByOutside: 0x3D3C, acknowledged: 0x3F3E)
  }

  @Test func `a record lies in the region as it always has, each field at its place`() {
    let record = Self.record(0x0302_0100, 0x0706_0504, 0x0B0A_0908, 0x0F0E_0D0C)
    let octets = unsafe withUnsafeBytes(of: record) { unsafe [UInt8]($0) }
    #expect(octets == Array(0..<64))
  }

  @Test func `sides have the names that were given to them, and keep what the other side is given`() {
    var record = Self.record(1, 2, 3, 4)
    #expect(record.insideLocal == IPv4Address(1) && record.outsideLocal == IPv4Address(2))
    #expect(record.insideGlobal == IPv4Address(3) && record.outsideGlobal == IPv4Address(4))
    (record.insideLocal, record.outsideLocal) = (IPv4Address(~5), IPv4Address(~6))
    (record.insideGlobal, record.outsideGlobal) = (IPv4Address(~7), IPv4Address(~8))
    (record.insideLocalPort, record.outsideLocalPort) = (65_001, 65_002)
    (record.insideGlobalPort, record.outsideGlobalPort) = (65_003, 65_004)
    (record.insideInstance, record.outsideInstance) = (RoutingInstance(rawValue: 9), RoutingInstance(rawValue: 10))
    #expect(record.insideLocal == IPv4Address(~5) && record.outsideLocal == IPv4Address(~6))
    #expect(record.insideGlobal == IPv4Address(~7) && record.outsideGlobal == IPv4Address(~8))
    #expect(record.insideLocalPort == 65_001 && record.outsideLocalPort == 65_002)
    #expect(record.insideGlobalPort == 65_003 && record.outsideGlobalPort == 65_004)
    #expect(record.insideInstance == RoutingInstance(rawValue: 9))
    #expect(record.outsideInstance == RoutingInstance(rawValue: 10))
  }

  @Test func `packets leave with what the other side's arrive with, turned round`() {
    let record = Self.record(0x0A00_0001, 0xC000_0201, 0xC633_6401, 0xCB00_7101)
    let outbound = record.outboundKey
    let inbound = record.inboundKey
    #expect(record.addressesLeaving(outbound) == 0xC633_6401_CB00_7101)
    #expect(record.addressesLeaving(inbound) == 0xC000_0201_0A00_0001)
    #expect(record.portsLeaving(outbound) == 0x1514_1716)
    #expect(record.portsLeaving(inbound) == 0x1312_1110)
    #expect(outbound.inOrder(record.addresses[outbound.side]) == outbound.addresses)
    #expect(inbound.inOrder(record.addresses[inbound.side]) == inbound.addresses)
    #expect(record.addressChange(outbound) == ~record.addressChange(inbound))
    #expect(record.portChange(outbound) == ~record.portChange(inbound))
  }
}
