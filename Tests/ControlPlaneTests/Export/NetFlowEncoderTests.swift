import Forwarding
import Testing
import Translation
import WireFormats

@testable import ControlPlane

/// An event with a different number in every field.
func sampleEvent(_ kind: TranslationEvent.Kind, port: UInt16 = 5000) -> TranslationEvent {
  var event = TranslationEvent(kind)
  event.time = 2_000_000_000
  event.insideLocal = IPv4Address(0x0A0A_0A0A)
  event.insideGlobal = IPv4Address(0xCB00_7164)
  event.outsideLocal = IPv4Address(0xCB00_710A)
  event.outsideGlobal = IPv4Address(0xCB00_710B)
  event.insideLocalPort = port
  event.insideGlobalPort = 5001
  event.outsideLocalPort = 53
  event.outsideGlobalPort = 54
  event.insideInstance = RoutingInstance(rawValue: 2)
  event.outsideInstance = RoutingInstance(rawValue: 3)
  event.protocolNumber = .udp
  event.firstPort = 2048
  event.lastPort = 2174
  event.portStep = 2
  event.portCount = 64
  event.limit = 777
  return event
}

private let second: UInt64 = 1_000_000_000

private func moment(_ seconds: UInt64) -> Moment {
  Moment(monotonic: seconds * second, unixMilliseconds: 1_700_000_000_000 + seconds * 1000)
}

@Suite struct NetFlowEncoderTests {
  private func decode(_ events: [TranslationEvent], pool: UInt32 = 4) -> (records: [[Int: Int]], problems: [String]) {
    var encoder = NetFlowEncoder(sourceID: 1, start: 0)
    var reader = NaiveNetFlow()
    var records: [[Int: Int]] = []
    for event in events {
      if let packet = encoder.add(event, pool: pool, at: moment(5)) { records += reader.read(packet).records }
    }
    if let packet = encoder.flush(at: moment(5)) { records += reader.read(packet).records }
    return (records, reader.problems)
  }

  @Test(arguments: [(TranslationEvent.Kind.sessionCreated, 4), (.sessionDeleted, 5)])
  func `a session's record has both ends before and after translation`(_ kind: TranslationEvent.Kind, _ number: Int) {
    let (records, problems) = decode([sampleEvent(kind)])
    #expect(problems == [])
    #expect(
      records == [
        [
          323: 1_700_000_002_000, 8: 0x0A0A_0A0A, 225: 0xCB00_7164, 12: 0xCB00_710A, 226: 0xCB00_710B, 7: 5000,
          227: 5001, 11: 53, 228: 54, 234: 2, 235: 3, 4: 17, 230: number,
        ]
      ])
  }

  @Test(arguments: [(TranslationEvent.Kind.bindingCreated, 8), (.bindingDeleted, 9)])
  func `a mapping's record has no outside`(_ kind: TranslationEvent.Kind, _ number: Int) {
    #expect(
      decode([sampleEvent(kind)]).records == [
        [
          323: 1_700_000_002_000, 8: 0x0A0A_0A0A, 225: 0xCB00_7164, 7: 5000, 227: 5001, 234: 2, 4: 17, 230: number,
        ]
      ])
  }

  @Test(arguments: [(TranslationEvent.Kind.addressBindingCreated, 14), (.addressBindingDeleted, 15)])
  func `an address mapping's record has no ports`(_ kind: TranslationEvent.Kind, _ number: Int) {
    #expect(
      decode([sampleEvent(kind)]).records == [
        [323: 1_700_000_002_000, 8: 0x0A0A_0A0A, 225: 0xCB00_7164, 234: 2, 230: number]
      ])
  }

  @Test(arguments: [(TranslationEvent.Kind.portBlockAllocated, 16), (.portBlockReleased, 17)])
  func `a port block's record has its range`(_ kind: TranslationEvent.Kind, _ number: Int) {
    #expect(
      decode([sampleEvent(kind)]).records == [
        [
          323: 1_700_000_002_000, 8: 0x0A0A_0A0A, 225: 0xCB00_7164, 361: 2048, 362: 2174, 363: 2, 364: 64, 234: 2,
          4: 17, 230: number,
        ]
      ])
  }

  @Test func `exhaustion names the pool, and of ports the address too`() {
    #expect(
      decode([sampleEvent(.addressesExhausted), sampleEvent(.portsExhausted)]).records == [
        [323: 1_700_000_002_000, 283: 4, 234: 2, 230: 3],
        [323: 1_700_000_002_000, 225: 0xCB00_7164, 283: 4, 234: 2, 4: 17, 230: 12],
      ])
  }

  @Test func `a quota's record names which, and the limit`() {
    func quota(_ quota: TranslationQuota) -> [[Int: Int]] {
      var event = sampleEvent(.quotaExceeded)
      event.quota = quota
      return decode([event]).records
    }
    let time = 1_700_000_002_000
    for sessions in [TranslationQuota.sessions, .list, .instance] {
      #expect(quota(sessions) == [[323: time, 466: 1, 471: 777, 234: 2, 230: 13]])
    }
    #expect(quota(.mappings) == [[323: time, 466: 2, 472: 777, 230: 13]])
    for host in [TranslationQuota.host, .rate] {
      #expect(quota(host) == [[323: time, 466: 3, 473: 777, 8: 0x0A0A_0A0A, 234: 2, 230: 13]])
    }
  }

  @Test func `events of all kinds share packets, and none exceeds the limit`() {
    for limit in [512, 548, 1400] {
      var encoder = NetFlowEncoder(sourceID: 7, limit: limit, start: 3 * second)
      var reader = NaiveNetFlow()
      var packets: [[UInt8]] = []
      for number in 0..<1000 {
        let kinds = TranslationEvent.Kind.allCases
        let event = sampleEvent(kinds[number * number % kinds.count], port: UInt16(number))
        if let packet = encoder.add(event, pool: 1, at: moment(5)) { packets.append(packet) }
      }
      if let packet = encoder.flush(at: moment(5)) { packets.append(packet) }
      #expect(encoder.flush(at: moment(5)) == nil)
      let read = packets.map { reader.read($0) }
      #expect(reader.problems == [])
      #expect(packets.allSatisfy { $0.count <= limit && $0.count % 4 == 0 })
      #expect(read.map(\.sequence) == Array(0..<packets.count))
      #expect(read.allSatisfy { $0.upTime == 2000 && $0.seconds == 1_700_000_005 && $0.sourceID == 7 })
      #expect(read.reduce(0) { $0 + $1.records.count } == 1000)
      // Ports are told of in the order in which they came.
      let ports = read.flatMap(\.records).filter { $0[230] == 4 }.compactMap { $0[7] }
      #expect(ports == ports.sorted() && !ports.isEmpty)
      // The templates are in the first packet and in every twentieth after it.
      #expect(read.indices.allSatisfy { (read[$0].templates == 9) == ($0 % 20 == 0) })
      #expect(encoder.templateRefreshes == UInt64((packets.count + 19) / 20))
    }
  }

  @Test func `the number of records that surely fit is right`() {
    for limit in [512, 548, 1000, 1400] {
      var encoder = NetFlowEncoder(sourceID: 1, limit: limit, start: 0)
      let count = encoder.guaranteedRecords
      #expect(count >= 1)
      for kind in (0..<count).map({ TranslationEvent.Kind.allCases[$0 % 11] }) {
        #expect(encoder.add(sampleEvent(kind), pool: 1, at: moment(1)) == nil)
      }
    }
  }

  @Test func `templates go first, and again every minute though nothing happens`() {
    var encoder = NetFlowEncoder(sourceID: 1, start: 0)
    var reader = NaiveNetFlow()
    var sent: [UInt64] = []
    for now in UInt64(0)..<130 {
      guard let packet = encoder.due(at: moment(now)) else { continue }
      #expect(reader.read(packet).templates == 9)
      sent.append(now)
    }
    #expect(sent == [0, 60, 120])
    #expect(reader.problems == [])
  }

  @Test func `a record waits a second for others`() {
    var encoder = NetFlowEncoder(sourceID: 1, start: 0)
    _ = encoder.due(at: moment(1))
    #expect(encoder.add(sampleEvent(.sessionCreated), pool: 0, at: moment(2)) == nil)
    #expect(encoder.due(at: Moment(monotonic: 3 * second - 1, unixMilliseconds: 0)) == nil)
    let packet = encoder.due(at: moment(3))
    #expect(packet?.count == 20 + 4 + 44)
  }

  @Test func `an event from before the moment has its own time`() {
    #expect(moment(5).unixMilliseconds(at: 4_250_000_000) == 1_700_000_004_250)
    #expect(moment(5).unixMilliseconds(at: 6_000_000_000) == 1_700_000_006_000)
  }
}
