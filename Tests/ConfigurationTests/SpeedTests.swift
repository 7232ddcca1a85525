import Testing
import Translation

@testable import Configuration

@Suite struct Speed {
  /// Nothing in reading or rendering may look at all entries for each entry: that would be 10 000 000 000 comparisons
  /// here, hours instead of seconds without optimization.
  @Test(.timeLimit(.minutes(3)))
  func `ten thousand rules and a hundred thousand static entries are read and rendered`() throws {
    var text = "interface out0\n device tap t\n ip address 203.0.113.1 255.255.255.0\n"
    for number in 0..<10_000 {
      let (high, low) = (number >> 8, number & 255)
      text += "ip access-list extended L\(number)\n"
      text += " permit ip 10.\(high).\(low).0 0.0.0.255 any\n"
      text += "ip nat pool P\(number) 198.18.\(high).\(low) 198.18.\(high).\(low) prefix-length 24\n"
      text += "ip nat inside source list L\(number) pool P\(number) overload\n"
    }
    for number in 0..<100_000 {
      let host = "\(number >> 16).\(number >> 8 & 255).\(number & 255)"
      text += "ip nat inside source static tcp 172.\(host) 80 192.\(host) 8080\n"
    }
    let gateway = try parse(text)
    #expect(gateway.translation.dynamicRules.count == 10_000)
    #expect(gateway.translation.pools.count == 10_000)
    #expect(gateway.translation.staticTranslations.count == 100_000)
    #expect(gateway.render().utf8.count > 5_000_000)
  }
}
