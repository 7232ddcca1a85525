package import Forwarding
package import WireFormats

/// A host of the tests: who it is and where it stands.
package struct Host: Hashable, Sendable {
  package let name: String
  package let address: IPv4Address
  package let hardwareAddress: MACAddress

  package init(_ name: String, _ address: String, _ hardwareAddress: UInt64) {
    self.name = name
    self.address = IPv4Address(address) ?? .unspecified
    self.hardwareAddress = MACAddress(hardwareAddress)
  }

  /// The host's endpoint with a port, or with an ICMP query identifier.
  package func at(_ port: UInt16) -> SocketAddress { SocketAddress(address, port) }
}

/// An address and a port or query identifier: one end of a flow.
package struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
  package var address: IPv4Address
  package var port: UInt16

  package init(_ address: IPv4Address, _ port: UInt16) {
    self.address = address
    self.port = port
  }

  package var description: String { "\(address):\(port)" }
}

/// The cast: two hosts inside, two outside, and one that nobody invited.
///
/// No two of their addresses have equal sums of 16-bit words, because a translator that forgets to update a checksum
/// would go unnoticed between such two.
extension Host {
  /// Inside.
  package static let alice = Host("alice", "10.10.10.10", 0x02_00_00_00_0A_10)
  /// Inside.
  package static let bob = Host("bob", "10.10.10.11", 0x02_00_00_00_0A_11)
  /// Outside, on the gateway's own network.
  package static let carol = Host("carol", "203.0.113.10", 0x02_00_00_00_CB_10)
  /// Outside, on the gateway's own network.
  package static let dave = Host("dave", "203.0.113.11", 0x02_00_00_00_CB_11)
  /// Outside, behind carol's router, and up to no good.
  package static let mallory = Host("mallory", "198.51.100.66", 0x02_00_00_00_C6_66)
  /// The router outside that mallory's packets come by.
  package static let router = Host("router", "203.0.113.254", 0x02_00_00_00_CB_FE)

  /// Everybody.
  package static let all: [Host] = [.alice, .bob, .carol, .dave, .mallory, .router]

  /// An inside host of number 0 to 239: 10.10.10.12 and on.
  package static func inside(_ number: Int) -> Host {
    precondition((0..<240).contains(number))
    return Host("inside\(number)", "10.10.10.\(12 + number)", 0x02_00_00_01_00_00 + UInt64(number))
  }
}

/// The gateway's places in the tests.
package enum Place {
  /// The gateway's address inside, and its interface.
  package static let insideAddress = IPv4Address(0x0A0A_0A01)
  package static let inside = InterfaceID(rawValue: 0)
  /// The gateway's address outside (203.0.113.1), and its interface.
  package static let outsideAddress = IPv4Address(0xCB00_7101)
  package static let outside = InterfaceID(rawValue: 1)
  /// An interface without `ip nat` statement: 192.0.2.1/24.
  package static let aside = InterfaceID(rawValue: 2)
  package static let asideAddress = IPv4Address(0xC000_0201)
  /// The routing instance of the red interfaces, which have the addresses of the global inside and outside ones.
  package static let redInstance = RoutingInstance(rawValue: 1)
  package static let red = InterfaceID(rawValue: 3)
  package static let redOutside = InterfaceID(rawValue: 4)
  /// The pool's addresses: 203.0.113.100 to 203.0.113.103.
  package static let pool = IPv4Address(0xCB00_7164)...IPv4Address(0xCB00_7167)
  /// What bob is called outside under a static entry: 203.0.113.50.
  package static let bobGlobal = IPv4Address(0xCB00_7132)
}
