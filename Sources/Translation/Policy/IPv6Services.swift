package import WireFormats

/// A port whose sessions over IPv6 are a gateway's business (`ip nat service dns-v6`).
package struct IPv6Service: Hashable, Sendable {
  package var gateway: GatewayID
  /// TCP or UDP.
  package var transport: IPProtocol
  /// The server's port.
  package var port: UInt16
  /// The IPv6 access list that permits packets from the client to the server; nil for any.
  package var accessList: String?
  /// Whether the gateway has nothing to do where no entry translates single addresses.
  package var needsEntries: Bool

  package init(
    gateway: GatewayID, transport: IPProtocol, port: UInt16, accessList: String? = nil, needsEntries: Bool = false
  ) {
    self.gateway = gateway
    self.transport = transport
    self.port = port
    self.accessList = accessList
    self.needsEntries = needsEntries
  }
}

/// Whose sessions over IPv6 belong to a gateway. The packet path reads a copy (`IPv6ServiceTable`).
package struct IPv6Services: Sendable {
  let services: [IPv6Service]
  let lists: [String: IPv6AccessList]

  init(_ translation: TranslationConfiguration) {
    services = translation.ipv6Services.filter { !$0.needsEntries || translation.hasAddressEntries }
    lists = translation.ipv6AccessLists
  }
}

/// `IPv6Services` as the packet path reads them: flat and in memory of their own, so that no reference is counted for a
/// packet.
@safe package struct IPv6ServiceTable: ~Copyable {
  private struct Entry: BitwiseCopyable {
    var gateway: GatewayID
    var transport: IPProtocol
    var port: UInt16
    /// Its lines; nil for any client and server.
    var lines: Lines?
  }

  private struct Lines: BitwiseCopyable {
    var first: Int
    var end: Int
  }

  // Invariant: initialized, and of so many elements, for as long as the table lives.
  private let entries: UnsafeMutableBufferPointer<Entry>
  private let lines: UnsafeMutableBufferPointer<IPv6AccessList.Entry>

  /// - Parameter earlierPorts: the ports of streams in the table that this one replaces. Such streams may be under way with
  ///   a shift that only their slow path knows, so they are still taken there; what begins at them is nobody's business.
  package init(_ source: IPv6Services, earlierPorts: [UInt16] = []) {
    var entries: [Entry] = []
    var lines: [IPv6AccessList.Entry] = []
    for service in source.services {
      var range: Lines?
      if let name = service.accessList {
        let first = lines.count
        // A list that nothing defines permits nothing.
        lines += source.lists[name]?.entries ?? []
        range = Lines(first: first, end: lines.count)
      }
      entries.append(
        Entry(gateway: service.gateway, transport: service.transport, port: service.port, lines: range))
    }
    for port in earlierPorts where !entries.contains(where: { $0.transport == .tcp && $0.port == port }) {
      entries.append(Entry(gateway: .none, transport: .tcp, port: port, lines: nil))
    }
    unsafe self.entries = .allocate(capacity: entries.count)
    _ = unsafe self.entries.initialize(fromContentsOf: entries)
    unsafe self.lines = .allocate(capacity: lines.count)
    _ = unsafe self.lines.initialize(fromContentsOf: lines)
  }

  deinit {
    unsafe entries.deallocate()
    unsafe lines.deallocate()
  }

  /// Whether no packet is a gateway's business.
  @inline(__always)
  package var isEmpty: Bool { unsafe entries.count == 0 }

  /// The ports whose streams go to the slow path.
  var streamPorts: [UInt16] {
    unsafe (0..<entries.count).compactMap { place in
      let entry = unsafe entries[place]
      return entry.transport == .tcp ? entry.port : nil
    }
  }

  /// The gateway that a session of a flow is the business of, whichever way the flow goes; nil where it is nobody's.
  ///
  /// A stream that no list permits has the gateway `.none`: it may be under way since another list did.
  package func gateway(of flow: IPv6Flow) -> GatewayID? {
    var found: GatewayID?
    for place in unsafe 0..<entries.count {
      let entry = unsafe entries[place]
      guard entry.transport == flow.transport, entry.port == flow.destinationPort || entry.port == flow.sourcePort
      else {
        continue
      }
      let isPermitted =
        entry.port == flow.destinationPort && permits(entry.lines, flow)
        || entry.port == flow.sourcePort && permits(entry.lines, flow.reversed)
      if isPermitted, entry.gateway != .none { return entry.gateway }
      if entry.transport == .tcp { found = GatewayID.none }
    }
    return found
  }

  /// Whether lines permit a flow from the client to the server.
  private func permits(_ range: Lines?, _ flow: IPv6Flow) -> Bool {
    guard let range else { return true }
    for place in range.first..<range.end where unsafe lines[place].matches(flow) { return unsafe lines[place].permits }
    return false
  }
}
