package import Forwarding
package import WireFormats

/// Which inside endpoints have which names outside, by the doors that a gateway's memory knows of: looked up by what goes
/// out, and the other way round by what comes in.
///
/// Several doors may give an endpoint the same name, since a host's port has one mapping; the name is known until the last
/// of them is taken out.
package struct EndpointDirectory {
  private struct Key: Hashable {
    var endpoint: Endpoint
    var transport: IPProtocol
    var instance: RoutingInstance
  }

  private struct Name {
    var endpoint: Endpoint
    var doors: UInt32
  }

  private var globals: [Key: Name] = [:]
  private var locals: [Key: Endpoint] = [:]

  package init() {}

  package var count: Int { globals.count }

  package mutating func add(
    _ local: Endpoint, in inside: RoutingInstance, as global: Endpoint, _ outside: RoutingInstance,
    _ transport: IPProtocol
  ) {
    let key = Key(endpoint: local, transport: transport, instance: inside)
    let doors = globals[key]?.doors ?? 0
    if let old = globals[key], old.endpoint != global {
      locals[Key(endpoint: old.endpoint, transport: transport, instance: outside)] = nil
    }
    globals[key] = Name(endpoint: global, doors: doors + 1)
    locals[Key(endpoint: global, transport: transport, instance: outside)] = local
  }

  package mutating func remove(
    _ local: Endpoint, in inside: RoutingInstance, _ outside: RoutingInstance, _ transport: IPProtocol
  ) {
    let key = Key(endpoint: local, transport: transport, instance: inside)
    guard let name = globals[key] else { return }
    guard name.doors == 1 else {
      globals[key]?.doors -= 1
      return
    }
    globals[key] = nil
    locals[Key(endpoint: name.endpoint, transport: transport, instance: outside)] = nil
  }

  /// What an inside endpoint is called outside.
  package func global(
    of local: Endpoint, in inside: RoutingInstance, _ transport: IPProtocol
  ) -> Endpoint? { globals[Key(endpoint: local, transport: transport, instance: inside)]?.endpoint }

  /// The inside endpoint behind a name outside.
  package func local(
    of global: Endpoint, in outside: RoutingInstance, _ transport: IPProtocol
  ) -> Endpoint? { locals[Key(endpoint: global, transport: transport, instance: outside)] }

  package mutating func removeAll() {
    globals = [:]
    locals = [:]
  }
}
