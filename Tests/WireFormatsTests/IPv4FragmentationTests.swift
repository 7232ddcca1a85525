import Testing

@testable import WireFormats

@Suite struct `Cutting a packet` {
  /// A packet with the payload 0, 1, 2, ….
  private func packet(payload: Int, options: [UInt8] = [], fragment: UInt16 = 0) -> [UInt8] {
    let header = 20 + options.count
    let total = header + payload
    var octets: [UInt8] = [0x40 | UInt8(header / 4), 0, UInt8(total >> 8), UInt8(total & 255), 0x12, 0x34]
    octets += [UInt8(fragment >> 8), UInt8(fragment & 255), 64, 17, 0, 0, 10, 0, 0, 1, 192, 0, 2, 1] + options
    let checksum = ~naiveSum(octets)
    (octets[10], octets[11]) = (UInt8(checksum >> 8), UInt8(checksum & 255))
    return octets + (0..<payload).map { UInt8($0 & 255) }
  }

  /// What the cut makes of a packet: nil when it does not cut.
  private func cut(_ packet: [UInt8], mtu: Int) -> [[UInt8]]? {
    let octets = Octets(packet).view
    guard let cut = IPv4Fragmentation(octets, at: 0, mtu: mtu) else { return nil }
    let first = cut.trimFirst(octets)
    var fragments = [(0..<first).map { octets.load8(at: $0) }]
    for number in 1..<cut.count {
      let target = Octets([UInt8](repeating: 0xEE, count: 2000)).view
      let length = cut.write(number, of: octets, to: target, at: 3)
      fragments.append((3..<3 + length).map { target.load8(at: $0) })
    }
    return fragments
  }

  private func isSound(_ fragment: [UInt8]) -> Bool {
    IPv4Header(Octets(fragment).view, at: 0)?.totalLength == fragment.count
  }

  @Test(arguments: [68, 100, 576, 1280, 1499])
  func `gives fragments that fit, in order, and lose nothing`(_ mtu: Int) throws {
    for size in [mtu - 19, mtu - 18, mtu, 2 * mtu - 40, 2 * mtu - 39, 1480, 3000, 4000] where size + 20 > mtu {
      let fragments = try #require(cut(packet(payload: size), mtu: mtu))
      var payload: [UInt8] = []
      for (number, fragment) in fragments.enumerated() {
        #expect(fragment.count <= mtu && isSound(fragment))
        let field = Int(fragment[6]) << 8 | Int(fragment[7])
        #expect(field == payload.count / 8 | (number < fragments.count - 1 ? 0x2000 : 0))
        #expect(fragment[4] == 0x12 && fragment[5] == 0x34)
        payload += fragment.dropFirst(20)
      }
      #expect(payload == (0..<size).map { UInt8($0 & 255) })
    }
  }

  @Test func `of a fragment goes on from its offset and keeps its MF`() throws {
    let fragments = try #require(cut(packet(payload: 1200, fragment: 0x2000 | 185), mtu: 576))
    let fields = fragments.map { Int($0[6]) << 8 | Int($0[7]) }
    #expect(fields == [0x2000 | 185, 0x2000 | 185 + 69, 0x2000 | 185 + 138])
    let last = try #require(cut(packet(payload: 1200, fragment: 185), mtu: 576)?.last)
    #expect(Int(last[6]) << 8 | Int(last[7]) == 185 + 138)
  }

  @Test func `copies the options with the copied flag alone into later fragments`() throws {
    // A no-operation, a record route (not copied), a loose source route (copied) and a router alert (copied).
    let options: [UInt8] = [1, 7, 7, 4, 1, 2, 3, 4, 0x83, 7, 4, 5, 6, 7, 8, 0x94, 4, 0, 0, 0]
    let fragments = try #require(cut(packet(payload: 900, options: options), mtu: 576))
    #expect(fragments.count == 2)
    #expect(Array(fragments[0][20..<40]) == options)
    #expect(fragments[1][0] == 0x48)
    #expect(Array(fragments[1][20..<32]) == [0x83, 7, 4, 5, 6, 7, 8, 0x94, 4, 0, 0, 0])
    #expect(fragments.allSatisfy(isSound))
    #expect(fragments[0].dropFirst(40) + fragments[1].dropFirst(32) == ArraySlice((0..<900).map { UInt8($0 & 255) }))
  }

  @Test(arguments: [[0x83, 9, 4, 5], [0x83, 0, 4, 5], [0x83, 1, 1, 1]] as [[UInt8]])
  func `leaves options with a wrong length to the first fragment`(_ options: [UInt8]) throws {
    let fragments = try #require(cut(packet(payload: 900, options: options), mtu: 576))
    #expect(fragments.map { $0[0] } == [0x46, 0x45])
    #expect(fragments.allSatisfy(isSound))
  }

  @Test func `leaves alone what fits, must not be cut, or would end beyond the largest datagram`() {
    #expect(cut(packet(payload: 480), mtu: 500) == nil)
    #expect(cut(packet(payload: 481, fragment: 0x4000), mtu: 500) == nil)
    #expect(cut(packet(payload: 481, fragment: 0x1FFF), mtu: 500) == nil)
    #expect(cut(Array(packet(payload: 481).dropLast()), mtu: 500) == nil)
  }
}

@Suite struct `The end of an ICMP error's quotation` {
  private func message(type: UInt8, words: UInt8, count: Int) -> [UInt8] {
    [type, 0, 0, 0, 0, words, 0, 0] + [UInt8](repeating: 0, count: count)
  }

  private func end(_ message: [UInt8]) -> Int {
    ICMPExtension.quotationEnd(Octets(message).view, transport: 0, end: message.count)
  }

  @Test(arguments: [3, 11, 12] as [UInt8]) func `is where its length says that extensions begin`(_ type: UInt8) {
    #expect(end(message(type: type, words: 32, count: 160)) == 8 + 128)
    #expect(end(message(type: type, words: 0, count: 160)) == 168)
    #expect(end(message(type: type, words: 41, count: 160)) == 168)
  }

  @Test(arguments: [4, 5] as [UInt8]) func `is the message's own where the message has no length`(_ type: UInt8) {
    #expect(end(message(type: type, words: 32, count: 160)) == 168)
  }

  @Test func `is the message's own where it is shorter than its header`() {
    #expect(ICMPExtension.quotationEnd(Octets([3, 0, 0, 0, 0, 9]).view, transport: 0, end: 6) == 6)
  }
}
