import Forwarding
import Gateways
import Translation
import WireFormats

/// Where a frame was seen.
package enum CaptureSide: Sendable {
  case inside
  case outside
}

/// Plays a capture's conversations through a gateway: hosts on either side send what they sent, to the names that the other
/// side has for them now, and the clock follows the capture's timestamps.
///
/// What a host sends is in `CaptureReplay+Hosts.swift`, what becomes of it in `CaptureReplay+Events.swift`.
package final class CaptureReplay {
  let capture: CaptureFile
  let gateway: VirtualGateway
  let sides: Sides
  var report = ReplayReport()
  /// The conversations as the capture has them, and by the names that are valid inside.
  var conversations: [FlowID: Conversation] = [:]
  var localConversations: [FlowID: Conversation] = [:]
  var order: [Conversation] = []
  /// What an inside end was last seen to be called outside, and what gateways told that doors to it are called.
  var seen: [InsideEnd: Endpoint] = [:]
  var granted: [InsideEnd: Endpoint] = [:]
  /// Inside hosts that cross under their own addresses, which are no secret outside.
  var untranslated: Set<IPv4Address> = []
  /// Every address that a host of the capture has.
  var hosts: Set<IPv4Address> = []
  /// The ports of datagrams in fragments, by what their fragments have in common.
  var fragmentPorts: [FragmentID: (source: UInt16, destination: UInt16)] = [:]
  /// Endpoints that acknowledge by themselves when the time has come, soonest first.
  var acknowledgments: [DueAcknowledgment] = []
  var nextAcknowledgment = 0
  /// Nanoseconds since 1970.
  var now: UInt64
  var readEntries: UInt64 = 0
  var insideFile = CaptureWriter()
  var outsideFile = CaptureWriter()

  /// What fragments of one datagram have in common (RFC 791 section 3.2).
  struct FragmentID: Hashable {
    var source: IPv4Address
    var destination: IPv4Address
    var protocolNumber: IPProtocol
    var identification: UInt16

    init(_ packet: RecordedPacket) {
      source = packet.source
      destination = packet.destination
      protocolNumber = packet.protocolNumber
      identification = packet.identification
    }
  }

  /// An endpoint that has received something, and when it says so.
  struct DueAcknowledgment {
    var time: UInt64
    var conversation: Conversation
    /// Which way the acknowledgement goes.
    var direction: Direction
  }

  /// Microseconds that hosts and gateway have after the last frame.
  private static let afterwards: UInt64 = 2_000_000
  /// Things that may be due between two frames; more are left for later.
  private static let maximumDue = 10_000
  /// Octets of a side that are handed out together.
  private static let flushSize = 64 << 10

  /// A gateway as the plan says, before the first frame.
  package init(_ capture: CaptureFile, _ plan: ReplayPlan) throws(ReplayError) {
    var plan = plan
    sides = try Sides(&plan)
    self.capture = capture
    now = capture.start
    gateway = VirtualGateway(
      plan, sessions: min(plan.translation.maximumEntries, max(4096, 2 * capture.count)), now: capture.start / 1000)
    report.breaksOff = capture.breaksOff
    report.start = capture.start / 1000
    try survey()
  }

  /// Looks through the capture for its hosts and for what fragments need.
  private func survey() throws(ReplayError) {
    var isCrossed = false
    for index in 0..<capture.count {
      guard case .success(let packet) = capture.packet(index) else { continue }
      hosts.insert(packet.source)
      hosts.insert(packet.destination)
      let (source, destination) = (sides.inside(packet.source), sides.inside(packet.destination))
      if (source == nil) != (destination == nil) { isCrossed = true }
      if packet.isFragment, let ports = packet.ports { fragmentPorts[FragmentID(packet)] = ports }
    }
    guard isCrossed else { throw .nothingCrosses }
  }

  /// Plays the capture. What the two sides see goes to `sink` piece by piece, each side's file from its beginning on.
  package func run(_ sink: (CaptureSide, [UInt8]) throws -> Void) rethrows -> ReplayReport {
    for index in 0..<capture.count {
      report.frames += 1
      switch capture.packet(index) {
      case .failure(let reason): skip(reason)
      case .success(let packet):
        if packet.missing > 0 { report.shortened += 1 }
        advance(to: packet.time)
        play(packet)
      }
      if insideFile.octets.count >= Self.flushSize { try sink(.inside, insideFile.take()) }
      if outsideFile.octets.count >= Self.flushSize { try sink(.outside, outsideFile.take()) }
    }
    report.duration = now / 1000 - report.start
    advance(to: now + Self.afterwards * 1000)
    conclude()
    try sink(.inside, insideFile.take())
    try sink(.outside, outsideFile.take())
    return report
  }

  func skip(_ reason: SkipReason) { report.skipped[reason, default: 0] += 1 }

  // MARK: Time

  /// Moves the clock to a frame's time, unless it is later already, and lets hosts and gateway do what is due until then.
  private func advance(to time: UInt64) {
    let end = max(time, now)
    for _ in 0..<Self.maximumDue {
      let own = nextAcknowledgment < acknowledgments.count ? acknowledgments[nextAcknowledgment].time : nil
      guard let next = [own, gateway.deadline].compactMap({ $0 }).min(), next <= end / 1000 else { break }
      now = max(now, next * 1000)
      gateway.advance(to: next)
      follow(gateway.takeEvents(), of: nil)
      acknowledgeDue(at: max(next, gateway.now))
    }
    now = end
    gateway.advance(to: end / 1000)
    follow(gateway.takeEvents(), of: nil)
  }

  private func acknowledgeDue(at time: UInt64) {
    while nextAcknowledgment < acknowledgments.count, acknowledgments[nextAcknowledgment].time <= time {
      let due = acknowledgments[nextAcknowledgment]
      nextAcknowledgment += 1
      // It may have acknowledged since.
      if due.conversation[sender: due.direction].acknowledgeAt == due.time {
        acknowledge(due.conversation, due.direction)
      }
    }
    guard nextAcknowledgment > 1024, nextAcknowledgment * 2 > acknowledgments.count else { return }
    acknowledgments.removeFirst(nextAcknowledgment)
    nextAcknowledgment = 0
  }

  // MARK: The end

  /// Adds to the report what is known only at the end.
  private func conclude() {
    for conversation in order {
      if conversation.isAnswered { search([conversation.unread.takeRest()], conversation) }
      report.translations.append(
        ReplayReport.Translation(
          protocolNumber: conversation.flow.protocolNumber, insideLocal: conversation.flow.inside,
          insideGlobal: conversation.insideGlobal, outsideLocal: conversation.outsideLocal,
          outsideGlobal: conversation.flow.outside, opened: conversation.opened,
          gateway: GatewayCatalog.gateway(conversation.gateway)?.name, steppedAside: conversation.steppedAside,
          outbound: conversation.passed.outbound, inbound: conversation.passed.inbound))
      guard conversation.isAnswered else { continue }
      for direction in [Direction.outbound, .inbound] where conversation[sender: direction].hole > 0 {
        report.problems.append(
          .missing(ReplayedFlow(conversation.flow), direction, octets: conversation[sender: direction].hole))
      }
    }
    report.insideFrames = insideFile.count
    report.outsideFrames = outsideFile.count
  }
}
