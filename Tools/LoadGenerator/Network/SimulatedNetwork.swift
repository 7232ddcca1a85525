import WireFormats

/// Who the generator plays on both sides of the gateway.
struct SimulatedNetwork {
  /// Inside hosts.
  let hosts: AddressRange
  /// Outside servers.
  let servers: AddressRange
  /// The gateway's inside address.
  let gateway: IPv4Address
  /// A router between the gateway and the hosts, where they are not on the gateway's own segment.
  let hostRouter: IPv4Address?
  /// The same before the servers.
  let serverRouter: IPv4Address?

  /// The Ethernet address that all inside hosts share: locally administered, of no maker's.
  static let insideMAC = MACAddress(0x02_53_50_4C_00_01)
  /// The same of the outside servers.
  static let outsideMAC = MACAddress(0x02_53_50_4C_00_02)

  /// Whether somebody at the inside end answers for an address.
  func isInside(_ address: IPv4Address) -> Bool { hosts.contains(address) || address == hostRouter }

  /// Whether somebody at the outside end answers for an address.
  func isOutside(_ address: IPv4Address) -> Bool { servers.contains(address) || address == serverRouter }

  /// The servers whose frames the kernel steers to a lane.
  func servers(of lane: Int, among lanes: Int) -> [IPv4Address] {
    (0..<servers.count).map { servers[$0] }.filter { QueueSteering.queue(of: $0.rawValue, among: lanes) == lane }
  }
}
