/// The registrations of all hosts, found by what messages say of them. Nothing here walks over all that a host has: an
/// exchange has thousands.
struct SIPRegistrations {
  private struct Request: Hashable {
    var host: SIPHostKey
    var name: UInt64
    var sequence: UInt64
  }

  private struct User: Hashable {
    var host: SIPHostKey
    var user: UInt64
  }

  private var all: [SIPRegistrationKey: SIPRegistration] = [:]
  /// By the last REGISTER that was about them.
  private var byRequest: [Request: Set<SIPRegistrationKey>] = [:]
  private var byUser: [User: Set<SIPRegistrationKey>] = [:]

  var count: Int { all.count }
  var isEmpty: Bool { all.isEmpty }
  var doors: [SIPDoor] { all.values.map(\.door) }

  subscript(key: SIPRegistrationKey) -> SIPRegistration? { all[key] }

  /// At most so many, in no order.
  func prefix(_ limit: Int) -> Slice<[SIPRegistrationKey: SIPRegistration]> { all.prefix(max(0, limit)) }

  /// Those that a REGISTER of a host was about, by the hash of its Call-ID and its CSeq.
  func of(_ host: SIPHostKey, name: UInt64, sequence: UInt64) -> Set<SIPRegistrationKey> {
    byRequest[Request(host: host, name: name, sequence: sequence)] ?? []
  }

  /// Those of a user at a host.
  func of(_ host: SIPHostKey, user: UInt64) -> Set<SIPRegistrationKey> { byUser[User(host: host, user: user)] ?? [] }

  /// Answers what was there before.
  mutating func set(_ registration: SIPRegistration, _ key: SIPRegistrationKey) -> SIPRegistration? {
    let old = all.updateValue(registration, forKey: key)
    let request = Self.request(key, registration)
    if let old {
      let before = Self.request(key, old)
      guard before != request else { return old }
      Self.take(key, from: &byRequest, before)
    } else {
      byUser[User(host: key.host, user: key.user), default: []].insert(key)
    }
    byRequest[request, default: []].insert(key)
    return old
  }

  mutating func remove(_ key: SIPRegistrationKey) -> SIPRegistration? {
    guard let old = all.removeValue(forKey: key) else { return nil }
    Self.take(key, from: &byRequest, Self.request(key, old))
    Self.take(key, from: &byUser, User(host: key.host, user: key.user))
    return old
  }

  private static func request(_ key: SIPRegistrationKey, _ registration: SIPRegistration) -> Request {
    Request(host: key.host, name: registration.name, sequence: registration.sequence)
  }

  private static func take<Name: Hashable>(
    _ key: SIPRegistrationKey, from lists: inout [Name: Set<SIPRegistrationKey>], _ name: Name
  ) {
    lists[name]?.remove(key)
    if lists[name]?.isEmpty == true { lists[name] = nil }
  }
}
