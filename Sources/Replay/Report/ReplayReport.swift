package import Gateways
package import Translation
package import WireFormats

/// What came of a replay.
package struct ReplayReport: Sendable {
  /// A conversation with its four names.
  package struct Translation: Sendable {
    package var protocolNumber: IPProtocol
    package var insideLocal: Endpoint
    /// Nil when nobody outside could call it anything.
    package var insideGlobal: Endpoint?
    package var outsideLocal: Endpoint
    package var outsideGlobal: Endpoint
    package var opened: Direction
    /// The gateway that looked into it, by name.
    package var gateway: String?
    package var steppedAside: StepAsideReason?
    /// Packets that left the gateway.
    package var outbound: UInt64
    package var inbound: UInt64
  }

  /// A packet that went no further.
  package struct Drop: Sendable {
    /// Microseconds since 1970.
    package var time: UInt64
    package var protocolNumber: IPProtocol
    package var source: Endpoint
    package var destination: Endpoint
    package var reason: DropReason
  }

  /// An inside local address outside where no gateway is asked to translate it, such as in a greeting.
  package struct Mention: Sendable {
    package var flow: ReplayedFlow
    package var address: IPv4Address
    package var text: [UInt8]
  }

  /// Drops, and mentions, that are told one by one.
  package static let maximumDetails = 1000

  /// Frames of the capture.
  package var frames = 0
  /// Frames that hosts sent.
  package var played = 0
  /// Frames that they did not, by reason.
  package var skipped: [SkipReason: Int] = [:]
  /// Packets whose end the capture did not keep, so that zeros stand there.
  package var shortened = 0
  /// Whether the file breaks off within a frame.
  package var breaksOff = false
  /// Microseconds since 1970 of the first frame, and between the first and the last.
  package var start: UInt64 = 0
  package var duration: UInt64 = 0
  /// In the order in which they began.
  package var translations: [Translation] = []
  /// What gateways did: edits with before and after, doors, remarks.
  package var entries: [LedgerEntry] = []
  /// Packets that went no further, by reason, and the first of them.
  package var drops: [DropReason: Int] = [:]
  package var firstDrops: [Drop] = []
  package var mentions: [Mention] = []
  /// What keeps the replay from being a success.
  package var problems: [ReplayProblem] = []
  /// Frames in the files of the two sides.
  package var insideFrames = 0
  package var outsideFrames = 0

  package init() {}

  /// Whether every payload address that had to be translated was.
  package var isComplete: Bool { problems.isEmpty }

  /// The hosts whose packets crossed under their own addresses, because no rule is for them.
  package var untranslated: [IPv4Address] {
    Set(translations.filter { $0.insideGlobal?.address == $0.insideLocal.address }.map(\.insideLocal.address)).sorted()
  }
}

/// A conversation, for sentences about it.
package struct ReplayedFlow: Hashable, Sendable {
  package var protocolNumber: IPProtocol
  package var inside: Endpoint
  package var outside: Endpoint

  init(_ flow: FlowID) {
    protocolNumber = flow.protocolNumber
    inside = flow.inside
    outside = flow.outside
  }
}

/// Why an address that had to be translated was not, or may not have been.
package enum ReplayProblem: Sendable {
  /// A gateway asked for a door and did not get it.
  case doorRefused(DoorRequest, DoorRefusal)
  /// A control message went out with an inside local address.
  case leak(ReplayedFlow, IPv4Address, text: [UInt8])
  /// A message with an address did not parse, and went on as it was.
  case malformed(LedgerEntry, IPv4Address)
  /// The capture lacks octets of a control stream, behind which its gateway could read nothing.
  case missing(ReplayedFlow, Direction, octets: UInt32)
  /// A gateway in a dry run left fields as they were.
  case dryRun(LedgerEntry)

  /// The word of listings.
  package var name: String {
    switch self {
    case .doorRefused: "door-refused"
    case .leak: "leak"
    case .malformed: "malformed"
    case .missing: "missing-octets"
    case .dryRun: "dry-run"
    }
  }
}
