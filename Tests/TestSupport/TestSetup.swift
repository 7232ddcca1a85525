package import Forwarding
package import Translation
package import WireFormats

/// What a test's gateway is like: two workers or one, its rules, its tables. A value to be changed and given to
/// `TestGateway`.
package struct TestSetup: Sendable {
  package var workers = 1
  /// Sessions that each worker's shard holds.
  package var sessionsPerWorker = 2048
  package var insideMTU: UInt16 = 1500
  package var outsideMTU: UInt16 = 1500
  /// Whether no interface takes fragments.
  package var refusesFragments = false
  package var translation = TranslationConfiguration()
  /// Whether the cast's Ethernet addresses are known from the start.
  package var knowsNeighbors = true
  /// Seeds the hash function and the choice of ports.
  package var seed: UInt64 = 1
  /// Whether there is a second inside interface, in routing instance 1, with the same addresses as the first.
  package var hasRed = false
  /// Whether instance 1 has an outside interface of its own, with the same addresses as the global one; otherwise its
  /// routes lead to the global instance.
  package var redHasOutside = false
  /// Addresses that the port map has room for beyond the first policy's, for policies that come later.
  package var spareAddresses = 0

  /// A gateway without rules.
  package init() {}

  /// 10.10.10.0/24 shares the pool of four addresses by ports.
  package static var overloadedPool: Self { rule(source: .pool("POOL"), overload: true) }

  /// 10.10.10.0/24 shares the address of the outside interface.
  package static var overloadedInterface: Self { rule(source: .interface(Place.outside), overload: true) }

  /// Each host of 10.10.10.0/24 gets one of the pool's four addresses for itself.
  package static var exclusivePool: Self { rule(source: .pool("POOL"), overload: false) }

  private static func rule(source: GlobalSource, overload: Bool) -> Self {
    var setup = Self()
    setup.translation.accessLists["10"] = AccessList(
      name: "10",
      entries: [
        AccessList.Entry(permits: true, address: IPv4Address(0x0A0A_0A00), wildcard: 0xFF)
      ])
    setup.translation.pools["POOL"] = AddressPool(name: "POOL", ranges: [Place.pool], prefixLength: 24)
    setup.translation.dynamicRules = [DynamicRule(accessList: "10", source: source, overload: overload)]
    return setup
  }

  /// The setup with a change: `.overloadedPool.with { $0.workers = 4 }`.
  package func with(_ change: (inout Self) -> Void) -> Self {
    var copy = self
    change(&copy)
    return copy
  }

  /// The setup with a pool of one address, so that ports run out soon.
  package var withOneAddress: Self {
    with {
      $0.translation.pools["POOL"]?.ranges = [Place.pool.lowerBound...Place.pool.lowerBound]
    }
  }

  /// The setup with a static entry.
  package func withStatic(
    _ local: Host, _ global: IPv4Address, _ ports: StaticTranslation.Ports? = nil
  ) -> Self {
    with {
      $0.translation.staticTranslations.append(
        StaticTranslation(local: local.address, global: .address(global), ports: ports))
    }
  }

  /// The interfaces: inside, outside, and one without `ip nat`.
  package var interfaces: [NetworkInterface] {
    var interfaces = [
      NetworkInterface(
        id: Place.inside, name: "inside0", device: 0, hardwareAddress: MACAddress(0x02_00_00_00_00_01),
        address: Place.insideAddress, prefixLength: 24, mtu: insideMTU, realm: .inside),
      NetworkInterface(
        id: Place.outside, name: "outside0", device: 1, hardwareAddress: MACAddress(0x02_00_00_00_00_02),
        address: Place.outsideAddress, prefixLength: 24, mtu: outsideMTU, realm: .outside),
      NetworkInterface(
        id: Place.aside, name: "aside0", device: 2, hardwareAddress: MACAddress(0x02_00_00_00_00_03),
        address: Place.asideAddress, prefixLength: 24),
    ]
    if hasRed {
      interfaces.append(
        NetworkInterface(
          id: Place.red, name: "red0", device: 3, hardwareAddress: MACAddress(0x02_00_00_00_00_04),
          address: Place.insideAddress, prefixLength: 24, mtu: insideMTU, realm: .inside, instance: Place.redInstance))
    }
    if redHasOutside {
      interfaces.append(
        NetworkInterface(
          id: Place.redOutside, name: "red1", device: 4, hardwareAddress: MACAddress(0x02_00_00_00_00_05),
          address: Place.outsideAddress, prefixLength: 24, mtu: outsideMTU, realm: .outside,
          instance: Place.redInstance))
    }
    for index in interfaces.indices { interfaces[index].reassembly.dropsFragments = refusesFragments }
    return interfaces
  }

  /// The routes: to what is connected, and all else by way of `Host.router`; instance 1 leads to the global one unless
  /// it has an outside interface of its own.
  package var routes: RoutingTable {
    let everywhere = IPv4Prefix(containing: .unspecified, length: 0)
    var routes = interfaces.compactMap { interface in
      interface.connected.map { Route(instance: interface.instance, prefix: $0, interface: interface.id) }
    }
    routes.append(Route(prefix: everywhere, interface: Place.outside, gateway: Host.router.address))
    if redHasOutside {
      routes.append(
        Route(
          instance: Place.redInstance, prefix: everywhere, interface: Place.redOutside, gateway: Host.router.address))
    } else if hasRed {
      routes.append(Route(instance: Place.redInstance, prefix: everywhere, leaksTo: .global))
    }
    return RoutingTable(routes)
  }

  /// The policy that these rules compile to.
  package var policy: Policy { Policy(interfaces: interfaces, routes: routes, translation: translation) }

  /// The policy that replaces a gateway's: rules that stay keep their numbers, and addresses theirs.
  package func policy(after gateway: TestGateway) -> Policy {
    Policy(
      interfaces: interfaces, routes: routes, translation: translation, book: &gateway.book,
      replacing: gateway.policy)
  }
}
