package import Translation
package import WireFormats

/// A replacement of octets of a message, and why.
package struct Edit: Hashable, Sendable {
  /// Where in the message.
  package var range: Range<Int>
  package var octets: [UInt8]
  /// The field, as the protocol's specification calls it.
  package var field: String

  package init(range: Range<Int>, octets: [UInt8], field: String) {
    self.range = range
    self.octets = octets
    self.field = field
  }
}

/// A door that a gateway wants, in the words of its session; the agent fills in whose it is.
package struct Door: Hashable, Sendable {
  package var direction: Direction
  package var transport: IPProtocol
  /// The inside local endpoint that it leads to or from.
  package var insideLocal: Endpoint
  /// The only outside address that may use it; nil for any (rule R7 asks for one wherever the protocol has it).
  package var remote: IPv4Address?
  /// The only outside port that may use it; 0 for any.
  package var remotePort: UInt16 = 0
  /// Consecutive ports.
  package var count: UInt8 = 1
  package var parity = PortParity.any
  /// Seconds that it waits for a use; 0 for as long as the session lives.
  package var lifetime: UInt32 = 60
  /// Whether it stays when the session ends, because it belongs to something that the gateway's memory has: a call or a
  /// registration. Such a door always has a lifetime, which the memory extends.
  package var outlivesSession = false
  package var isSingleUse = true
  /// What the gateway calls its doors for one thing, which are closed under this name when they are found open after a
  /// restart; 0 for nothing.
  package var name: UInt64 = 0
  /// Whether it admits anybody at once (rule R5).
  package var isActive = true
  /// The gateway that looks into sessions through it.
  package var childGateway = GatewayID.none

  package init(_ direction: Direction, _ transport: IPProtocol, to insideLocal: Endpoint, from remote: IPv4Address?) {
    self.direction = direction
    self.transport = transport
    self.insideLocal = insideLocal
    self.remote = remote
  }
}

/// A door that a message asked for, and what the worker said.
package struct DoorAnswer: Hashable, Sendable {
  package var request: DoorRequest
  package var answer: OrderAnswer

  package init(_ request: DoorRequest, _ answer: OrderAnswer) {
    self.request = request
    self.answer = answer
  }
}

/// What a gateway may do to the world while it reads a message: replace octets, open and close doors, step aside, and
/// say what it saw. Nothing happens before the message has been read to its end without an error.
package struct TranslationAgent {
  package let session: ControlSession
  /// What translations say of other hosts' addresses.
  package let addresses: any AddressBook
  /// What the gateway remembers beyond the session, for reading.
  package let memory: (any GatewayMemory)?
  /// When the message came, in microseconds.
  package let now: UInt64
  /// What the worker has answered to the message's doors.
  let answers: [DoorAnswer]
  /// The answers that have been used: a message is read again with them, and may ask for other doors then.
  private var used: [Int] = []

  /// In the order of the message; they do not overlap.
  package private(set) var edits: [Edit] = []
  /// The door that the message asks for and that is not granted yet.
  package private(set) var wanted: DoorRequest?
  /// Doors to activate and to close, and doors granted to this message.
  package private(set) var activated: [DoorID] = []
  package private(set) var closed: [DoorID] = []
  /// Doors that stay longer.
  package private(set) var extended: [(door: DoorID, seconds: UInt32)] = []
  /// Names under which an earlier run may have left doors open.
  package private(set) var closedEarlier: [UInt64] = []
  /// Changes of the memory, for when the message has been read.
  private var changes: [() -> Void] = []
  package private(set) var opened: [OpenedDoor] = []
  package private(set) var steppedAside: StepAsideReason?
  /// What kind of message it is, for counters: a word of the protocol, such as `PORT`.
  package private(set) var kind: String?
  /// Remarks for trace and counters, such as `bounce`: why something was left alone.
  package private(set) var remarks: [String] = []
  /// Whether the message goes no further.
  package private(set) var isDropped = false

  /// A door that a message opened.
  package struct OpenedDoor: Hashable, Sendable {
    package var request: DoorRequest
    package var grant: DoorGrant

    package init(request: DoorRequest, grant: DoorGrant) {
      self.request = request
      self.grant = grant
    }
  }

  package init(
    _ session: ControlSession, addresses: any AddressBook = EmptyAddressBook(),
    memory: (any GatewayMemory)? = nil, answers: [DoorAnswer] = [], now: UInt64 = 0
  ) {
    self.session = session
    self.addresses = addresses
    self.memory = memory
    self.answers = answers
    self.now = now
  }

  /// Opens a door; answers the global endpoint that stands for its inside local one. A gateway writes that into the
  /// message. Throws `.refused` where there is no such door to be had.
  ///
  /// An inbound door may only lead to the session's own inside host, or to one that an access list names (rule R4).
  package mutating func open(_ door: Door) throws(GatewayError) -> OpenedDoor {
    // Doors are ways through translation, and there is none over IPv6.
    guard session.ipv6 == nil else {
      refuse(.notTranslated)
      throw .refused(.notTranslated)
    }
    var thirdParty: ThirdParty?
    if door.insideLocal.address != session.insideLocal.address {
      guard addresses.permits(thirdParty: door.insideLocal.address, of: session.gateway) else {
        refuse(.thirdParty)
        throw .refused(.thirdParty)
      }
      thirdParty = ThirdParty(
        insideInstance: session.insideInstance, outsideInstance: session.outsideInstance,
        outsideLocal: session.outsideLocal.address)
    }
    let request = DoorRequest(
      parent: session.id, gateway: session.gateway, direction: door.direction, protocol: door.transport,
      insideLocal: door.insideLocal.address, insideLocalPort: door.insideLocal.port, remote: door.remote,
      remotePort: door.remotePort, count: door.count, parity: door.parity, lifetime: door.lifetime,
      isSingleUse: door.isSingleUse, isActive: door.isActive, outlivesParent: door.outlivesSession,
      childGateway: door.childGateway, name: door.name, thirdParty: thirdParty)
    guard let place = answers.indices.first(where: { answers[$0].request == request && !used.contains($0) }) else {
      wanted = request
      throw .pending
    }
    used.append(place)
    switch answers[place].answer {
    case .granted(let grant):
      let door = OpenedDoor(request: request, grant: grant)
      opened.append(door)
      return door
    case .refused(let refusal):
      refuse(refusal)
      throw .refused(refusal)
    case .done: throw .refused(.noAnswer)
    }
  }

  /// Lets a door that was opened inactive admit packets (rule R5).
  package mutating func activate(_ door: DoorID) { activated.append(door) }

  /// Closes a door before its time.
  package mutating func close(_ door: DoorID) { closed.append(door) }

  /// Closes the session's host's doors that an earlier run has left open under a name.
  package mutating func closeEarlier(_ name: UInt64) { closedEarlier.append(name) }

  /// Lets a door stay for so many seconds from now on.
  package mutating func extend(_ door: DoorID, seconds: UInt32) { extended.append((door, seconds)) }

  /// Changes what the gateway remembers, once the message has been read to its end.
  package mutating func change<Memory: GatewayMemory>(_ memory: Memory, _ change: Memory.Change) {
    let now = now
    changes.append { memory.apply(change, now: now) }
  }

  /// Makes the changes of the memory: the message has been read.
  package func carryOutChanges() { for change in changes { change() } }

  /// Whether the message, read to its end, has asked for anything, or there is anything to tell of it.
  var wantsAnything: Bool {
    !(edits.isEmpty && activated.isEmpty && closed.isEmpty && extended.isEmpty && closedEarlier.isEmpty
      && changes.isEmpty && opened.isEmpty && remarks.isEmpty && answers.isEmpty)
      || wanted != nil || steppedAside != nil || isDropped
  }

  /// Makes an agent whose message wanted nothing ready for the next one.
  mutating func forget() { kind = nil }

  /// Doors that were granted to an earlier reading of the message and that this one did not ask for.
  package var unused: [DoorID] {
    answers.indices.compactMap { place in
      guard case .granted(let grant) = answers[place].answer, !used.contains(place) else { return nil }
      return grant.door
    }
  }

  /// Replaces octets of the message. Ranges come in ascending order and do not overlap; one that does not change
  /// anything is left out.
  package mutating func replace(_ range: Range<Int>, with octets: [UInt8], field: String) {
    precondition(range.lowerBound >= (edits.last?.range.upperBound ?? 0), "edits out of order")
    edits.append(Edit(range: range, octets: octets, field: field))
  }

  /// Looks into the session no longer, from the end of this message on.
  package mutating func stepAside(_ why: StepAsideReason) { steppedAside = why }

  /// Says what kind of message it is.
  package mutating func count(_ kind: String) { self.kind = kind }

  /// Says why something was left alone.
  package mutating func remark(_ remark: String) { remarks.append(remark) }

  /// Says why there is no door for something that the message announces.
  package mutating func refuse(_ why: DoorRefusal) { remark("door refused: \(why.name)") }

  /// Lets the message go no further: for protocols where passing it on would do harm.
  package mutating func drop() { isDropped = true }
}
