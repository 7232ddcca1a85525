import Glibc
import TestSupport
import Testing
import WireFormats

@Suite struct IPv6AddressTests {
  /// The C library's reader, as a judge that is not ours.
  private func reference(_ text: String) -> IPv6Address? {
    var octets = [UInt8](repeating: 0, count: 16)
    guard unsafe inet_pton(AF_INET6, text, &octets) == 1 else { return nil }
    func word(_ part: ArraySlice<UInt8>) -> UInt64 { part.reduce(0) { $0 << 8 | UInt64($1) } }
    return IPv6Address(word(octets[..<8]), word(octets[8...]))
  }

  @Test(arguments: [
    "::", "::1", "1::", "2001:db8::1", "2001:DB8:0:0:8:800:200C:417A", "ff02::1:ff00:1", "1:2:3:4:5:6:7:8",
    "::2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7::", "::ffff:192.0.2.1", "64:ff9b::192.0.2.33", "1:2:3:4:5:6:1.2.3.4", "0:0:0:0:0:0:0:0", "a::b:c",
  ])
  func `what the C library reads is read`(_ text: String) throws {
    let address = try #require(IPv6Address(text))
    #expect(address == reference(text))
    #expect(IPv6Address(address.description) == address)
  }

  @Test(arguments: [
    "", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", "1:2:3:4:5:6:7:",
    ":1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3", "::1.2.3.4:5", "fe80::1%eth0", " ::1", "+1::", "::-1", "1:2:3:4:5:6:7:8::",
    "::01.2.3.4",
  ])
  func `what the C library refuses is refused`(_ text: String) {
    #expect(reference(text) == nil)
    #expect(IPv6Address(text) == nil)
  }

  @Test func `random words of an address's letters are read as the C library reads them`() {
    var random = SeededRandom(seed: 6)
    let letters = Array("0123:::ab.f")
    var read = 0
    for _ in 0..<200_000 {
      let text = String(
        (0..<Int.random(in: 2...14, using: &random)).map { _ in letters.randomElement(using: &random) ?? ":" })
      #expect(IPv6Address(text) == reference(text), "\(text)")
      if IPv6Address(text) != nil { read += 1 }
    }
    #expect(read > 1000)
  }

  @Test(arguments: [
    ("2001:0db8:0000:0000:0001:0000:0000:0001", "2001:db8::1:0:0:1"), ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
    ("0:0:1:0:0:0:0:0", "0:0:1::"), ("1:0:0:2:0:0:0:3", "1:0:0:2::3"), ("0:0:0:0:0:0:0:0", "::"), ("ABCD::", "abcd::"),
    ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
  ])
  func `the text is RFC 5952's`(_ text: String, _ expected: String) {
    #expect(IPv6Address(text)?.description == expected)
  }

  @Test func `a link-local address and a group follow from an Ethernet address and an address`() throws {
    #expect(IPv6Address.linkLocal(of: MACAddress(0x0050_56AB_CDEF)).description == "fe80::250:56ff:feab:cdef")
    let address = try #require(IPv6Address("2001:db8::ab12:3456"))
    #expect(address.solicitedNode.description == "ff02::1:ff12:3456")
    #expect(address.solicitedNode.group.description == "33:33:ff:12:34:56")
  }

  @Test(arguments: [
    ("fe80::1", false, true), ("febf::1", false, true), ("fec0::1", false, false), ("ff02::1", true, false),
    ("::1", true, false),
    ("::ffff:10.0.0.1", true, false), ("::", false, false), ("2001:db8::1", false, false),
  ])
  func `scopes are told apart`(_ text: String, _ isMartian: Bool, _ isLinkLocal: Bool) throws {
    let address = try #require(IPv6Address(text))
    #expect(address.isMartianSource == isMartian)
    #expect(address.isLinkLocal == isLinkLocal)
  }

  @Test func `a prefix has no host bits and contains its network`() throws {
    #expect(IPv6Prefix("2001:db8::1/64") == nil)
    #expect(IPv6Prefix("2001:db8::/129") == nil)
    #expect(IPv6Prefix("2001:db8::/6x") == nil)
    let prefix = try #require(IPv6Prefix("2001:db8:8000::/33"))
    #expect(prefix.contains(try #require(IPv6Address("2001:db8:ffff::1"))))
    #expect(!prefix.contains(try #require(IPv6Address("2001:db8:7fff::1"))))
    #expect(try #require(IPv6Prefix("::/0")).contains(.allNodes))
    #expect(try #require(IPv6Prefix("2001:db8::9/128")).description == "2001:db8::9/128")
  }
}
