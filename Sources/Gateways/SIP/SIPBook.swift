import Forwarding
import Translation
import WireFormats

/// One thing that a SIP message brings about in the book.
enum SIPChange {
  case call(SIPCallKey, SIPCall)
  case endCall(SIPCallKey)
  case registration(SIPRegistrationKey, SIPRegistration)
  case endRegistration(SIPRegistrationKey)
  case host(SIPHostKey, SIPHost)
  /// Somebody began a call.
  case attempt(IPv4Address)
}

/// The calls and registrations of the inside hosts of one slow path, and what their doors' endpoints are called.
final class SIPBook: GatewayMemory {
  /// Calls that are remembered. Beyond them, a host that has few still gets one, so that a flood keeps nobody from calling.
  static let maximumCalls = 262_144
  static let fewCalls = 16
  static let maximumCallsOfHost = 131_072
  /// Calls of a host that nobody has answered.
  static let maximumEarlyCallsOfHost = 32_768
  static let maximumRegistrationsOfHost = 16_384
  /// Hosts without calls whose ways of writing are remembered.
  static let maximumHosts = 65_536

  private enum Due {
    case call(SIPCallKey)
    /// Doors of a call whose place others have taken.
    case superseded(SIPCallKey)
    case registration(SIPRegistrationKey)
  }

  private(set) var calls: [SIPCallKey: SIPCall] = [:]
  private(set) var registrations = SIPRegistrations()
  private var hosts: [SIPHostKey: SIPHost] = [:]
  private(set) var directory = EndpointDirectory()
  private var timers = TimerHeap<Due>()
  private var nextSweep: UInt32 = 0
  /// Seconds between two looks for hosts that have fallen silent.
  private static let sweepInterval: UInt32 = 60
  var rate: SIPCallRate
  /// The last message that had to wait for a door, and is read again then.
  private var waiting: (octets: [UInt8], message: SIPMessage)?

  init(_ settings: EngineSettings) { rate = SIPCallRate(settings.callRate) }

  static func seconds(_ now: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: now / 1_000_000) }

  func host(_ key: SIPHostKey) -> SIPHost { hosts[key] ?? SIPHost() }

  /// Whether one more call of a host is remembered.
  func hasRoom(for host: SIPHostKey) -> Bool {
    let known = hosts[host] ?? SIPHost()
    guard known.calls < Self.maximumCallsOfHost, known.earlyCalls < Self.maximumEarlyCallsOfHost else { return false }
    return calls.count < (known.calls < Self.fewCalls ? 2 * Self.maximumCalls : Self.maximumCalls)
  }

  // MARK: A message that is read twice

  /// Keeps what was parsed until the message comes again, with an answer about its door.
  func keep(_ message: SIPMessage, _ octets: Span<UInt8>) { waiting = (octets.copied, message) }

  /// What was parsed, if it was of these very octets.
  func parsed(_ octets: Span<UInt8>) -> SIPMessage? {
    guard let kept = waiting, kept.octets.count == octets.count else { return nil }
    let span = kept.octets.span
    var difference: UInt8 = 0
    for index in octets.indices { difference |= octets[index] ^ span[index] }
    return difference == 0 ? kept.message : nil
  }

  // MARK: Changes

  func apply(_ change: SIPChange, now: UInt64) {
    switch change {
    case .call(let key, let call): set(call, key)
    case .endCall(let key): end(key)
    case .registration(let key, let registration): set(registration, key)
    case .endRegistration(let key): end(key)
    case .host(let key, let host):
      guard hosts[key] != nil || hosts.count < Self.maximumHosts else { return }
      // How many calls it has is the book's own business.
      var changed = host
      changed.calls = hosts[key]?.calls ?? 0
      changed.earlyCalls = hosts[key]?.earlyCalls ?? 0
      changed.registrations = hosts[key]?.registrations ?? 0
      hosts[key] = changed
    case .attempt(let caller): rate.note(caller, now: now)
    }
  }

  private func set(_ call: SIPCall, _ key: SIPCallKey) {
    let old = calls.updateValue(call, forKey: key)
    if let old {
      for door in old.doors where !call.doors.contains(where: { $0.id == door.id }) { forget(door, key.host) }
      for door in call.doors where !old.doors.contains(where: { $0.id == door.id }) { learn(door, key.host) }
    } else {
      for door in call.doors { learn(door, key.host) }
      timers.insert(.call(key), at: UInt64(call.deadline))
    }
    let early = (call.state == .early ? 1 : 0) - (old?.state == .early ? 1 : 0)
    hosts[key.host, default: SIPHost()].calls += old == nil ? 1 : 0
    hosts[key.host]?.earlyCalls += early
    if let last = call.doors.compactMap(\.closes).max(), !(old?.doors.contains { $0.closes == last } ?? false) {
      timers.insert(.superseded(key), at: UInt64(last))
    }
    // A farewell is shorter than what was waited for before.
    if let old, call.deadline < old.deadline { timers.insert(.call(key), at: UInt64(call.deadline)) }
  }

  private func end(_ key: SIPCallKey) {
    guard let call = calls.removeValue(forKey: key) else { return }
    for door in call.doors { forget(door, key.host) }
    hosts[key.host]?.calls -= 1
    if call.state == .early { hosts[key.host]?.earlyCalls -= 1 }
  }

  private func set(_ registration: SIPRegistration, _ key: SIPRegistrationKey) {
    let old = registrations.set(registration, key)
    if let old {
      guard old.door.id != registration.door.id else { return }
      forget(old.door, key.host)
    } else {
      hosts[key.host, default: SIPHost()].registrations += 1
      timers.insert(.registration(key), at: UInt64(registration.deadline))
    }
    learn(registration.door, key.host)
  }

  private func end(_ key: SIPRegistrationKey) {
    guard let registration = registrations.remove(key) else { return }
    forget(registration.door, key.host)
    hosts[key.host]?.registrations -= 1
  }

  private func learn(_ door: SIPDoor, _ host: SIPHostKey) {
    directory.add(door.local, in: host.instance, as: door.global, door.outside, door.transport)
  }

  private func forget(_ door: SIPDoor, _ host: SIPHostKey) {
    directory.remove(door.local, in: host.instance, door.outside, door.transport)
  }

  // MARK: Time

  var isEmpty: Bool { calls.isEmpty && registrations.isEmpty && rate.isEmpty && hosts.isEmpty }

  func turn(now: UInt64) -> [DoorDuty] {
    let now = Self.seconds(now)
    var duties: [DoorDuty] = []
    while let (_, due) = timers.take(due: UInt64(now)) {
      switch due {
      case .call(let key):
        guard let call = calls[key] else { continue }
        if call.deadline <= now {
          duties += call.doors.map { .close($0.id) }
          if let earlier = call.earlier {
            let doors = NamedDoors(
              host: key.host.address, instance: key.host.instance, gateway: SIPGateway.id, name: earlier.name)
            duties.append(.closeEarlier(doors, worker: earlier.worker))
          }
          end(key)
        } else {
          // Its doors were opened for as long as it was expected to wait then.
          let left = call.deadline - now + SIPCall.farewell
          duties += call.doors.filter { $0.closes == nil }.map { .extend($0.id, seconds: left) }
          timers.insert(due, at: UInt64(call.deadline))
        }
      case .superseded(let key):
        guard var call = calls[key] else { continue }
        duties += call.takeSuperseded(now: now).map { .close($0.id) }
        set(call, key)
      case .registration(let key):
        guard let registration = registrations[key] else { continue }
        if registration.deadline <= now {
          duties.append(.close(registration.door.id))
          end(key)
        } else {
          timers.insert(due, at: UInt64(registration.deadline))
        }
      }
    }
    rate.expire(now: now)
    if now >= nextSweep {
      nextSweep = now + Self.sweepInterval
      hosts = hosts.filter { !$0.value.isIdle || now &- $0.value.touched < SIPHost.longestSilence }
    }
    return duties
  }

  func adopt(_ settings: EngineSettings) { rate.adopt(settings.callRate) }

  func forgetAll() -> [DoorID] {
    let doors = calls.values.flatMap { $0.doors.map(\.id) } + registrations.doors.map(\.id)
    (calls, registrations, hosts, timers) = ([:], SIPRegistrations(), [:], TimerHeap())
    directory.removeAll()
    return doors
  }

  // MARK: Listing

  func rows(limit: Int, now: UInt64) -> [MemoryRow] {
    let now = Self.seconds(now)
    var rows: [MemoryRow] = []
    for (key, call) in calls.prefix(limit) {
      rows.append(
        MemoryRow(
          kind: "call", name: call.listedName, host: key.host.address.description,
          state: "\(call.state)", doors: call.doors.count, age: UInt64(now &- call.began)))
    }
    for (key, registration) in registrations.prefix(limit - rows.count) {
      rows.append(
        MemoryRow(
          kind: "registration", name: "\(key.contact)", host: key.host.address.description,
          state: registration.isActive ? "active" : "waiting", doors: 1, age: UInt64(now &- registration.began)))
    }
    return rows
  }
}
