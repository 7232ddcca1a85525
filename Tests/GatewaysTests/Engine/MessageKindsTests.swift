import TestSupport
import Testing
import Translation

@testable import Gateways

@Suite("Messages by their kinds")
struct MessageKindsTests {
  private static let ftp = FTPGateway.id
  private static let sip = SIPGateway.id

  @Test func `are counted for each gateway, in a row and in turn`() {
    var kinds = MessageKinds()
    for _ in 0..<3 { kinds.count("NOOP", of: Self.ftp) }
    #expect(kinds.counts(of: Self.ftp) == ["NOOP": 3])
    kinds.count("NOOP", of: Self.sip)
    for _ in 0..<2 {
      kinds.count("PORT", of: Self.ftp)
      kinds.count("200", of: Self.ftp)
    }
    kinds.count("NOOP", of: Self.ftp)
    #expect(kinds.counts(of: Self.ftp) == ["NOOP": 4, "PORT": 2, "200": 2])
    #expect(kinds.counts(of: Self.ftp) == ["NOOP": 4, "PORT": 2, "200": 2], "to look changes nothing")
    #expect(kinds.counts(of: Self.sip) == ["NOOP": 1])
    #expect(kinds.counts(of: DNSGateway.id) == [:])
  }

  @Test func `beyond a bound are counted together, and none is lost`() {
    var random = SeededRandom(seed: 73)
    var kinds = MessageKinds()
    var model: [String: UInt64] = [:]
    for _ in 0..<20_000 {
      let kind = "K\(random.number(in: 0...200))"
      for _ in 0..<random.number(in: 1...4) {
        kinds.count(kind, of: Self.ftp)
        let name = model[kind] != nil || model.count < MessageKinds.maximum ? kind : "other"
        model[name, default: 0] += 1
      }
      if random.oneIn(50) { #expect(kinds.counts(of: Self.ftp) == model) }
    }
    #expect(kinds.counts(of: Self.ftp) == model)
    #expect(model.count == MessageKinds.maximum + 1)
  }
}
