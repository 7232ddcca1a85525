import Foundation
import GatewayTestSupport
import TestSupport
import Testing
import Translation
import WireFormats

@testable import Gateways

/// RFC 4475's messages and others that were made to hurt, where the corpus is at hand.
@Suite("SIP torture messages")
struct SIPTortureTests {
  /// Where SALLYPORT_CORPUS says, or beside the checkout in shared/corpus.
  private static let corpus: URL = {
    if let place = ProcessInfo.processInfo.environment["SALLYPORT_CORPUS"] { return URL(filePath: place) }
    let root = URL(filePath: #filePath).appending(path: "../../../../..").standardized
    return root.appending(path: "shared/corpus")
  }()

  private static func messages(in folder: String) -> [(name: String, octets: [UInt8])] {
    let place = corpus.appending(path: "SIP/" + folder)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: place.path)) ?? []
    return names.sorted().compactMap { name in
      (try? Data(contentsOf: place.appending(path: name))).map { (name, Array($0)) }
    }
  }

  private static let folders = [
    "rfc4475/valid", "rfc4475/invalid", "rfc4475/application_layer", "messages_kamailio", "messages_sofia",
  ]
  private static var isAbsent: Bool { messages(in: folders[0]).isEmpty }

  /// Messages of RFC 4475 that no reader of first lines can take for SIP: they pass as they are.
  private static let unread: Set<String> = ["ltgtruri.dat", "lwsstart.dat", "bigcode.dat"]

  @Test(.disabled(if: isAbsent, "no corpus: set SALLYPORT_CORPUS to its directory"), arguments: folders)
  func `pass both ways, as one datagram and as a stream in any pieces`(_ folder: String) {
    for (name, octets) in Self.messages(in: folder) {
      for direction in [Direction.outbound, .inbound] {
        var talk = Conversation(SIPGateway.self, opened: direction, transport: .udp, options: .readsParts)
        talk.datagram(octets, direction)
        if talk.edits.isEmpty { #expect(talk.steppedAside != nil || talk.passed[direction] == octets, "\(name)") }
        var streams: [[UInt8]] = []
        for size in [1, 7, 100_000] {
          var stream = Conversation(SIPGateway.self, opened: direction, options: .readsParts)
          for start in stride(from: 0, to: octets.count, by: size) {
            stream.send(Array(octets[start..<min(start + size, octets.count)]), direction)
          }
          stream.send([], direction, ending: true)
          streams.append(stream.passed[direction] ?? [])
        }
        #expect(streams[0] == streams[2] && streams[1] == streams[2], "\(name)")
      }
    }
  }

  @Test(
    .disabled(if: isAbsent, "no corpus: set SALLYPORT_CORPUS to its directory"),
    arguments: ["valid", "application_layer", "invalid"])
  func `are read where RFC 4475 says that they can be`(_ folder: String) {
    for (name, octets) in Self.messages(in: "rfc4475/" + folder) {
      let isRead = SIPMessage(octets.span) != nil
      #expect(isRead == !Self.unread.contains(name), "\(name)")
    }
  }

  @Test(.disabled(if: isAbsent, "no corpus: set SALLYPORT_CORPUS to its directory"), arguments: folders)
  func `come back as they left`(_ folder: String) {
    for (name, octets) in Self.messages(in: folder) {
      guard let message = SIPMessage(octets.span),
        let first = message.addresses.first(where: { $0.place == .viaSentBy })
      else { continue }
      // The host of the first Via is the one inside.
      var talk = Conversation(SIPGateway.self, transport: .udp, options: .readsParts) {
        $0.insideLocal = first.address
        $0.insideLocalPort = first.port ?? 5060
      }
      talk.datagram(octets, .outbound)
      let left = talk.passed[.outbound] ?? []
      guard talk.errors.isEmpty, left != octets else { continue }
      talk.datagram(left, .inbound)
      #expect(
        String(decoding: talk.passed[.inbound] ?? [], as: UTF8.self) == String(decoding: octets, as: UTF8.self),
        "\(name)")
    }
  }
}
