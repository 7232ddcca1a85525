import TestSupport
import Testing
import WireFormats

@Suite struct IPv4AddressTests {
  @Test(arguments: ["0.0.0.0", "10.10.10.1", "203.0.113.254", "255.255.255.255", "1.2.3.4"])
  func `an address that is read is printed as it was`(_ text: String) throws {
    #expect(try #require(IPv4Address(text)).description == text)
  }

  @Test(arguments: [
    "", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.1000", "01.2.3.4", "1.2.3.00", "1..2.3", "1.2.3.", ".1.2.3",
    "1.2.3.-4", "+1.2.3.4", "1.2.3.4 ", " 1.2.3.4", "a.b.c.d", "1.2.3.4/8", "١.2.3.4", "0x1.2.3.4",
  ])
  func `anything else is refused`(_ text: String) { #expect(IPv4Address(text) == nil) }

  @Test func `random addresses survive printing and reading`() {
    var random = SeededRandom(seed: 6)
    for _ in 0..<1000 {
      let address = IPv4Address(UInt32(truncatingIfNeeded: random.next()))
      #expect(IPv4Address(address.description) == address)
    }
  }

  @Test(arguments: [
    ("0.1.2.3", true), ("127.0.0.1", true), ("224.0.0.1", true), ("240.0.0.1", true), ("255.255.255.255", true),
    ("10.0.0.1", false), ("223.255.255.255", false), ("1.0.0.0", false), ("128.0.0.0", false),
  ])
  func `sources that may not appear on the wire are martian`(_ text: String, _ isMartian: Bool) throws {
    #expect(try #require(IPv4Address(text)).isMartianSource == isMartian)
  }

  @Test func `an address is surely unicast unless it shares a thirty-second of all with one that is not`() {
    for top in UInt32(0)...255 {
      let address = IPv4Address(top << 24 | 0x01_0203)
      let neighbors = (top & ~7...top | 7).map { IPv4Address($0 << 24) }
      #expect(address.isSurelyUnicast == !neighbors.contains { $0.isMartianSource })
    }
  }

  @Test func `multicast is 224 to 239, loopback is 127`() throws {
    #expect(try #require(IPv4Address("239.255.255.255")).isMulticast)
    #expect(try !#require(IPv4Address("240.0.0.0")).isMulticast)
    #expect(try #require(IPv4Address("127.255.0.1")).isLoopback)
    #expect(try !#require(IPv4Address("128.0.0.1")).isLoopback)
  }
}

@Suite struct IPv4PrefixTests {
  @Test func `host bits are cut off`() throws {
    let prefix = IPv4Prefix(containing: try #require(IPv4Address("10.10.10.77")), length: 24)
    #expect(prefix.description == "10.10.10.0/24")
    #expect(prefix.broadcast == IPv4Address("10.10.10.255"))
    #expect(prefix.contains(try #require(IPv4Address("10.10.10.255"))))
    #expect(try !prefix.contains(#require(IPv4Address("10.10.11.0"))))
  }

  @Test(arguments: UInt8(0)...32) func `a mask's length is found again`(_ length: UInt8) {
    #expect(IPv4Prefix.length(ofMask: IPv4Address(IPv4Prefix.mask(length))) == length)
    let prefix = IPv4Prefix(containing: .broadcast, length: length)
    #expect(prefix.range.upperBound == .broadcast)
    #expect((prefix.broadcast == nil) == (length >= 31))
  }

  @Test(arguments: ["255.0.255.0", "0.0.0.1", "255.255.255.253", "127.255.255.255"])
  func `a mask with a gap has no length`(_ text: String) throws {
    #expect(IPv4Prefix.length(ofMask: try #require(IPv4Address(text))) == nil)
  }
}

@Suite struct MACAddressTests {
  @Test func `an address that is read is printed as it was`() throws {
    #expect(try #require(MACAddress("02:00:5e:10:00:ff")).description == "02:00:5e:10:00:ff")
    #expect(try #require(MACAddress("02:00:5e:10:00:ff")).rawValue == 0x0200_5E10_00FF)
  }

  @Test(arguments: [
    "", "02:00:5e:10:00", "02:00:5e:10:00:ff:01", "2:0:5e:10:0:ff", "02-00-5e-10-00-ff", "+1:00:00:00:00:00",
    "0g:00:00:00:00:00", "-1:00:00:00:00:00", "-0:00:00:00:00:00",
  ])
  func `anything else is refused`(_ text: String) { #expect(MACAddress(text) == nil) }

  @Test func `the group bit is the lowest of the first octet`() throws {
    #expect(try #require(MACAddress("01:00:5e:00:00:01")).isGroup)
    #expect(MACAddress.broadcast.isGroup)
    #expect(try !#require(MACAddress("02:ff:ff:ff:ff:ff")).isGroup)
  }
}

@Suite struct IPProtocolTests {
  @Test func `names are IOS's, other protocols are numbers`() {
    #expect(
      [1, 6, 17, 47, 50, 132].map { IPProtocol(rawValue: $0).description } == [
        "icmp", "tcp", "udp", "gre", "esp", "132",
      ])
  }
}
