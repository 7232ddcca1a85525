import Forwarding
import Translation
import WireFormats

/// One side of a static entry; no transport and port 0 for an entry of all protocols.
private struct EndpointKey: Hashable {
  var instance: RoutingInstance
  var address: IPv4Address
  var transport: IPProtocol?
  var port: UInt16
}

/// What entries for one local address have to differ in, unless they are extendable.
private struct LocalKey: Hashable {
  var instance: RoutingInstance
  var address: IPv4Address
  var routeMap: String?
  var egress: String?
}

extension Analysis {
  /// Resolves static entries and checks them against each other.
  mutating func resolveStaticTranslations() {
    // Places in the draft, because there may be a million entries.
    var locals: [LocalKey: Int32] = [:]
    var globals: [EndpointKey: Int32] = [:]
    var networks = StaticNetworks()
    result.translation.staticTranslations.reserveCapacity(draft.staticTranslations.count)
    for (number, entry) in draft.staticTranslations.enumerated() {
      guard let (instance, outside) = instances(of: entry.instance),
        let (global, address) = resolve(entry, in: outside)
      else { continue }
      if entry.prefixLength == 32, let own = owner(of: entry.local.value, in: instance) {
        report(
          entry.local.place, "\(entry.local.value) is the gateway's own address on interface \(quoted(own.name))")
      }
      let key = EndpointKey(
        instance: outside, address: address, transport: entry.ports?.transport, port: entry.ports?.global ?? 0)
      if let other = globals[key] {
        refuseDuplicate(entry, of: draft.staticTranslations[Int(other)], at: address)
      } else {
        globals[key] = Int32(number)
        if entry.ports == nil { networks.add(address, entry.prefixLength, entry: number, in: outside) }
      }
      checkExtendable(entry, number, in: instance, &locals)
      append(entry, global, instance)
    }
    for (later, earlier) in networks.overlaps {
      let (second, first) = (draft.staticTranslations[later], draft.staticTranslations[earlier])
      report(
        second.global.place,
        "these global addresses are already translated to those from \(first.local.value) on, in line "
          + "\(first.local.place.line)")
    }
  }

  private mutating func append(_ draft: StaticDraft, _ global: StaticGlobal, _ instance: RoutingInstance) {
    var entry = StaticTranslation(
      local: draft.local.value, global: global, ports: draft.ports, extendable: draft.extendable,
      noAlias: draft.noAlias, noPayload: draft.noPayload, instance: instance)
    entry.prefixLength = draft.prefixLength
    entry.matchInVRF = draft.instance.matchInVRF != nil
    entry.reversible = draft.reversible
    if let map = draft.routeMap {
      checkRouteMap(map)
      entry.routeMap = map.value
    }
    entry.egressInterface = draft.egress.flatMap { interface($0.value, at: $0.place) }
    result.translation.staticTranslations.append(entry)
  }

  /// The global side of an entry and its address; nil after a report.
  private mutating func resolve(
    _ entry: StaticDraft, in outside: RoutingInstance
  ) -> (StaticGlobal, IPv4Address)? {
    switch entry.global.value {
    case .address(let address):
      if entry.prefixLength < 32 {
        refuseOwnAddress(in: IPv4Prefix(containing: address, length: entry.prefixLength), entry, outside)
      } else if entry.ports == nil, let own = owner(of: address, in: outside) {
        report(
          entry.global.place, "\(address) is the gateway's own address on interface \(quoted(own.name))",
          expected: ["interface \(own.name)"])
      }
      return (.address(address), address)
    case .interface(let name):
      guard let id = addressedInterface(name, in: outside, at: entry.global.place) else { return nil }
      return (.interface(id), result.interfaces[Int(id.rawValue)].address ?? .unspecified)
    case .pool: preconditionFailure("a static entry names its global address")
    }
  }

  private mutating func refuseOwnAddress(
    in network: IPv4Prefix, _ entry: StaticDraft, _ outside: RoutingInstance
  ) {
    let own = result.interfaces.first { interface in
      interface.instance == outside && interface.address.map(network.contains) == true
    }
    guard let own, let address = own.address else { return }
    report(
      entry.global.place, "\(network) holds \(address), the gateway's own address on interface \(quoted(own.name))")
  }

  /// One global endpoint leads to one local one.
  private mutating func refuseDuplicate(_ entry: StaticDraft, of other: StaticDraft, at address: IPv4Address) {
    let what =
      entry.ports.map {
        $0.global == 0 ? "\($0.transport) of \(address)" : "\($0.transport) port \($0.global) of \(address)"
      }
      ?? "\(address)"
    report(
      entry.global.place, "\(what) is already translated to \(other.local.value) in line \(other.local.place.line)")
  }

  /// Several entries of all ports for one local address need `extendable`, or conditions that differ. IOS adds
  /// `extendable` to port entries by itself.
  private mutating func checkExtendable(
    _ entry: StaticDraft, _ number: Int, in instance: RoutingInstance, _ locals: inout [LocalKey: Int32]
  ) {
    guard entry.ports == nil else { return }
    let key = LocalKey(
      instance: instance, address: entry.local.value, routeMap: entry.routeMap?.value, egress: entry.egress?.value)
    guard let first = locals[key] else {
      locals[key] = Int32(number)
      return
    }
    let other = draft.staticTranslations[Int(first)]
    guard !(entry.extendable && other.extendable) else { return }
    report(
      entry.local.place,
      "\(entry.local.value) already has a static translation in line \(other.local.place.line)",
      expected: ["'extendable' on both"])
  }

  /// Resolves the static entries of outside hosts and checks them against each other.
  mutating func resolveOutsideStatics() {
    var globals: [EndpointKey: OutsideStaticDraft] = [:]
    var locals: [EndpointKey: OutsideStaticDraft] = [:]
    for draft in draft.outsideStatics {
      guard let (instance, outside) = instances(of: draft.instance) else { continue }
      let transport = draft.ports?.transport
      let local = EndpointKey(
        instance: instance, address: draft.local.value, transport: transport, port: draft.ports?.local ?? 0)
      if let other = locals.updateValue(draft, forKey: local) {
        report(
          draft.local.place,
          "\(draft.local.value) already stands for \(other.global.value), in line \(other.global.place.line)")
      }
      let global = EndpointKey(
        instance: outside, address: draft.global.value, transport: transport, port: draft.ports?.global ?? 0)
      if let other = globals.updateValue(draft, forKey: global), draft.ports == nil,
        !(draft.extendable && other.extendable)
      {
        report(
          draft.global.place,
          "\(draft.global.value) already has a static translation in line \(other.global.place.line)",
          expected: ["'extendable' on both"])
      }
      for (address, side) in [(draft.local, instance), (draft.global, outside)] {
        guard draft.prefixLength == 32, let own = owner(of: address.value, in: side) else { continue }
        report(
          address.place, "\(address.value) is the gateway's own address on interface \(quoted(own.name))")
      }
      var entry = OutsideStatic(global: draft.global.value, local: draft.local.value, ports: draft.ports)
      entry.prefixLength = draft.prefixLength
      entry.instance = instance
      entry.matchInVRF = draft.instance.matchInVRF != nil
      entry.extendable = draft.extendable
      entry.noAlias = draft.noAlias
      entry.noPayload = draft.noPayload
      entry.addRoute = draft.addRoute
      result.translation.outsideStatics.append(entry)
    }
  }
}
