import Testing
import WireFormats

@testable import sallyport_load

@Suite struct `What the command line may say` {
  @Test func `of an end`() throws {
    let plain = try #require(EndArgument(argument: "eth0"))
    #expect(plain.kind == .packetSocket && plain.device == "eth0" && plain.namespacePath == nil)
    let tap = try #require(EndArgument(argument: "tap:load0@lab-lan"))
    #expect(tap.kind == .tap && tap.device == "load0" && tap.namespacePath == "/run/netns/lab-lan")
    #expect(tap.text == "tap:load0@lab-lan")
    #expect(EndArgument(argument: "eth0@/proc/7/ns/net")?.namespacePath == "/proc/7/ns/net")
  }

  @Test(arguments: ["", "tap:", "@x", "eth0@", "a/b", "sixteen-letters-x"])
  func `and what is no end`(text: String) { #expect(EndArgument(argument: text) == nil) }

  @Test func `of addresses`() throws {
    let range = try #require(AddressRange(argument: "10.0.0.250+10"))
    #expect(range[9] == IPv4Address(0x0A00_0103))
    #expect(range.index(of: IPv4Address(0x0A00_0103)) == 9)
    #expect(!range.contains(IPv4Address(0x0A00_0104)) && !range.contains(IPv4Address(0x0A00_00F9)))
    #expect(AddressRange(argument: "192.0.2.1")?.count == 1)
  }

  @Test(
    arguments: [
      "", "10.0.0.1+", "10.0.0.1+0", "10.0.0.1+-1", "10.0.0.1+2+3", "10.0.0+1", "127.0.0.1", "224.0.0.1",
      "223.255.255.255+2", "10.0.0.1+1048577", "0.0.0.0+2",
    ])
  func `and what are no addresses`(text: String) { #expect(AddressRange(argument: text) == nil) }

  @Test(arguments: ["", "17", "1473", "64,", "64,x", "big"])
  func `and what are no sizes`(text: String) { #expect(DatagramSizes(argument: text) == nil) }

  @Test(arguments: ["loss", "<=1", "loss<1", "loss<=", "loss<=x", "loss=<1", "loss<=nan"])
  func `and what is no expectation`(text: String) { #expect(Expectation(argument: text) == nil) }

  @Test func `of expectations, which a report meets or does not`() throws {
    var report = Report()
    report.add("loss", "part lost", .fraction(0.25))
    for (text, holds) in [
      ("loss<=0.25", true), ("loss<=0.2", false), ("loss>=0.25", true), ("loss>=0.3", false), ("loss=0.25", true),
      ("loss=0", false),
    ] {
      #expect(try #require(Expectation(argument: text)).holds(in: report) == holds, "\(text)")
    }
    #expect(try #require(Expectation(argument: "gain<=1")).holds(in: report) == nil)
  }
}

@Suite struct `A report` {
  @Test func `is JSON on one line, whatever a name holds`() {
    var report = Report()
    report.add("n", "n", .count(12_345))
    report.add("r", "r", .real(-1.0005))
    report.add("f", "f", .fraction(0.000_000_125))
    #expect(
      report.json(facts: [("word", "a\"b\\c\nd")])
        == #"{"word": "a\"b\\c\u000ad", "n": 12345, "r": -1.001, "f": 0.000000125}"#)
  }

  @Test func `is a table in columns`() {
    var report = Report()
    report.add("a", "packets", .count(1_234_567), unit: "/s")
    report.add("b", "part lost", .fraction(0))
    #expect(report.table == "packets    1 234 567 /s\npart lost   0.000000")
  }
}
