import Forwarding
import Translation
import WireFormats

// Session descriptions: where media are sent to, and the doors by which they come.
extension SIPTranslation {
  /// Translates the descriptions of the body, and mends the lengths of what they stand in.
  mutating func translateBody(_ octets: Span<UInt8>, through agent: inout TranslationAgent) throws(GatewayError) {
    guard !message.body.isEmpty else { return }
    guard message.length != .wrong else {
      agent.remark("Content-Length is no number")
      return
    }
    if message.isCutOff { agent.remark("Content-Length is larger than the body") }
    let body = SIPBody(message, octets, readsParts: session.options.contains(.readsParts))
    if let remark = body.remark { agent.remark(remark.rawValue) }
    if direction == .outbound, !body.parts.isEmpty { beginDescription() }
    var lengths = SIPLengths(message.length)
    for part in body.parts {
      guard let description = SDPDescription(octets, part.range) else {
        agent.remark("a description without version")
        continue
      }
      if description.isTruncated { agent.remark("a description with too many media") }
      let first = edits.count
      if direction == .outbound {
        try translateOutbound(description, through: &agent)
      } else {
        translateInbound(description)
      }
      lengths.grow(part.lengths, by: edits[first...].reduce(0) { $0 + $1.octets.count - $1.range.count })
    }
    for (number, value) in lengths.changed {
      var digits: [UInt8] = []
      digits.append(decimal: value)
      edit(number.range, digits, SIPHeaderName.contentLength.title)
    }
  }

  /// A description of the inside host's: an offer is in force when it is answered, everything else at once.
  private mutating func beginDescription() {
    call?.beginDescription()
    let isOffer = message.isRequest && (message.method == .invite || message.method == .update)
    let sequence = message.sequence
    call?.offerSequence = isOffer ? sequence : nil
    describes = !isOffer
  }

  private mutating func put(_ place: SDPAddress?, _ address: IPv4Address, _ field: String) {
    guard let place, place.value != address else { return }
    edit(place.range, Self.dotted(address), field)
  }

  private mutating func put(_ place: SDPPort, _ port: UInt16, _ field: String) {
    guard place.value != port else { return }
    var octets: [UInt8] = []
    octets.append(decimal: port)
    edit(place.range, octets, field)
  }

  // MARK: Outbound

  private mutating func translateOutbound(
    _ description: SDPDescription, through agent: inout TranslationAgent
  ) throws(GatewayError) {
    // Descriptions of what a host can do, as in answers to OPTIONS, promise nothing.
    guard call != nil else { return }
    let own = session.insideLocal.address
    var shared: IPv4Address?
    for media in description.media {
      guard let connection = description.connection(of: media) else { continue }
      let isShared = media.connection == nil
      let host = connection.value
      guard mayLead(to: host) else {
        // On hold (RFC 2543 section B.5), the stream goes on where it was.
        if host.rawValue == 0, let held = call?.door(for: Endpoint(own, media.port.value), media.protocol) {
          call?.name(held)
        }
        let stream = Endpoint(host, media.port.value)
        guard let other = name(of: stream, media.protocol, keeps: false) else {
          refuseThirdParty(stream, media.protocol, through: &agent)
          continue
        }
        if isShared { shared = other.address } else { put(media.connection, other.address, "c=") }
        continue
      }
      guard media.port.value != 0, !(media.transport == .tcp && (media.isActiveOpener || media.port.value == 9)) else {
        if !isShared, host == own { put(media.connection, session.insideGlobal.address, "c=") }
        continue
      }
      guard let door = try mediaDoor(media, of: host, through: &agent) else { continue }
      guard !isShared || shared.map({ $0 == door.global.address }) ?? true else {
        agent.remark("media at two addresses of one c= line")
        continue
      }
      if isShared { shared = door.global.address } else { put(media.connection, door.global.address, "c=") }
      put(media.port, door.global.port, "m=")
      try translateEndpoints(of: media, door, through: &agent)
    }
    let address = shared ?? session.insideGlobal.address
    if let connection = description.connection, connection.value == own || shared != nil {
      put(connection, address, "c=")
    }
    if description.origin?.value == own {
      put(description.origin, address, "o=")
      call?.origin = description.originName
    } else if let origin = description.origin, origin.value == description.connection?.value, shared != nil {
      put(origin, address, "o=")
    }
  }

  /// The door of a stream: one that the call has, or a new one. Nil where there is none to be had.
  private mutating func mediaDoor(
    _ media: SDPMedia, of host: IPv4Address, through agent: inout TranslationAgent
  ) throws(GatewayError) -> SIPDoor? {
    let port = media.port.value
    var count = max(1, min(media.count, 8))
    var parity = PortParity.any
    if media.transport == .rtp {
      // RTCP is at the next port, unless an attribute says otherwise (RFC 3550 section 11, RFC 3605).
      let elsewhere = media.endpoints.contains { $0.attribute == .rtcp && $0.port.value != port &+ 1 }
      if !elsewhere { count *= 2 }
      parity = port & 1 == 0 || session.options.contains(.evenMediaPorts) ? .even : .odd
    }
    count = min(count, UInt16(clamping: 65_536 - Int(port)))
    return try door(
      for: Endpoint(host, port), media.protocol, count: UInt8(count), parity, through: &agent)
  }

  private mutating func door(
    for local: Endpoint, _ transport: IPProtocol, count: UInt8, _ parity: PortParity,
    through agent: inout TranslationAgent
  ) throws(GatewayError) -> SIPDoor? {
    guard let call else { return nil }
    if let known = call.door(for: local, transport, count: count) {
      self.call?.name(known)
      return known
    }
    if call.doors.count >= SIPCall.maximumDoors {
      guard let old = self.call?.takeSuperseded() else {
        agent.remark("too many doors of one call")
        return call.door(for: local, transport)
      }
      agent.close(old.id)
    }
    // Where media come from is the other side's to say, and often none of the addresses that it has said.
    var wanted = Door(.inbound, transport, to: local, from: nil)
    wanted.count = count
    wanted.parity = parity
    wanted.lifetime = call.deadline &- now + SIPCall.farewell
    wanted.isSingleUse = transport == .tcp
    wanted.outlivesSession = true
    wanted.name = doorName
    wanted.isActive = !(message.isRequest && (message.method == .invite || message.method == .update))
    do throws(GatewayError) {
      let opened = known(try agent.open(wanted))
      self.call?.doors.append(opened)
      self.call?.name(opened)
      return opened
    } catch {
      guard case .refused(let why) = error else { throw error }
      guard why == .noPort, count > 1 else { return call.door(for: local, transport) }
      return try door(for: local, transport, count: 1, parity, through: &agent)
    }
  }

  private mutating func translateEndpoints(
    of media: SDPMedia, _ door: SIPDoor, through agent: inout TranslationAgent
  ) throws(GatewayError) {
    let own = door.local.address
    var control: (local: UInt16, global: UInt16)?
    for found in media.endpoints where found.address.map({ $0.value == own }) ?? true {
      let offset = found.port.value &- door.local.port
      var global: UInt16?
      if offset < UInt16(door.count) {
        global = door.global.port &+ offset
      } else if let control, control.local == found.port.value {
        global = control.global
      } else if found.attribute == .rtcp {
        let local = Endpoint(own, found.port.value)
        global = try self.door(for: local, .udp, count: 1, .any, through: &agent)?.global.port
        control = global.map { (found.port.value, $0) }
      }
      // Other candidates lead nowhere, and stay as they are.
      guard let global else { continue }
      put(found.address, door.global.address, found.attribute.field)
      put(found.port, global, found.attribute.field)
    }
  }

  // MARK: Inbound

  /// What comes in names an inside host where it speaks of its own media, or of another one's whose call turns back.
  private mutating func translateInbound(_ description: SDPDescription) {
    var isOwn = call.map { $0.origin != 0 && $0.origin == description.originName } ?? false
    var shared: IPv4Address?
    for media in description.media {
      guard let connection = description.connection(of: media), media.port.value != 0 else { continue }
      let global = Endpoint(connection.value, media.port.value)
      guard let local = name(of: global, media.protocol, keeps: false) else { continue }
      if local.address == session.insideLocal.address { isOwn = true }
      if media.connection == nil {
        guard shared.map({ $0 == local.address }) ?? true else { continue }
        shared = local.address
      } else {
        put(media.connection, local.address, "c=")
      }
      put(media.port, local.port, "m=")
      for found in media.endpoints where found.address.map({ $0.value == global.address }) ?? true {
        let offset = found.port.value &- global.port
        let named = Endpoint(global.address, found.port.value)
        let port = offset < 16 ? local.port &+ offset : name(of: named, .udp, keeps: false)?.port
        guard let port else { continue }
        put(found.address, local.address, found.attribute.field)
        put(found.port, port, found.attribute.field)
      }
    }
    let (global, own) = (session.insideGlobal.address, session.insideLocal.address)
    for media in description.media where isOwn && media.port.value == 0 && media.connection?.value == global {
      put(media.connection, own, "c=")
    }
    if let shared { put(description.connection, shared, "c=") }
    if shared == nil, isOwn, description.connection?.value == global { put(description.connection, own, "c=") }
    if let origin = description.origin, isOwn, origin.value == global { put(origin, own, "o=") }
  }
}

extension SDPMedia {
  /// What its doors are for.
  fileprivate var `protocol`: IPProtocol { transport == .tcp ? .tcp : .udp }
}

extension SDPEndpoint.Attribute {
  var field: String {
    switch self {
    case .rtcp: "a=rtcp"
    case .candidate: "a=candidate"
    case .path: "a=path"
    }
  }
}

/// The lengths of a message and of the parts of its body, which grow with what stands in them, and with one another: a
/// length of one more digit makes everything around it longer.
struct SIPLengths {
  private var entries: [(number: TextNumber, growth: Int, around: [Int])] = []
  private let hasMessageLength: Bool

  /// The message's own, unless it has none.
  init(_ length: SIPLength) {
    guard case .known(let number) = length else {
      hasMessageLength = false
      return
    }
    hasMessageLength = true
    entries.append((number, 0, []))
  }

  /// Something in the innermost of these has grown; they are in order from the outside in.
  mutating func grow(_ lengths: [TextNumber], by growth: Int) {
    guard growth != 0 else { return }
    var around = hasMessageLength ? [0] : []
    for number in lengths {
      if let known = entries.firstIndex(where: { $0.number.range == number.range }) {
        around.append(known)
      } else {
        entries.append((number, 0, around))
        around.append(entries.count - 1)
      }
    }
    for index in around { entries[index].growth += growth }
  }

  /// What has to be written, in no order.
  var changed: [(number: TextNumber, value: UInt64)] {
    var entries = entries
    var result: [(TextNumber, UInt64)] = []
    // Those inside come behind those around them.
    for index in entries.indices.reversed() where entries[index].growth != 0 {
      let number = entries[index].number
      let value = Int64(clamping: number.value) + Int64(entries[index].growth)
      guard value >= 0 else { continue }
      let digits = String(value).utf8.count
      for outer in entries[index].around { entries[outer].growth += digits - number.range.count }
      result.append((number, UInt64(value)))
    }
    return result
  }
}
