import Forwarding
import Translation
import WireFormats

extension TranslationConfiguration {
  /// Whether inside hosts share the pool's addresses by ports.
  func shares(_ pool: AddressPool) -> Bool {
    dynamicRules.contains { $0.overload && $0.source == .pool(pool.name) }
  }
}

extension PoolUse {
  /// What the port map says of a pool's addresses.
  init(of pool: AddressPool, isShared: Bool, _ addresses: GlobalAddresses, _ map: PortMap) {
    var ports = SharedPorts(
      udpLow: Ports(assigned: 0, available: 0), tcpLow: Ports(assigned: 0, available: 0),
      udpHigh: Ports(assigned: 0, available: 0), tcpHigh: Ports(assigned: 0, available: 0))
    var assigned = 0
    for range in pool.usableRanges {
      for rawValue in range.lowerBound.rawValue...range.upperBound.rawValue {
        guard let number = addresses.number(of: IPv4Address(rawValue)), number < map.addressCount else { continue }
        let before = ports.assigned
        ports.udpLow.add(map.count(number, .udp, isLow: true))
        ports.tcpLow.add(map.count(number, .tcp, isLow: true))
        ports.udpHigh.add(map.count(number, .udp, isLow: false))
        ports.tcpHigh.add(map.count(number, .tcp, isLow: false))
        let identifiers = map.used(address: number, protocol: .icmp, classOf: 0)
        if ports.assigned != before || identifiers > 0 || map.addressOwner(number) != 0 { assigned += 1 }
      }
    }
    self.init(assignedAddresses: assigned, ports: isShared ? ports : nil)
  }
}

extension PoolUse.SharedPorts {
  fileprivate var assigned: Int { udpLow.assigned + tcpLow.assigned + udpHigh.assigned + tcpHigh.assigned }
}

extension PoolUse.Ports {
  /// Adds the ports of one address.
  fileprivate mutating func add(_ count: (used: Int, of: Int)) {
    assigned += count.used
    available += max(0, count.of - count.used)
  }
}

extension PortMap {
  /// The ports in use of an address, and all that there are, below 1024 (two classes) or from there on.
  fileprivate func count(_ number: Int, _ transport: IPProtocol, isLow: Bool) -> (used: Int, of: Int) {
    let representatives: [UInt16] = isLow ? [1, 512] : [1024]
    return representatives.reduce((0, 0)) { total, port in
      (
        total.0 + used(address: number, protocol: transport, classOf: port),
        total.1 + PortClass(of: port, protocol: transport).ports.count
      )
    }
  }
}
