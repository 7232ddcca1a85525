/// The fuzzer's input as a sequence of choices; zeros behind its end.
struct InputReader {
  private let input: [UInt8]
  private var position = 0

  init(_ input: [UInt8]) { self.input = input }

  /// Whether all octets have been read.
  var isAtEnd: Bool { position >= input.count }

  /// The next octet.
  mutating func next() -> UInt8 {
    guard position < input.count else { return 0 }
    defer { position += 1 }
    return input[position]
  }

  /// The next two octets as a number.
  mutating func next16() -> UInt16 { UInt16(next()) << 8 | UInt16(next()) }

  /// The next `count` octets, fewer at the end.
  mutating func octets(_ count: Int) -> [UInt8] {
    let taken = input.dropFirst(position).prefix(count)
    position += taken.count
    return Array(taken)
  }

  /// One of `choices`, by the next octet.
  mutating func pick<Element>(_ choices: [Element]) -> Element { choices[Int(next()) % choices.count] }
}
