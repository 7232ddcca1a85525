import Forwarding
import Gateways
import TestSupport
import Translation
import WireFormats

/// Hosts of 10.20.0.0/16 inside are those of 198.51.0.0/16 outside.
struct NetworkBook: AddressBook {
  func insideGlobal(of local: IPv4Address, in: RoutingInstance, _: RoutingInstance) -> IPv4Address? {
    local.rawValue >> 16 == 0x0A14 ? IPv4Address(0xC633_0000 | local.rawValue & 0xFFFF) : nil
  }
  func insideLocal(of global: IPv4Address, in: RoutingInstance, _: RoutingInstance) -> IPv4Address? {
    global.rawValue >> 16 == 0xC633 ? IPv4Address(0x0A14_0000 | global.rawValue & 0xFFFF) : nil
  }
  func outsideLocal(of: IPv4Address, in: RoutingInstance, _: RoutingInstance) -> IPv4Address? { nil }
  func outsideGlobal(of: IPv4Address, in: RoutingInstance, _: RoutingInstance) -> IPv4Address? { nil }
}

/// What a resolver and a name server say to each other over TCP, and what each has to hear through the gateway: the same
/// messages, made with the other addresses.
struct DNSScript {
  /// What the client sends, and what the server has to receive.
  private(set) var questions: (sent: [UInt8], expected: [UInt8]) = ([], [])
  /// What the server sends, and what the client has to receive.
  private(set) var answers: (sent: [UInt8], expected: [UInt8]) = ([], [])

  /// - Parameter isInside: whether the client is.
  init(isInside: Bool, random: inout SeededRandom) {
    let count = Int(random.next() % 60)
    // Of some clients the stream breaks its framing, and is not looked into from there on; nor is the other.
    let end = random.oneIn(6) ? Int(random.next() % UInt64(count + 1)) : nil
    for number in 0..<count {
      if number == end { add(&questions, [0, 3, 1, 2, 3]) }
      let isRead = end.map { number < $0 } ?? true
      let host = UInt32(random.next() & 0xFFFF)
      // Both sides call the host so; inside first.
      let names: (UInt32, UInt32) = (0x0A14_0000 | host, 0xC633_0000 | host)
      let (asked, heard) = isInside ? (names.0, names.1) : (names.1, names.0)
      if random.oneIn(2) {
        let owner = Self.reverse
        add(
          &questions, Self.message(number, owner(asked), 12, []),
          isRead ? Self.message(number, owner(heard), 12, []) : nil)
        let target = Self.name("host\(host).lab.example")
        add(
          &answers, Self.message(number, owner(isRead ? heard : asked), 12, [target]),
          end == nil ? Self.message(number, owner(asked), 12, [target]) : nil)
      } else {
        let name = Self.name("host\(random.next() % 1000).lab.example")
        add(&questions, Self.message(number, name, 1, []))
        let others = (0..<random.next() % 20).map { Self.octets(0xCB00_7100 | UInt32($0)) }
        let type = random.oneIn(5) ? 28 : 1
        guard type == 1 else {
          // An IPv6 address that has an IPv4 one of the book in it.
          add(
            &answers,
            Self.message(number, name, 1, [Self.octets(heard) + Self.octets(asked) + [0, 0, 0, 0, 0, 0, 0, 1]], 28))
          continue
        }
        add(
          &answers, Self.message(number, name, 1, others + [Self.octets(heard)]),
          end == nil ? Self.message(number, name, 1, others + [Self.octets(asked)]) : nil)
      }
    }
    if end == count { add(&questions, [0, 3, 1, 2, 3]) }
  }

  private func add(_ stream: inout (sent: [UInt8], expected: [UInt8]), _ octets: [UInt8], _ expected: [UInt8]? = nil) {
    stream.sent += octets
    stream.expected += expected ?? octets
  }

  // MARK: Messages

  private static func octets(_ word: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) }
  }

  private static func name(_ text: String) -> [UInt8] {
    text.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
  }

  private static func reverse(_ address: UInt32) -> [UInt8] {
    name(octets(address).reversed().map { "\($0)" }.joined(separator: ".") + ".in-addr.arpa")
  }

  /// A query, or a response with records whose owner is a pointer to the question's name; its length before it.
  private static func message(
    _ id: Int, _ name: [UInt8], _ type: UInt8, _ records: [[UInt8]], _ recordType: UInt8? = nil
  ) -> [UInt8] {
    let isResponse = !records.isEmpty
    var message: [UInt8] = [UInt8(id >> 8), UInt8(id & 255)] + (isResponse ? [0x81, 0x80] : [1, 0])
    message += [0, 1, 0, UInt8(records.count), 0, 0, 0, 0] + name + [0, type, 0, 1]
    for record in records {
      message += [
        0xC0, 12, 0, recordType ?? type, 0, 1, 0, 0, 1, 44, UInt8(record.count >> 8), UInt8(record.count & 255),
      ]
      message += record
    }
    return [UInt8(message.count >> 8), UInt8(message.count & 255)] + message
  }
}
