import Forwarding
import Translation
import WireFormats

/// The translation of one message: what is asked for, and the edits that make it say what its receiver knows.
struct SIPTranslation {
  let message: SIPMessage
  let direction: Direction
  let book: SIPBook
  let session: ControlSession
  let addressBook: any AddressBook
  /// Seconds.
  let now: UInt32
  let hostKey: SIPHostKey
  /// The inside host, and the call, as they are behind the message.
  var host: SIPHost
  var call: SIPCall?
  /// Registrations that the message asks for.
  var registering: [(key: SIPRegistrationKey, value: SIPRegistration)] = []
  /// Edits in no order yet.
  var edits: [Edit] = []
  /// What doors of the call are called, in every run.
  private(set) var doorName: UInt64 = 0
  /// Whether the message has a description of the inside host's that is in force at once.
  var describes = false
  private var fate = SIPCall.Fate.same

  init(_ message: SIPMessage, _ direction: Direction, _ book: SIPBook, _ agent: TranslationAgent) {
    self.message = message
    self.direction = direction
    self.book = book
    session = agent.session
    addressBook = agent.addresses
    now = SIPBook.seconds(agent.now)
    hostKey = SIPHostKey(address: agent.session.insideLocal.address, instance: agent.session.insideInstance)
    host = book.host(hostKey)
    edits.reserveCapacity(24)
  }

  /// Who asks: the direction of the request, for a response as well.
  var requestDirection: Direction { message.isRequest == (direction == .outbound) ? .outbound : .inbound }

  private(set) var key: SIPCallKey?
  private func callKey(_ octets: Span<UInt8>) -> SIPCallKey? {
    message.callID.map { SIPCallKey(host: hostKey, name: TextReading.hash(octets, $0)) }
  }

  mutating func run(_ octets: Span<UInt8>, through agent: inout TranslationAgent) throws(GatewayError) {
    key = callKey(octets)
    guard try follow(octets, through: &agent) else { return }
    if direction == .outbound { try openSignalling(octets, through: &agent) }
    // Before the addresses: a message that has to wait for a door has cost no more than that then.
    try translateBody(octets, through: &agent)
    translateAddresses()
    finishCall(through: &agent)
    if message.method == .register { finishRegistration(through: &agent) }
    if host != book.host(hostKey) || now &- host.touched > SIPHost.freshness {
      host.touched = now
      agent.change(book, .host(hostKey, host))
    }
    edits.sort { $0.range.lowerBound < $1.range.lowerBound }
    for edit in edits { agent.replace(edit.range, with: edit.octets, field: edit.field) }
  }

  // MARK: The call

  /// Finds the message's call, or begins it; false where the message goes no further.
  private mutating func follow(
    _ octets: Span<UInt8>, through agent: inout TranslationAgent
  ) throws(GatewayError) -> Bool {
    guard let key, let name = message.callID else { return true }
    doorName = TextReading.steadyHash(octets, name)
    call = book.calls[key]
    let (message, direction, now) = (message, direction, now)
    guard message.isRequest else {
      if let status = message.status {
        fate = call?.note(response: message, status, direction, now: now) ?? .same
      }
      return true
    }
    if call == nil, message.bringsCall {
      if message.toTag == 0 {
        let caller = session.sender(direction).address
        guard !book.rate.isBlocked(caller, now: agent.now) else {
          agent.remark("calls of \(caller) are blocked")
          agent.drop()
          return false
        }
        agent.change(book, .attempt(caller))
      }
      guard book.hasRoom(for: hostKey) else {
        agent.remark("too many calls of the host")
        return true
      }
      let kept = name.lowerBound..<min(name.upperBound, name.lowerBound + SIPCall.longestName)
      var begun = SIPCall(
        name: octets.extracting(kept).copied, began: now, deadline: now &+ SIPCall.patience, inviteDirection: direction)
      if message.toTag != 0 { begun.earlier = SIPCall.Earlier(name: doorName, worker: session.id.worker) }
      call = begun
    }
    call?.note(request: message, direction, now: now)
    return true
  }

  /// Writes down what has become of the call, and activates or closes its doors.
  private mutating func finishCall(through agent: inout TranslationAgent) {
    guard let key, var call else { return }
    if fate == .ends {
      for door in call.doors { agent.close(door.id) }
      if let earlier = call.earlier { agent.closeEarlier(earlier.name) }
      agent.change(book, .endCall(key))
      return
    }
    // The offer has reached somebody, who may send from now on (rule R5).
    if fate == .goesOn, direction == .inbound, let status = message.status, status > 100, status < 300 {
      for index in call.doors.indices where !call.doors[index].isActive && call.doors[index].closes == nil {
        call.doors[index].isActive = true
        agent.activate(call.doors[index].id)
      }
    }
    let known = book.calls[key]
    if known?.state == .confirmed, call.state == .confirmed { settleMedia(&call) }
    if call.state == .confirmed, known?.state != .confirmed {
      for door in call.doors { agent.extend(door.id, seconds: SIPCall.longestSilence + SIPCall.farewell) }
    }
    guard known != call else { return }
    agent.change(book, .call(key, call))
  }

  /// Settles which of the doors of a call in progress are for media still, where the message says so: it has a
  /// description that needs no answer, or it is the answer to the last one.
  private func settleMedia(_ call: inout SIPCall) {
    if describes { call.supersede(now: now) }
    guard fate == .goesOn, direction == .inbound, let status = message.status, status >= 200,
      message.sequence == call.offerSequence
    else { return }
    call.offerSequence = nil
    if status < 300 { call.supersede(now: now) } else { call.dismissOffer(now: now) }
  }

  // MARK: Edits

  /// Replaces octets, unless they say the same already.
  mutating func edit(_ range: Range<Int>, _ octets: [UInt8], _ field: String) {
    edits.append(Edit(range: range, octets: octets, field: field))
  }
}

extension SIPMessage {
  /// Whether a request that belongs to no known call may begin to be one: an INVITE does, and what only an INVITE's
  /// dialog has, where the INVITE was not seen. An earlier run may have seen it, and left doors that a BYE is to close.
  var bringsCall: Bool {
    switch method {
    case .invite: true
    case .ack, .prack, .update: toTag != 0 && !body.isEmpty
    case .bye: toTag != 0
    default: false
    }
  }
}
