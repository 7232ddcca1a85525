import Configuration
import Dataplane
import Forwarding
import Glibc
import Testing
import Translation

@testable import ControlPlane

/// What the documents say must stay true. With SALLYPORT_WRITE_DOCS set, the table of drop reasons is written anew.
@Suite struct `The documents` {
  private static let heading = "| reason | what happened |\n|---|---|\n"

  @Test func `docs/operating.md has every drop reason with its sentence`() throws {
    let rows = DropReason.allCases.map { "| `\($0.name)` | \($0.sentence) |\n" }.joined()
    var document = try read("operating.md")
    let start = try #require(document.firstRange(of: Self.heading)).upperBound
    let end = document[start...].firstRange(of: "\n\n")?.lowerBound ?? start
    if unsafe getenv("SALLYPORT_WRITE_DOCS") != nil {
      document.replaceSubrange(start..<end, with: rows.dropLast())
      try write(document, "operating.md")
    } else {
      #expect(document[start..<end] + "\n" == rows, "SALLYPORT_WRITE_DOCS=1 swift test --filter documents mends it")
    }
  }

  @Test func `docs/operating.md has every counter`() throws {
    let document = try read("operating.md")
    let names =
      TranslationCounter.allCases.map { "\($0)" } + LoadCounter.allCases.map { "\($0)" }
      + InterfaceCounter.allCases.map { "\($0)" }
    for name in names {
      #expect(
        document.split(separator: "\n").contains {
          $0.hasPrefix("| `") && $0.split(separator: "|")[0].contains("`\(name)`")
        },
        "\(name) has no line in the table of counters")
    }
  }

  @Test func `docs/examples/gateway.conf is a configuration without errors`() throws {
    let configuration = try GatewayConfiguration.parse(read("examples/gateway.conf"), file: "gateway.conf")
    #expect(configuration.interfaces.map(\.name) == ["inside0", "outside0"])
    #expect(configuration.translation.staticTranslations.count == 2)
  }

  private func path(_ name: String) -> String {
    let directory = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return "/\(directory)/docs/\(name)"
  }

  private func read(_ name: String) throws -> String {
    let descriptor = unsafe open(path(name), O_RDONLY)
    try #require(descriptor >= 0, "\(path(name)) cannot be opened")
    defer { close(descriptor) }
    var octets: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
      guard count > 0 else { return String(decoding: octets, as: UTF8.self) }
      octets += buffer[..<count]
    }
  }

  private func write(_ text: String, _ name: String) throws {
    let descriptor = unsafe open(path(name), O_WRONLY | O_TRUNC)
    try #require(descriptor >= 0, "\(path(name)) cannot be opened")
    defer { close(descriptor) }
    let octets = Array(text.utf8)
    let written = unsafe octets.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
    #expect(written == octets.count)
  }
}
