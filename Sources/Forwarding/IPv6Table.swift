package import WireFormats

/// `IPv6Links` as the packet path reads them: flat and in memory of their own, so that no reference is counted for a packet.
///
/// A longest-prefix match is one binary search a prefix length that occurs.
@safe package struct IPv6Table: ~Copyable {
  /// `NetworkInterface.maximumCount`, a power of two, where the compiler sees it.
  private static var linkCount: Int { 64 }

  /// The routes of one prefix length.
  private struct Length: BitwiseCopyable {
    var mask: IPv6Address
    var first: Int
    var end: Int
  }

  // Invariant: initialized, and of so many elements, for as long as the table lives.
  private let links: UnsafeMutablePointer<IPv6Links.Link?>
  private let routes: UnsafeMutablePointer<IPv6Route>
  private let lengths: UnsafeMutablePointer<Length>
  private let lengthCount: Int

  package init(_ source: IPv6Links) {
    precondition(source.links.count == Self.linkCount)
    unsafe links = .allocate(capacity: Self.linkCount)
    unsafe links.initialize(from: source.links, count: Self.linkCount)
    unsafe routes = .allocate(capacity: max(1, source.routes.count))
    unsafe routes.initialize(from: source.routes, count: source.routes.count)
    var found: [Length] = []
    for (place, route) in source.routes.enumerated() {
      let mask = IPv6Prefix.mask(route.prefix.length)
      if let last = found.indices.last, found[last].mask == mask {
        found[last].end = place + 1
      } else {
        found.append(Length(mask: mask, first: place, end: place + 1))
      }
    }
    lengthCount = found.count
    unsafe lengths = .allocate(capacity: max(1, found.count))
    unsafe lengths.initialize(from: found, count: found.count)
  }

  deinit {
    unsafe links.deallocate()
    unsafe routes.deallocate()
    unsafe lengths.deallocate()
  }

  /// The link of an interface, or nil when it carries no IPv6.
  package subscript(interface: InterfaceID) -> IPv6Links.Link? {
    unsafe links[Int(interface.rawValue) & (Self.linkCount - 1)]
  }

  /// Whether an address is the gateway's own, for a packet that arrives on an interface: any of its global ones, and the
  /// link-local one there.
  package func isOwn(_ address: IPv6Address, on interface: InterfaceID) -> Bool {
    if self[interface]?.isOwn(address) == true { return true }
    for place in 0..<Self.linkCount where unsafe links[place]?.address == address { return true }
    return false
  }

  /// The next hop towards `destination`, or nil when the network is unreachable.
  package func nextHop(to destination: IPv6Address) -> IPv6NextHop? {
    for place in 0..<lengthCount {
      let length = unsafe lengths[place]
      let network = IPv6Address(destination.high & length.mask.high, destination.low & length.mask.low)
      var low = length.first
      var high = length.end
      while low < high {
        let middle = (low + high) / 2
        if unsafe routes[middle].prefix.address < network { low = middle + 1 } else { high = middle }
      }
      guard low < length.end else { continue }
      let route = unsafe routes[low]
      guard route.prefix.address == network else { continue }
      return IPv6NextHop(interface: route.interface, neighbor: route.gateway ?? destination)
    }
    return nil
  }
}
