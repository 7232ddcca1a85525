import Forwarding
import Translation
import WireFormats

extension SIPTranslation {
  /// The port that is meant where none stands (RFC 3261 section 19.1.2).
  static var ordinaryPort: UInt16 { 5060 }

  /// Translates the addresses of the first line and of all header fields.
  mutating func translateAddresses() {
    // The last Via, and whether it is the host's own: only then `received` and `rport` are about it.
    var ownVia = -1
    for found in message.addresses {
      switch found.place {
      case .viaSentBy:
        if translate(endpoint: found, .via) { ownVia = found.element }
      case .viaReceived: if ownVia == found.element { translate(address: found, .via) }
      case .viaPort: if ownVia == found.element { translate(port: found) }
      case .viaMaddr, .maddr: translate(address: found, kind(of: found))
      case .from, .to, .identity:
        if found.port == nil {
          translate(address: found, kind(of: found))
        } else {
          _ = translate(endpoint: found, kind(of: found))
        }
      case .otherURI:
        if found.port == nil {
          if host(isWhole: ()) { translate(address: found, .identity) }
        } else if name(of: Endpoint(found.address, found.port ?? 0), .tcp, keeps: false) != nil {
          _ = translate(endpoint: found, .identity)
        }
      case .requestURI, .contact, .route, .referTo: _ = translate(endpoint: found, kind(of: found))
      }
    }
  }

  private func kind(of found: SIPAddress) -> SIPFormKind {
    switch found.place {
    case .viaSentBy, .viaReceived, .viaPort, .viaMaddr: .via
    case .requestURI, .contact: .contact
    case .route: .route
    case .referTo: .referTo
    case .from: requestDirection == .outbound ? .own : .peer
    case .to: requestDirection == .outbound ? .peer : .own
    case .identity, .otherURI: .identity
    case .maddr: found.header.map { $0 == .contact ? .contact : $0.place == .route ? .route : .identity } ?? .contact
    }
  }

  /// Whether the host writes its global address itself in such places, and wants to see it there.
  private func knowsGlobal(_ kind: SIPFormKind) -> Bool {
    direction == .inbound && (host[kind] == .global || kind == .peer && host[.own] == .global)
  }

  // MARK: What is whose

  /// Whether a static entry translates the inside host as a whole, so that ports stay.
  func host(isWhole: ()) -> Bool {
    addressBook.insideGlobal(of: session.insideLocal.address, in: session.insideInstance, session.outsideInstance)
      == session.insideGlobal.address
  }

  /// What an endpoint is called on the other side; nil where it is none of ours. `keeps` is whether the session's host may
  /// keep a port that no door leads to.
  func name(of endpoint: Endpoint, _ transport: IPProtocol, keeps: Bool) -> Endpoint? {
    direction == .outbound
      ? outboundName(of: endpoint, transport, keeps: keeps) : inboundName(of: endpoint, transport, keeps: keeps)
  }

  private func outboundName(of local: Endpoint, _ transport: IPProtocol, keeps: Bool) -> Endpoint? {
    if local == session.insideLocal, transport == session.transport { return session.insideGlobal }
    if let known = book.directory.global(of: local, in: session.insideInstance, transport) { return known }
    if let opened = newDoor(local, transport) { return opened }
    if local.address == session.insideLocal.address {
      guard session.insideGlobal.address != local.address else { return nil }
      return keeps || host(isWhole: ()) ? Endpoint(session.insideGlobal.address, local.port) : nil
    }
    if local.address == session.outsideLocal.address, session.outsideGlobal.address != local.address {
      let port = local.port == session.outsideLocal.port ? session.outsideGlobal.port : local.port
      return Endpoint(session.outsideGlobal.address, port)
    }
    let (inside, outside) = (session.insideInstance, session.outsideInstance)
    let other =
      addressBook.insideGlobal(of: local.address, in: inside, outside)
      ?? addressBook.outsideGlobal(of: local.address, in: inside, outside)
    return other.map { Endpoint($0, local.port) }
  }

  /// The door that this very message has opened.
  private func newDoor(_ local: Endpoint, _ transport: IPProtocol) -> Endpoint? {
    if let door = registering.first(where: { $0.key.contact == local && $0.key.transport == transport }) {
      return door.value.door.global
    }
    return call?.door(for: local, transport)?.global
  }

  private func inboundName(of global: Endpoint, _ transport: IPProtocol, keeps: Bool) -> Endpoint? {
    if global == session.insideGlobal, transport == session.transport { return session.insideLocal }
    if let known = book.directory.local(of: global, in: session.outsideInstance, transport) {
      let isOwn = known.address == session.insideLocal.address
      let isNamed =
        isOwn || session.options.contains(.directMedia)
        || addressBook.permits(thirdParty: known.address, of: session.gateway)
      return isNamed ? known : nil
    }
    if global.address == session.insideGlobal.address {
      guard session.insideLocal.address != global.address else { return nil }
      let returns = host(isWhole: ()) || keeps && host.kept.contains(global.port)
      return returns ? Endpoint(session.insideLocal.address, global.port) : nil
    }
    if global.address == session.outsideGlobal.address {
      guard session.outsideLocal.address != global.address else { return nil }
      let port = global.port == session.outsideGlobal.port ? session.outsideLocal.port : global.port
      return Endpoint(session.outsideLocal.address, port)
    }
    let (inside, outside) = (session.insideInstance, session.outsideInstance)
    let other =
      addressBook.insideLocal(of: global.address, in: inside, outside)
      ?? addressBook.outsideLocal(of: global.address, in: inside, outside)
    return other.map { Endpoint($0, global.port) }
  }

  // MARK: Places

  /// Translates an address and its port; whether it is the inside host's own.
  private mutating func translate(endpoint found: SIPAddress, _ kind: SIPFormKind) -> Bool {
    let transport = found.transport ?? session.transport
    let endpoint = Endpoint(found.address, found.port ?? Self.ordinaryPort)
    if knowsGlobal(kind) { return found.address == session.insideGlobal.address }
    if direction == .outbound {
      if found.address == session.insideGlobal.address, session.insideLocal.address != found.address {
        host[kind] = .global
        return true
      }
      if found.address == session.insideLocal.address { host[kind] = found.port == nil ? .bare : .explicit }
    }
    guard let other = name(of: endpoint, transport, keeps: true) else { return false }
    if direction == .outbound, found.address == session.insideLocal.address, other.port == endpoint.port,
      endpoint != session.insideLocal, !host(isWhole: ())
    {
      host.keep(endpoint.port)
    }
    write(other, instead: found, isBare: direction == .inbound && host[kind] == .bare)
    return other.address == session.insideLocal.address || endpoint.address == session.insideLocal.address
  }

  private mutating func write(_ endpoint: Endpoint, instead found: SIPAddress, isBare: Bool) {
    let field = found.header?.title ?? "Request-URI"
    let isOrdinary = endpoint.port == Self.ordinaryPort
    guard let port = found.port else {
      var octets = Self.dotted(endpoint.address)
      if !isOrdinary {
        octets.append(0x3A)
        octets.append(decimal: endpoint.port)
      }
      edit(found.range, octets, field)
      return
    }
    // What a host writes without a port it gets back without one, and the port is not there because of it.
    if isBare, isOrdinary {
      edit(found.range.lowerBound..<found.portRange.upperBound, Self.dotted(endpoint.address), field)
      return
    }
    if endpoint.address != found.address { edit(found.range, Self.dotted(endpoint.address), field) }
    if endpoint.port != port {
      var octets: [UInt8] = []
      octets.append(decimal: endpoint.port)
      edit(found.portRange, octets, field)
    }
  }

  /// Translates an address that has no port, or whose port means nothing.
  private mutating func translate(address found: SIPAddress, _ kind: SIPFormKind) {
    let field = found.header?.title ?? "Request-URI"
    if knowsGlobal(kind) { return }
    if direction == .outbound, found.address == session.insideGlobal.address,
      session.insideLocal.address != found.address
    {
      host[kind] = .global
      return
    }
    let own = direction == .outbound ? session.insideLocal.address : session.insideGlobal.address
    let other =
      found.address == own
      ? (direction == .outbound ? session.insideGlobal.address : session.insideLocal.address)
      : name(of: Endpoint(found.address, 0), session.transport, keeps: false)?.address
    guard let other, other != found.address else { return }
    edit(found.range, Self.dotted(other), field)
  }

  /// `rport` of the host's own Via.
  private mutating func translate(port found: SIPAddress) {
    guard let port = found.port, !knowsGlobal(.via) else { return }
    let (own, other) =
      direction == .outbound
      ? (session.insideLocal.port, session.insideGlobal.port) : (session.insideGlobal.port, session.insideLocal.port)
    guard port == own, port != other else { return }
    var octets: [UInt8] = []
    octets.append(decimal: other)
    edit(found.range, octets, SIPHeaderName.via.title)
  }

  static func dotted(_ address: IPv4Address) -> [UInt8] {
    var octets: [UInt8] = []
    octets.reserveCapacity(21)
    octets.append(dotted: address)
    return octets
  }
}
