import Configuration
import Glibc
import Replay
import Testing
import WireFormats

@testable import ControlPlane

@Suite struct `The report of a replay` {
  /// A capture with an FTP client at 172.23.0.3, which is inside; `more` is the end of the configuration.
  private func listing(_ more: String = "") throws -> ReplayListing {
    let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let descriptor = unsafe open(root + "/Tests/Captures/ftp-active-passive.pcap", O_RDONLY)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    var octets = [UInt8](repeating: 0, count: 1 << 16)
    octets.removeLast(octets.count - max(0, unsafe read(descriptor, &octets, octets.count)))
    let text = """
      interface inside0
       device tap sp-inside
       ip address 10.255.255.1 255.255.255.0
       ip nat inside
      interface outside0
       device tap sp-outside
       ip address 203.0.113.1 255.255.255.0
       ip nat outside
      ip route 0.0.0.0 0.0.0.0 203.0.113.254
      access-list 10 permit any
      ip nat pool OUT 203.0.113.100 203.0.113.100 prefix-length 24
      ip nat inside source list 10 pool OUT overload
      \(more)
      """
    let client = try #require(IPv4Address("172.23.0.3"))
    let plan = ReplayPlan(
      try GatewayConfiguration.parse(text, file: "test.conf"), inside: [IPv4Prefix(containing: client, length: 32)])
    return ReplayListing(try CaptureReplay(CaptureFile(octets), plan).run { _, _ in }, of: "ftp.pcap")
  }

  @Test func `tells translations, edits, doors and drops, and that all went well`() throws {
    let text = try listing().text
    #expect(text.hasPrefix("ftp.pcap: 254 frames in 0.005 s, 205 played, 49 not\n"))
    #expect(text.contains("tcp  203.0.113.100:59968  172.23.0.3:59968  172.23.0.2:21"))
    #expect(text.contains("PORT 172,23,0,3,178,241 => 203,0,113,100,178,241\n"))
    #expect(text.contains("door tcp 172.23.0.2 -> 203.0.113.100:45809 (172.23.0.3:45809) once, 60 s, waiting\n"))
    #expect(text.contains("tcp 172.23.0.2:20 -> 203.0.113.100:45809  filtered\n"))
    #expect(text.hasSuffix("\nEvery payload address that had to be translated was.\n"))
  }

  @Test func `tells each problem`() throws {
    let text = try listing("ip nat service ftp dry-run\n").text
    #expect(text.contains("problem: a dry run left PORT of ftp as it was\n"))
    #expect(text.contains("problem: 172.23.0.3 went outside in \"PORT 172,23,0,3,178,241\\x0D\\x0A\""))
    #expect(!text.contains("Every payload address"))
  }

  @Test func `is one object in JSON`() throws {
    let json = String(decoding: try listing().json, as: UTF8.self)
    #expect(json.hasPrefix("{\"capture\":\"ftp.pcap\",\"isComplete\":true,\"frames\":254,"))
    #expect(json.hasSuffix("\"problems\":[]}\n"))
    #expect(json.contains("\"drops\":[{\"reason\":\"filtered\",\"packets\":7,"))
  }
}
