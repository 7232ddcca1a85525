public import WireFormats

/// One way to a network.
package struct Route: Hashable, Sendable {
  @usableFromInline package var instance: RoutingInstance
  @usableFromInline package var prefix: IPv4Prefix
  @usableFromInline package var interface: InterfaceID
  /// The router to hand packets to, or nil when the destination itself is on the interface's segment.
  @usableFromInline package var gateway: IPv4Address?
  /// The instance in whose table the destination is looked up instead (`ip nat route vrf V NET MASK global`);
  /// `interface` and `gateway` then say nothing.
  package var leaksTo: RoutingInstance?

  /// Destinations of `prefix` in `instance` are reached as from `other`.
  package init(instance: RoutingInstance, prefix: IPv4Prefix, leaksTo other: RoutingInstance) {
    self.init(instance: instance, prefix: prefix, interface: InterfaceID(rawValue: 0))
    leaksTo = other
  }

  package init(
    instance: RoutingInstance = .global, prefix: IPv4Prefix, interface: InterfaceID, gateway: IPv4Address? = nil
  ) {
    self.instance = instance
    self.prefix = prefix
    self.interface = interface
    self.gateway = gateway
  }
}

/// Where a packet goes next.
@usableFromInline package struct NextHop: Hashable, Sendable, BitwiseCopyable {
  @usableFromInline package var interface: InterfaceID
  /// The neighbour whose Ethernet address the frame needs.
  @usableFromInline package var neighbor: IPv4Address

  @inlinable package init(interface: InterfaceID, neighbor: IPv4Address) {
    self.interface = interface
    self.neighbor = neighbor
  }
}

/// An immutable longest-prefix-match table (RFC 1812 section 5.2.4.3), one trie of strides 16, 8 and 8 an instance.
///
/// A cell holds 0 for "no route", a route's number plus one, or, with the top bit set, the number of a block of 256
/// cells for the next eight bits. A look-up is at most three loads.
package struct RoutingTable: Sendable {
  private static let nested: UInt32 = 1 << 31

  /// The routes, longest prefix last.
  @usableFromInline package let routes: [Route]
  /// The first cell of each instance, by its number; -1 for one without routes.
  private var roots: [Int] = []
  private var cells: [UInt32] = []

  /// A table of `routes`; of two for the same network the later one wins.
  package init(_ routes: [Route] = []) {
    self.routes = routes.enumerated().sorted { ($0.1.prefix.length, $0.0) < ($1.1.prefix.length, $1.0) }.map(\.1)
    for (number, route) in self.routes.enumerated() {
      let instance = Int(route.instance.rawValue)
      if instance >= roots.count { roots += repeatElement(-1, count: instance + 1 - roots.count) }
      if roots[instance] < 0 {
        roots[instance] = cells.count
        cells += repeatElement(0, count: 1 << 16)
      }
      insert(UInt32(number) + 1, prefix: route.prefix, block: roots[instance], bits: 16, depth: 0)
    }
  }

  private mutating func insert(_ entry: UInt32, prefix: IPv4Prefix, block: Int, bits: UInt8, depth: UInt8) {
    let below = 32 - depth - bits
    let index = Int(prefix.address.rawValue >> UInt32(below)) & ((1 << Int(bits)) - 1)
    let end = depth + bits
    if prefix.length <= end {
      // Shorter prefixes went in first, so every cell of the span is overwritten, nested blocks included.
      for cell in 0..<(1 << Int(end - prefix.length)) { cells[block + index + cell] = entry }
      return
    }
    let old = cells[block + index]
    var child = Int(old & ~Self.nested)
    if old & Self.nested == 0 {
      child = cells.count
      cells += repeatElement(old, count: 256)
      cells[block + index] = Self.nested | UInt32(child)
    }
    insert(entry, prefix: prefix, block: child, bits: 8, depth: end)
  }

  /// The longest match for `destination`, or nil when the network is unreachable.
  package func route(to destination: IPv4Address, in instance: RoutingInstance) -> Route? {
    let place = place(to: destination, in: instance)
    return place < 0 ? nil : routes[place]
  }

  /// The place in `routes` of the longest match; -1 for none.
  @inline(__always)
  private func place(to destination: IPv4Address, in instance: RoutingInstance) -> Int {
    let number = Int(instance.rawValue)
    guard number < roots.count, roots[number] >= 0 else { return -1 }
    let root = roots[number]
    let address = destination.rawValue
    var cell = cells[root + Int(address >> 16)]
    if cell & Self.nested != 0 { cell = cells[Int(cell & ~Self.nested) + Int(address >> 8 & 255)] }
    if cell & Self.nested != 0 { cell = cells[Int(cell & ~Self.nested) + Int(address & 255)] }
    return Int(cell) - 1
  }

  /// The next hop towards `destination`, or nil when the network is unreachable.
  package func nextHop(to destination: IPv4Address, in instance: RoutingInstance) -> NextHop? {
    let place = place(to: destination, in: instance)
    guard place >= 0 else { return nil }
    guard let other = routes[place].leaksTo else {
      return NextHop(interface: routes[place].interface, neighbor: routes[place].gateway ?? destination)
    }
    // One step only: two instances that leak to each other would send the look-up round for ever.
    guard let leaked = self.route(to: destination, in: other), leaked.leaksTo == nil else { return nil }
    return NextHop(interface: leaked.interface, neighbor: leaked.gateway ?? destination)
  }
}
