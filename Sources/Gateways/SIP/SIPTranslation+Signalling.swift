import Forwarding
import Translation
import WireFormats

// Doors for signalling: calls reach a host by its Contact, long after the session in which it said so.
extension SIPTranslation {
  /// Opens doors for what the message's Contacts say, where there is none yet.
  mutating func openSignalling(_ octets: Span<UInt8>, through agent: inout TranslationAgent) throws(GatewayError) {
    let isRegister = message.isRequest && message.method == .register
    guard isRegister || call != nil && !(message.status.map { $0 >= 300 } ?? false) else { return }
    for found in message.addresses where found.place == .contact {
      let contact = Endpoint(found.address, found.port ?? Self.ordinaryPort)
      let transport = found.transport ?? session.transport
      guard mayLead(to: found.address) else {
        refuseThirdParty(contact, transport, through: &agent)
        continue
      }
      do throws(GatewayError) {
        if isRegister {
          try openRegistration(contact, transport, found.expires ?? message.expires, octets, through: &agent)
        } else {
          try openCallSignalling(contact, transport, through: &agent)
        }
      } catch .refused {
        // The address is translated nevertheless; whoever calls it will find no way in.
        continue
      }
    }
    if isRegister, message.hasStarContact, message.expires == 0 { endAll(octets) }
  }

  /// Whether doors may lead to a host: it is the session's own, or an access list says that others speak for it (rule R4).
  func mayLead(to host: IPv4Address) -> Bool {
    host == session.insideLocal.address
      || addressBook.permits(thirdParty: host, of: session.gateway)
        && addressBook.isInside(host, in: session.insideInstance)
  }

  /// Says that an endpoint stays as it is, where it is another inside host's.
  func refuseThirdParty(_ endpoint: Endpoint, _ transport: IPProtocol, through agent: inout TranslationAgent) {
    guard endpoint.address != session.insideLocal.address, name(of: endpoint, transport, keeps: false) == nil,
      addressBook.isInside(endpoint.address, in: session.insideInstance)
    else { return }
    agent.refuse(.thirdParty)
  }

  private func door(to contact: Endpoint, _ transport: IPProtocol, lifetime: UInt32) -> Door {
    // A registrar, and a server of calls, is one address (rule R7).
    var door = Door(.inbound, transport, to: contact, from: session.outsideGlobal.address)
    door.lifetime = lifetime
    door.isSingleUse = false
    door.outlivesSession = true
    door.childGateway = session.gateway
    return door
  }

  func known(_ opened: TranslationAgent.OpenedDoor) -> SIPDoor {
    SIPDoor(
      id: opened.grant.door, local: Endpoint(opened.request.insideLocal, opened.request.insideLocalPort),
      global: Endpoint(opened.grant.insideGlobal, opened.grant.insideGlobalPort),
      transport: opened.request.protocolNumber, count: opened.request.count, isActive: opened.request.isActive,
      outside: session.outsideInstance)
  }

  /// A call's messages come over the session that its Contact is of; where it names another endpoint, as over TCP, there is
  /// a door for the call's life.
  private mutating func openCallSignalling(
    _ contact: Endpoint, _ transport: IPProtocol, through agent: inout TranslationAgent
  ) throws(GatewayError) {
    guard contact != session.insideLocal || transport != session.transport,
      call?.door(for: contact, transport) == nil, (call?.doors.count ?? 0) < SIPCall.maximumDoors,
      book.directory.global(of: contact, in: session.insideInstance, transport) == nil
    else { return }
    let lifetime = (call?.deadline ?? now) &- now + SIPCall.farewell
    var wanted = door(to: contact, transport, lifetime: lifetime)
    wanted.name = doorName
    let opened = known(try agent.open(wanted))
    call?.doors.append(opened)
  }

  // MARK: Registrations

  /// A REGISTER: the door is opened at once, because the registrar is to be told where it is, and admits nobody before
  /// the registrar has agreed.
  private mutating func openRegistration(
    _ contact: Endpoint, _ transport: IPProtocol, _ expires: UInt32?, _ octets: Span<UInt8>,
    through agent: inout TranslationAgent
  ) throws(GatewayError) {
    guard let name = message.callID else { return }
    let key = SIPRegistrationKey(host: hostKey, contact: contact, transport: transport, user: message.toUser)
    let requested = min(expires ?? SIPRegistration.ordinary, SIPRegistration.longest)
    let hash = TextReading.hash(octets, name)
    if var known = book.registrations[key] {
      (known.name, known.sequence, known.requested) = (hash, message.sequence, requested)
      registering.append((key, known))
      return
    }
    guard requested > 0, host.registrations < SIPBook.maximumRegistrationsOfHost else { return }
    var wanted = door(to: contact, transport, lifetime: SIPRegistration.patience)
    wanted.isActive = false
    let door = known(try agent.open(wanted))
    registering.append(
      (
        key,
        SIPRegistration(
          door: door, name: hash, sequence: message.sequence, requested: requested, began: now,
          deadline: now &+ SIPRegistration.patience)
      ))
  }

  /// `Contact: *`: all registrations of the user are to end.
  private mutating func endAll(_ octets: Span<UInt8>) {
    guard let name = message.callID else { return }
    for key in book.registrations.of(hostKey, user: message.toUser) {
      guard var known = book.registrations[key] else { continue }
      (known.name, known.sequence, known.requested) = (TextReading.hash(octets, name), message.sequence, 0)
      registering.append((key, known))
    }
  }

  /// What a REGISTER or its answer leaves.
  mutating func finishRegistration(through agent: inout TranslationAgent) {
    for (key, registration) in registering { agent.change(book, .registration(key, registration)) }
    guard direction == .inbound, let status = message.status, status >= 200, let hash = key?.name else { return }
    for key in book.registrations.of(hostKey, name: hash, sequence: message.sequence) {
      guard var known = book.registrations[key] else { continue }
      guard status < 300 else {
        // A registration that stands already goes on; a challenge is answered by another request.
        if !known.isActive, ![401, 407, 423].contains(status) { end(key, known, through: &agent) }
        continue
      }
      let granted = expiry(of: key) ?? min(message.expires ?? known.requested, known.requested)
      guard granted > 0 else {
        end(key, known, through: &agent)
        continue
      }
      if !known.isActive { agent.activate(known.door.id) }
      known.isActive = true
      known.door.isActive = true
      known.deadline = now &+ granted &+ SIPRegistration.grace
      agent.extend(known.door.id, seconds: granted + SIPRegistration.grace)
      agent.change(book, .registration(key, known))
    }
  }

  private func end(_ key: SIPRegistrationKey, _ known: SIPRegistration, through agent: inout TranslationAgent) {
    agent.close(known.door.id)
    agent.change(book, .endRegistration(key))
  }

  /// For how long the registrar keeps a contact, by its own words about that contact.
  private func expiry(of key: SIPRegistrationKey) -> UInt32? {
    let contact = message.addresses.first { found in
      guard found.place == .contact else { return false }
      let endpoint = Endpoint(found.address, found.port ?? Self.ordinaryPort)
      return endpoint == key.contact
        || name(of: endpoint, found.transport ?? session.transport, keeps: true) == key.contact
    }
    return contact.map { min($0.expires ?? message.expires ?? SIPRegistration.ordinary, SIPRegistration.longest) }
  }
}
