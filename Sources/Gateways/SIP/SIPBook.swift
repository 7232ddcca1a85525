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
    case registration(SIPRegistrationKey)
  }

  private(set) var calls: [SIPCallKey: SIPCall] = [:]
  private(set) var registrations: [SIPRegistrationKey: SIPRegistration] = [:]
  private var hosts: [SIPHostKey: SIPHost] = [:]
  private(set) var directory = EndpointDirectory()
  private var timers = TimerHeap<Due>()
  private var nextSweep: UInt32 = 0
  /// Seconds between two looks for hosts that have fallen silent.
  private static let sweepInterval: UInt32 = 60
  var rate: SIPCallRate

  init(_ settings: EngineSettings) { rate = SIPCallRate(settings.callRate) }

  static func seconds(_ now: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: now / 1_000_000) }

  func host(_ key: SIPHostKey) -> SIPHost { hosts[key] ?? SIPHost() }

  /// Whether one more call of a host is remembered.
  func hasRoom(for host: SIPHostKey) -> Bool {
    let known = hosts[host] ?? SIPHost()
    guard known.calls < Self.maximumCallsOfHost, known.earlyCalls < Self.maximumEarlyCallsOfHost else { return false }
    return calls.count < (known.calls < Self.fewCalls ? 2 * Self.maximumCalls : Self.maximumCalls)
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
      changed.registrations = hosts[key]?.registrations ?? []
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
    let old = registrations.updateValue(registration, forKey: key)
    if let old {
      guard old.door.id != registration.door.id else { return }
      forget(old.door, key.host)
    } else {
      hosts[key.host, default: SIPHost()].registrations.append(key)
      timers.insert(.registration(key), at: UInt64(registration.deadline))
    }
    learn(registration.door, key.host)
  }

  private func end(_ key: SIPRegistrationKey) {
    guard let registration = registrations.removeValue(forKey: key) else { return }
    forget(registration.door, key.host)
    hosts[key.host]?.registrations.removeAll { $0 == key }
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
          end(key)
        } else {
          // Its doors were opened for as long as it was expected to wait then.
          let left = call.deadline - now + SIPCall.farewell
          duties += call.doors.map { .extend($0.id, seconds: left) }
          timers.insert(due, at: UInt64(call.deadline))
        }
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
    let doors = calls.values.flatMap { $0.doors.map(\.id) } + registrations.values.map(\.door.id)
    (calls, registrations, hosts, timers) = ([:], [:], [:], TimerHeap())
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
