import Configuration
import Gateways
import Glibc
import TestSupport
import Testing
import Translation
import WireFormats

@testable import Replay

/// Captures of others'. Those under Tests/Captures are always there; the corpus is where SALLYPORT_CORPUS says, or beside
/// the checkout in shared/corpus, and without it these tests are skipped.
enum Corpus {
  private static let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
  static let captures = root + "/Tests/Captures"
  static let directory: String? = {
    let places = [unsafe getenv("SALLYPORT_CORPUS").map { unsafe String(cString: $0) }, root + "/../shared/corpus"]
    return places.compactMap(\.self).first { unsafe access($0 + "/MANIFEST.md", R_OK) == 0 }
  }()
  static let absence: Comment = "no corpus: set SALLYPORT_CORPUS to its directory"

  static func file(_ path: String) throws -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    try #require(descriptor >= 0, "\(path) cannot be opened")
    defer { close(descriptor) }
    var octets: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = unsafe read(descriptor, &piece, piece.count)
      guard count > 0 else { return octets }
      octets += piece[..<count]
    }
  }

  /// The captures of a folder.
  static func files(_ folder: String) -> [String] {
    guard let directory, let stream = unsafe opendir(directory + "/" + folder) else { return [] }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
        unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name.hasSuffix(".pcap") || name.hasSuffix(".pcapng") { names.append("\(directory)/\(folder)/\(name)") }
    }
    return names.sorted()
  }

  /// The hosts of a capture.
  static func hosts(_ file: [UInt8]) throws -> [IPv4Address] {
    let capture = try CaptureFile(file)
    let packets = (0..<capture.count).compactMap { try? capture.packet($0).get() }
    return Set(packets.map(\.source)).filter { !$0.isMartianSource }.sorted()
  }

  /// A replay with one host inside, which shares an address or has one of its own.
  static func replay(_ file: [UInt8], inside host: IPv4Address, isStatic: Bool) throws -> Replayed {
    let rule =
      isStatic
      ? "ip nat inside source static \(host) 203.0.113.200"
      : "access-list 10 permit any\nip nat pool OUT 203.0.113.200 203.0.113.200 prefix-length 24\n"
        + "ip nat inside source list 10 pool OUT overload"
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
      \(rule)

      """
    let configuration = try GatewayConfiguration.parse(text, file: "corpus.conf")
    return try Replayed(
      file,
      ReplayPlan(
        interfaces: configuration.interfaces, routes: configuration.routes, translation: configuration.translation,
        engine: configuration.engineSettings, insideNetworks: [IPv4Prefix(containing: host, length: 32)]))
  }
}

@Suite struct `Captures of others'` {
  @Test func `have seven PORT commands, and as many doors that the server knocks at too early`() throws {
    let file = try Corpus.file(Corpus.captures + "/ftp-active-passive.pcap")
    let client = try #require(IPv4Address("172.23.0.3"))
    let replayed = try Corpus.replay(file, inside: client, isStatic: false)
    #expect(replayed.problems == [] && replayed.wrongChecksums == 0)
    #expect(replayed.report.entries.flatMap(\.edits).count { $0.field == "PORT" } == 7)
    // This server connects before it has answered the command, when the doors wait for its answer (rule R5).
    #expect(replayed.report.drops == [.filtered: 7])
    let doors = replayed.report.entries.flatMap(\.doors).map(\.grant.insideGlobalPort)
    #expect(replayed.report.firstDrops.map(\.destination.port) == doors)
    #expect(replayed.report.skipped[.unaddressed] == nil)
  }

  @Test func `have seven answers to PASV, and as many doors that the client uses`() throws {
    let file = try Corpus.file(Corpus.captures + "/ftp-active-passive.pcap")
    let server = try #require(IPv4Address("172.23.0.2"))
    let replayed = try Corpus.replay(file, inside: server, isStatic: true)
    #expect(replayed.problems == [] && replayed.report.drops == [:] && replayed.wrongChecksums == 0)
    #expect(replayed.report.entries.flatMap(\.edits).count { $0.field == "227" } == 7)
  }

  @Test func `have a hundred PORT commands with the address of somebody else, which open nothing`() throws {
    let file = try Corpus.file(Corpus.captures + "/ftp-port-storm.pcap")
    let client = try #require(IPv4Address("10.0.0.1"))
    let replayed = try Corpus.replay(file, inside: client, isStatic: false)
    #expect(replayed.report.entries.flatMap(\.remarks).count { $0.hasPrefix("bounce") } == 108)
    #expect(replayed.report.entries.flatMap(\.doors).isEmpty && replayed.wrongChecksums == 0)
  }

  @Test(
    .enabled(if: Corpus.directory != nil, Corpus.absence), arguments: ["FTP", "TFTP", "DNS", "FRAG", "ICMP", "VLAN"])
  func `come to an end with either host inside, and leave nothing unsound`(folder: String) throws {
    let files = Corpus.files(folder)
    #expect(!files.isEmpty)
    for path in files {
      let file = try Corpus.file(path)
      let hosts: [IPv4Address]
      do {
        hosts = try Corpus.hosts(file)
      } catch CaptureError.linkType {
        // PPP and the like: refused, and said to be.
        continue
      }
      for host in hosts.prefix(8) {
        for isStatic in [false, true] {
          guard let replayed = try? Corpus.replay(file, inside: host, isStatic: isStatic) else { continue }
          #expect(replayed.wrongChecksums == 0, "\(path) with \(host) inside")
          let counted = replayed.report.played + replayed.report.skipped.values.reduce(0, +)
          #expect(counted == replayed.report.frames)
          #expect(replayed.outside.allSatisfy { $0.source != host && $0.destination != host }, "\(path)")
        }
      }
    }
  }

  @Test(
    .enabled(if: Corpus.directory != nil, Corpus.absence),
    arguments: [
      ("FTP/passive_public.pcap", "192.168.1.212", false), ("FTP/port_bug3519.pcap", "192.168.0.13", false),
      ("FTP/port_bug3519.pcap", "192.168.0.10", true), ("FTP/eprt_family2_over_ipv4.pcap", "1.1.1.1", false),
      ("TFTP/short_wrong_sizes.pcap", "192.168.1.1", true), ("TFTP/short_wrong_sizes.pcap", "192.168.1.2", true),
      ("DNS/private_a_answers.pcap", "10.30.28.90", true), ("DNS/private_a_answers.pcap", "10.30.28.94", true),
      ("DNS/tcp_basic.pcap", "10.180.156.141", true), ("DNS/tcp_edns_cookie.pcap", "192.168.0.9", false),
      ("DNS/ptr_private_nmap.pcap", "192.168.1.71", true), ("DNS/ptr_and_services.pcap", "172.16.238.131", true),
      ("SIP/hold_transfer.pcapng", "10.180.110.58", false), ("SIP/register_trunk.pcapng", "10.180.110.58", false),
    ])
  func `of the corpus leave no address untranslated`(name: String, host: String, isStatic: Bool) throws {
    let directory = try #require(Corpus.directory)
    let address = try #require(IPv4Address(host))
    let replayed = try Corpus.replay(Corpus.file("\(directory)/\(name)"), inside: address, isStatic: isStatic)
    #expect(replayed.problems == [] && replayed.wrongChecksums == 0)
    #expect(replayed.report.translations.contains { $0.outbound > 0 })
  }
}
