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
  package var lifetime: UInt16 = 60
  package var isSingleUse = true
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

/// What a gateway may do to the world while it reads a message: replace octets, open and close doors, step aside, and
/// say what it saw. Nothing happens before the message has been read to its end without an error.
package struct TranslationAgent: Sendable {
  package let session: ControlSession
  /// What translations say of other hosts' addresses.
  package let addresses: any AddressBook
  /// The answers of the worker to the message's doors, in the order in which they are asked for.
  let answers: [OrderAnswer]
  private var asked = 0

  /// In the order of the message; they do not overlap.
  package private(set) var edits: [Edit] = []
  /// The door that the message asks for and that is not granted yet.
  package private(set) var wanted: DoorRequest?
  /// Doors to activate and to close, and doors granted to this message.
  package private(set) var activated: [DoorID] = []
  package private(set) var closed: [DoorID] = []
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
    _ session: ControlSession, addresses: any AddressBook = EmptyAddressBook(), answers: [OrderAnswer] = []
  ) {
    self.session = session
    self.addresses = addresses
    self.answers = answers
  }

  /// Opens a door; answers the global endpoint that stands for its inside local one. A gateway writes that into the
  /// message. Throws `.refused` where there is no such door to be had.
  ///
  /// An inbound door may only lead to the session's own inside host (rule R4).
  package mutating func open(_ door: Door) throws(GatewayError) -> OpenedDoor {
    guard door.insideLocal.address == session.insideLocal.address else { throw .refused(.notTranslated) }
    let request = DoorRequest(
      parent: session.id, gateway: session.gateway, direction: door.direction, protocol: door.transport,
      insideLocal: door.insideLocal.address, insideLocalPort: door.insideLocal.port, remote: door.remote,
      remotePort: door.remotePort, count: door.count, parity: door.parity, lifetime: door.lifetime,
      isSingleUse: door.isSingleUse, isActive: door.isActive, childGateway: door.childGateway)
    guard asked < answers.count else {
      wanted = request
      throw .pending
    }
    let answer = answers[asked]
    asked += 1
    switch answer {
    case .granted(let grant):
      let door = OpenedDoor(request: request, grant: grant)
      opened.append(door)
      return door
    case .refused(let refusal):
      remark("door refused: \(refusal.name)")
      throw .refused(refusal)
    case .done: throw .refused(.noAnswer)
    }
  }

  /// Lets a door that was opened inactive admit packets (rule R5).
  package mutating func activate(_ door: DoorID) { activated.append(door) }

  /// Closes a door before its time.
  package mutating func close(_ door: DoorID) { closed.append(door) }

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

  /// Lets the message go no further: for protocols where passing it on would do harm.
  package mutating func drop() { isDropped = true }
}
