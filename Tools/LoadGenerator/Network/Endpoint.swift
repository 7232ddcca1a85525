import WireFormats

/// An address and a port.
struct Endpoint: Hashable, CustomStringConvertible {
  var address: IPv4Address
  var port: UInt16

  init(_ address: IPv4Address, _ port: UInt16) {
    self.address = address
    self.port = port
  }

  /// The endpoint as one number that is never zero for a real one, for tables of millions.
  var packed: UInt64 { UInt64(address.rawValue) << 16 | UInt64(port) }

  init(packed: UInt64) {
    self.init(IPv4Address(UInt32(truncatingIfNeeded: packed >> 16)), UInt16(truncatingIfNeeded: packed))
  }

  var description: String { "\(address):\(port)" }
}

/// The two ends of a flow as one side sees them.
struct EndpointPair: Hashable {
  var local: Endpoint
  var remote: Endpoint
}
