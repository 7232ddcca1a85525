import TestSupport
import Testing

@testable import ControlPlane

@Suite struct `A request` {
  @Test func `is read from the line that it writes`() throws {
    let request = Request(format: .json, words: ["show", "ip", "nat", "translations"])
    let line = try #require(request.line)
    #expect(line == Array("sallyport/1 json show ip nat translations\n".utf8))
    #expect(try Request(line: line.dropLast()) == request)
  }

  @Test(arguments: [
    ("", Request.Malformation.wrongVersion("")), ("show workers", .wrongVersion("show")),
    ("sallyport/2 text show", .wrongVersion("sallyport/2")), ("sallyport/1", .unknownFormat("")),
    ("sallyport/1 xml show", .unknownFormat("xml")), ("sallyport/1 text show\tworkers", .notText),
    ("sallyport/1 text show\r", .notText),
  ])
  func `that is none is refused with the reason`(line: String, reason: Request.Malformation) {
    #expect(throws: reason) { try Request(line: Array(line.utf8)) }
  }

  @Test func `is not made of words that a line cannot hold`() {
    for words in [["a b"], [""], ["a\n"], [String(repeating: "a", count: Request.maximumSize)]] {
      #expect(Request(format: .text, words: words).line == nil)
    }
  }

  @Test func `may be any octets without harm`() {
    var generator = SeededRandom(seed: 2)
    #expect(throws: Request.Malformation.notText) { try Request(line: [0xFF, 0xFE]) }
    for _ in 0..<20_000 {
      let noise = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
        UInt8.random(in: 0...255, using: &generator)
      }
      let line = Bool.random(using: &generator) ? noise : Array("sallyport/1 text ".utf8) + noise
      // What is accepted can be said again.
      if let request = try? Request(line: line), !request.words.isEmpty {
        #expect((try? Request(line: request.line?.dropLast() ?? [])) == request)
      }
    }
  }
}

@Suite struct `An answer` {
  private let frames: [AnswerFrame] = [
    .data(Array("first\nline".utf8)), .data([]), .note("half way"),
    .data([UInt8](repeating: 10, count: AnswerFrame.maximumSize)), .error("show x\n     ^\nInvalid input"), .end,
  ]

  @Test(arguments: [1, 2, 7, 100, 4096, 1 << 20])
  func `is the same in whatever pieces it arrives`(size: Int) throws {
    let octets = frames.flatMap(\.octets)
    var reader = AnswerReader()
    var read: [AnswerFrame] = []
    for start in stride(from: 0, to: octets.count, by: size) {
      reader.append(octets[start..<min(octets.count, start + size)])
      while let frame = try reader.next() { read.append(frame) }
    }
    #expect(read == frames)
  }

  @Test(arguments: ["data -1\n", "data 65537\n", "data x\n", "hello 5\nhello", "data 5 5\n", "0123456789012345678"])
  func `of another protocol is recognised`(text: String) {
    var reader = AnswerReader()
    reader.append(Array(text.utf8))
    #expect(throws: AnswerReader.Malformed.self) { try reader.next() }
  }

  @Test func `of any octets does no harm`() {
    var generator = SeededRandom(seed: 3)
    let pieces = ["data ", "5\n", "end\n", "error ", "\n", "99999999999999999999\n", "note 3\nabc", "\u{0}"]
    for _ in 0..<5_000 {
      var reader = AnswerReader()
      for _ in 0..<Int.random(in: 1...8, using: &generator) {
        reader.append(Array(pieces.randomElement(using: &generator)!.utf8))
        do { while let frame = try reader.next() { if frame.isLast { break } } } catch { break }
      }
    }
  }

  @Test func `longer than a part is sent in several`() async throws {
    let sink = CollectingSink()
    let octets = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
    try await sink.send(octets)
    #expect(sink.all.count == 4)
    let joined = sink.all.flatMap { frame -> [UInt8] in
      if case .data(let octets) = frame { octets } else { [] }
    }
    #expect(joined == octets)
  }
}
