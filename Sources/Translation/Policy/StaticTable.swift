import Forwarding
import WireFormats

/// One side of static entries, to be found by address, protocol, port and instance: entries of one port first, then
/// of one address, then of networks, the longest prefix first.
struct StaticTable: Sendable {
  private struct Key: Hashable {
    var address: UInt32
    var port: UInt16
    var instance: UInt16
    var transport: UInt8
    var prefixLength: UInt8
  }

  /// What the table holds of an entry.
  struct Side {
    var address: IPv4Address
    var prefixLength: UInt8
    /// TCP or UDP with a port, ESP without; nil for an entry that carries every protocol and port.
    var transport: IPProtocol?
    var port: UInt16
    var instance: RoutingInstance
  }

  private var first: [Key: Int32] = [:]
  /// For each entry the next one with the same key, or -1.
  private var next: [Int32] = []
  /// The lengths of the networks, longest first.
  private var lengths: [UInt8] = []
  private var hasPorts = false

  var isEmpty: Bool { first.isEmpty }

  init(_ sides: [Side]) {
    next = Array(repeating: -1, count: sides.count)
    first.reserveCapacity(sides.count)
    // Backwards, so that of several entries with one key the first of the configuration comes first.
    for number in sides.indices.reversed() {
      let side = sides[number]
      let key = Key(
        address: side.address.rawValue & IPv4Prefix.mask(side.prefixLength), port: side.port,
        instance: side.instance.rawValue, transport: side.transport?.rawValue ?? 0, prefixLength: side.prefixLength)
      if let other = first.updateValue(Int32(number), forKey: key) { next[number] = other }
      if side.transport != nil { hasPorts = true }
    }
    lengths = Set(sides.map(\.prefixLength)).subtracting([32]).sorted(by: >)
  }

  /// The first entry for an endpoint that `accepts` wants.
  func find(
    _ address: IPv4Address, _ number: IPProtocol, port: UInt16, in instance: RoutingInstance,
    where accepts: (Int) -> Bool = { _ in true }
  ) -> Int? {
    if first.isEmpty { return nil }
    var key = Key(
      address: address.rawValue, port: port, instance: instance.rawValue, transport: number.rawValue,
      prefixLength: 32)
    if hasPorts, let found = walk(key, accepts) { return found }
    (key.port, key.transport) = (0, 0)
    if let found = walk(key, accepts) { return found }
    for length in lengths {
      key.prefixLength = length
      key.address = address.rawValue & IPv4Prefix.mask(length)
      if let found = walk(key, accepts) { return found }
    }
    return nil
  }

  private func walk(_ key: Key, _ accepts: (Int) -> Bool) -> Int? {
    guard var number = first[key] else { return nil }
    while number >= 0 {
      if accepts(Int(number)) { return Int(number) }
      number = next[Int(number)]
    }
    return nil
  }
}
