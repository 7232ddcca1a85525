package import WireFormats

/// Idle times in seconds after which entries end (`ip nat translation …-timeout`), with IOS's defaults.
package struct Timeouts: Hashable, Sendable {
  /// An idle time that never ends an entry (`never`).
  package static let never = UInt32.max
  /// The longest time that can be set, in seconds.
  package static let maximum: UInt32 = 536_870

  /// `timeout`: entries without ports.
  package var simple: UInt32 = 86_400
  /// `tcp-timeout`: established connections.
  package var tcp: UInt32 = 86_400
  /// `syn-timeout`: connections whose handshake is not complete.
  package var syn: UInt32 = 60
  /// `finrst-timeout`: connections after FIN or RST.
  package var finRst: UInt32 = 60
  /// `half-closed-timeout`: connections of which one side has sent its FIN and the other may go on sending (RFC 7857
  /// section 2.1). IOS has no timer of its own for them; four minutes are RFC 5382 REQ-5's least for transitory ones.
  package var halfClosed: UInt32 = 240
  /// `udp-timeout`. RFC 4787 REQ-5 asks for two minutes at least and recommends five.
  package var udp: UInt32 = 300
  /// `dns-timeout`: UDP to port 53, which RFC 4787 REQ-5a allows to be shorter.
  package var dns: UInt32 = 60
  /// `pptp-timeout`: TCP to port 1723.
  package var pptp: UInt32 = 86_400
  /// `routemap-entry-timeout`: entries without ports that a rule with a route map made.
  package var routeMapEntry: UInt32 = 3_600
  /// Entries of ESP.
  package var esp: UInt32 = 300
  /// `icmp-timeout`. RFC 5508 REQ-2 asks for 60 s at least.
  package var icmp: UInt32 = 60

  /// `port-timeout {tcp|udp} PORT`: sessions to a port of an outside host, at most `maximumPorts` of them.
  package var ports: [PortTimeout] = []

  /// Ports that may have a time of their own.
  package static let maximumPorts = 64

  /// The time of one port.
  package struct PortTimeout: Hashable, Sendable, BitwiseCopyable {
    /// TCP or UDP.
    package var transport: IPProtocol
    package var port: UInt16
    /// Seconds.
    package var time: UInt32

    package init(transport: IPProtocol, port: UInt16, time: UInt32) {
      self.transport = transport
      self.port = port
      self.time = time
    }
  }

  package init() {}
}

extension Timeouts {
  /// The idle time that ends a session, by its protocol and how far it has come.
  package func idleTime(of record: SessionRecord) -> UInt32 {
    if !ports.isEmpty, let time = portTime(of: record) { return time }
    switch record.protocolNumber {
    case .tcp:
      if !record.progress.isDisjoint(with: .closing) { return record.progress.isHalfClosed ? halfClosed : finRst }
      guard record.progress.contains(.established) else { return syn }
      return record.outsideGlobalPort == Self.pptpPort ? pptp : tcp
    case .udp: return record.flags.contains(.dns) ? dns : udp
    case .icmp: return icmp
    case Self.espNumber: return esp
    default: return simple
    }
  }

  private static var pptpPort: UInt16 { 1723 }
  private static var espNumber: IPProtocol { IPProtocol(rawValue: 50) }

  /// The time of the outside host's port; connections that are closing keep theirs.
  private func portTime(of record: SessionRecord) -> UInt32? {
    guard record.progress.isDisjoint(with: .closing) else { return nil }
    for entry in ports where entry.port == record.outsideGlobalPort && entry.transport == record.protocolNumber {
      return entry.time
    }
    return nil
  }
}
