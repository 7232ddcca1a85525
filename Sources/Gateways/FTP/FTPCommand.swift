import WireFormats

/// An address and a port in an FTP message, and where they stand.
struct FTPEndpoint: Hashable {
  var endpoint: Endpoint
  /// The octets that say it: `h1,h2,h3,h4,p1,p2` or `|1|address|port|`.
  var range: Range<Int>
}

/// A line that a client sends (RFC 959 section 5.3).
struct FTPCommand: Hashable {
  enum Verb: Hashable {
    /// RFC 959.
    case port(FTPEndpoint)
    /// RFC 2428 section 2, for IPv4.
    case extendedPort(FTPEndpoint)
    case passive
    /// RFC 2428 section 3.
    case extendedPassive
    /// RFC 4217 and RFC 2228.
    case auth
    /// Anything else.
    case other
  }

  var verb: Verb
  /// The word in capitals.
  var word: String

  /// Letters of the longest word: four, and `XCUP` and its like have no more.
  private static let longestWord = 8

  /// Reads a line with its end; nil when it is no command.
  init?(_ line: Span<UInt8>) {
    guard let start = Self.skipTelnet(line) else { return nil }
    var end = start
    while let octet = line.octet(end), octet.isLetter { end += 1 }
    guard (3...Self.longestWord).contains(end - start), let next = line.octet(end),
      next == 0x20 || next == 0x0D || next == 0x0A
    else { return nil }
    let letters = Letters(line, start..<end)
    word = letters.string
    var argument = end
    while line.octet(argument) == 0x20 { argument += 1 }
    switch letters {
    case "PORT":
      guard let endpoint = FTPEndpoint(commas: line, at: argument) else { return nil }
      verb = .port(endpoint)
    case "EPRT":
      guard let octet = line.octet(argument), line.octet(argument + 1) != nil else { return nil }
      // Another family, or another separator's second octet, is none of ours but a command nevertheless.
      verb = FTPEndpoint(separated: line, at: argument, by: octet).map { .extendedPort($0) } ?? .other
    case "PASV": verb = .passive
    case "EPSV": verb = line.matches("ALL", at: argument) ? .other : .extendedPassive
    case "AUTH": verb = .auth
    default: verb = .other
    }
  }

  /// A word's letters in capitals, eight at most, in one number: a string would be longer in the making than all else.
  private struct Letters: Equatable, ExpressibleByStringLiteral {
    private var packed: UInt64 = 0

    init(_ line: Span<UInt8>, _ range: Range<Int>) {
      for index in range { packed = packed << 8 | UInt64(line[index].uppercased) }
    }

    init(stringLiteral word: StaticString) {
      word.withUTF8Buffer { letters in
        for place in letters.indices { packed = unsafe packed << 8 | UInt64(letters[place]) }
      }
    }

    var string: String {
      unsafe String(unsafeUninitializedCapacity: FTPCommand.longestWord) { buffer in
        let count = (71 - packed.leadingZeroBitCount) / 8
        for place in 0..<count {
          unsafe buffer[place] = UInt8(truncatingIfNeeded: packed >> UInt64(8 * (count - 1 - place)))
        }
        return count
      }
    }
  }

  /// Where a line begins behind telnet's commands (RFC 854): an interrupt and a synch come before ABOR. Nil while the last
  /// of them is not complete.
  private static func skipTelnet(_ line: Span<UInt8>) -> Int? {
    var at = 0
    while line.octet(at) == 0xFF {
      guard let command = line.octet(at + 1) else { return nil }
      guard command >= 0xF0, command < 0xFF else { return at }
      // WILL, WONT, DO and DONT have an option behind them.
      let length = command >= 0xFB ? 3 : 2
      guard at + length <= line.count else { return nil }
      at += length
    }
    while line.octet(at) == 0xF2 { at += 1 }
    return at
  }

  /// Whether the first octets of a line can become a command: what a stranger sends cannot (rule R1).
  static func canBegin(_ octets: Span<UInt8>) -> Bool {
    guard let start = skipTelnet(octets) else { return true }
    var at = start
    while let octet = octets.octet(at) {
      if !octet.isLetter { break }
      at += 1
    }
    guard let next = octets.octet(at) else { return at - start <= longestWord }
    guard (3...longestWord).contains(at - start), next == 0x20 || next == 0x0D || next == 0x0A else { return false }
    return !isOfOtherProtocol(octets, start..<at)
  }

  /// Methods of HTTP and its kin whose requests go on with a target: no FTP client sends these words.
  private static func isOfOtherProtocol(_ octets: Span<UInt8>, _ word: Range<Int>) -> Bool {
    for method in ["GET", "PUT", "POST", "HEAD", "PATCH", "TRACE", "DELETE", "CONNECT", "OPTIONS"]
    where method.utf8.count == word.count && octets.matches(method, at: word.lowerBound) {
      return true
    }
    return false
  }
}

extension FTPEndpoint {
  /// `h1,h2,h3,h4,p1,p2` at an offset.
  init?(commas line: Span<UInt8>, at start: Int) {
    var numbers: [UInt32] = []
    var at = start
    while numbers.count < 6 {
      guard let number = line.decimal(at: at, digits: 3), number.value <= 255 else { return nil }
      numbers.append(number.value)
      at = number.end
      guard numbers.count < 6 else { break }
      guard line.octet(at) == 0x2C else { return nil }
      at += 1
    }
    let address = IPv4Address(numbers[0] << 24 | numbers[1] << 16 | numbers[2] << 8 | numbers[3])
    endpoint = Endpoint(address, UInt16(numbers[4] << 8 | numbers[5]))
    range = start..<at
  }

  /// `|1|address|port|` at an offset, with any separator.
  init?(separated line: Span<UInt8>, at start: Int, by separator: UInt8) {
    guard separator >= 33, separator <= 126, line.octet(start + 1) == 0x31, line.octet(start + 2) == separator else {
      return nil
    }
    var at = start + 3
    var address: UInt32 = 0
    for place in 0..<4 {
      guard let number = line.decimal(at: at, digits: 3), number.value <= 255 else { return nil }
      address = address << 8 | number.value
      at = number.end
      guard line.octet(at) == (place < 3 ? 0x2E : separator) else { return nil }
      at += 1
    }
    guard let port = line.decimal(at: at, digits: 5), let number = UInt16(exactly: port.value),
      line.octet(port.end) == separator
    else { return nil }
    endpoint = Endpoint(IPv4Address(address), number)
    range = start..<port.end + 1
  }
}
