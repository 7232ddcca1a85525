import Forwarding
import WireFormats

/// One door that is open, or waits for its activation.
struct Door {
  var request: DoorRequest
  var insideInstance: RoutingInstance
  var outsideInstance: RoutingInstance
  /// What its sessions are called outside: the first of the ports.
  var insideGlobal: IPv4Address
  var insideGlobalPort: UInt16
  /// The mappings that it holds, one for each port; none where a static entry translates the inside host.
  var mappings: [UInt32]
  /// The rule and the flags of its sessions.
  var rule: UInt16
  var flags: SessionFlags
  /// The tick at which it closes unused; nil for as long as its parent lives.
  var deadline: UInt32?
  var isActive: Bool
  var uses: UInt32 = 0
  /// Which of the ports have been used, from bit 0 on.
  var usedPorts: UInt16 = 0
  /// Where the region has it.
  var kept: KeptDoor?

  /// Whether every port of it has had its one use.
  var isUsedUp: Bool {
    request.isSingleUse && UInt32(usedPorts) == (UInt32(1) << UInt32(request.count)) - 1
  }
}

/// The doors of one worker. They are made, closed and listed rarely; the packet path asks only when a packet of no session
/// has come, and then only while there are any.
struct DoorTable {
  /// What a packet that a door admits is known by.
  struct Key: Hashable {
    var address: IPv4Address
    var port: UInt16
    var protocolNumber: IPProtocol
    var instance: RoutingInstance
    /// The remote address of an outbound door.
    var remote: IPv4Address?
  }

  private struct Host: Hashable {
    var address: IPv4Address
    var instance: RoutingInstance
    /// Doors that outlive their sessions are counted apart.
    var isHeld: Bool
  }

  private var doors: [Door?] = []
  private var generations: [UInt32] = []
  private var free: [UInt32] = []
  private var places: [Key: [UInt32]] = [:]
  private var children: [SessionID: [UInt32]] = [:]
  private var hosts: [Host: Int] = [:]
  /// Users of a mapping that are doors, or sessions that came through one: a mapping that has no others admits nobody
  /// else, whatever its rule's filtering behavior says.
  private var holds: [UInt32: UInt32] = [:]
  /// The doors that an earlier run has left, by their names.
  private var named: [NamedDoors: [UInt32]] = [:]
  private(set) var count = 0
  private(set) var outboundCount = 0
  private var hand = 0

  var isEmpty: Bool { count == 0 }
  var hasHolds: Bool { !holds.isEmpty }
  /// Places that have ever been used; no walk needs to look beyond.
  var limit: Int { doors.count }

  subscript(place: UInt32) -> Door? { Int(place) < doors.count ? doors[Int(place)] : nil }

  func id(of place: UInt32, worker: Int) -> DoorID {
    DoorID(worker: UInt8(truncatingIfNeeded: worker), place: place, generation: generations[Int(place)])
  }

  /// The place of a door that is still there.
  func find(_ id: DoorID) -> UInt32? {
    guard Int(id.place) < doors.count, doors[Int(id.place)] != nil, generations[Int(id.place)] == id.generation else {
      return nil
    }
    return id.place
  }

  // MARK: Counting

  func count(of parent: SessionID) -> Int { children[parent]?.count ?? 0 }

  func count(ofHost address: IPv4Address, in instance: RoutingInstance, held isHeld: Bool = false) -> Int {
    hosts[Host(address: address, instance: instance, isHeld: isHeld)] ?? 0
  }

  /// Whether nobody but doors and their sessions uses a mapping with `users` users.
  func hold(_ mapping: UInt32, of users: UInt32) -> Bool { holds[mapping].map { $0 >= users } ?? false }

  mutating func addHold(_ mapping: UInt32) { holds[mapping, default: 0] += 1 }

  mutating func removeHold(_ mapping: UInt32) {
    guard let count = holds[mapping] else { return }
    holds[mapping] = count > 1 ? count - 1 : nil
  }

  // MARK: Adding and removing

  mutating func insert(_ door: Door) -> UInt32 {
    let place: UInt32
    if let old = free.popLast() {
      place = old
      doors[Int(place)] = door
    } else {
      place = UInt32(doors.count)
      doors.append(door)
      generations.append(0)
    }
    for key in Self.keys(of: door) { places[key, default: []].append(place) }
    if !door.request.outlivesParent { children[door.request.parent, default: []].append(place) }
    hosts[Self.host(of: door), default: 0] += 1
    count += 1
    if door.request.direction == .outbound { outboundCount += 1 }
    for mapping in door.mappings { addHold(mapping) }
    return place
  }

  /// Takes a door out; its mappings' users are the caller's business.
  mutating func remove(_ place: UInt32) -> Door? {
    guard let door = self[place] else { return nil }
    doors[Int(place)] = nil
    generations[Int(place)] &+= 1
    free.append(place)
    for key in Self.keys(of: door) { Self.take(place, from: &places, key) }
    if !door.request.outlivesParent { Self.take(place, from: &children, door.request.parent) }
    let host = Self.host(of: door)
    if let count = hosts[host] { hosts[host] = count > 1 ? count - 1 : nil }
    count -= 1
    if door.request.direction == .outbound { outboundCount -= 1 }
    for mapping in door.mappings { removeHold(mapping) }
    if !named.isEmpty { Self.take(place, from: &named, Self.name(of: door)) }
    return door
  }

  /// Adds a door that an earlier run has left.
  mutating func insertEarlier(_ door: Door) {
    let place = insert(door)
    if door.request.name != 0 { named[Self.name(of: door), default: []].append(place) }
  }

  /// Those that an earlier run has left under a name.
  func earlier(_ name: NamedDoors) -> [UInt32] { named[name] ?? [] }

  private static func name(of door: Door) -> NamedDoors {
    NamedDoors(
      host: door.request.insideLocal, instance: door.insideInstance, gateway: door.request.gateway,
      name: door.request.name)
  }

  private static func take<Key: Hashable>(_ place: UInt32, from lists: inout [Key: [UInt32]], _ key: Key) {
    lists[key]?.removeAll { $0 == place }
    if lists[key]?.isEmpty == true { lists[key] = nil }
  }

  private static func host(of door: Door) -> Host {
    Host(address: door.request.insideLocal, instance: door.insideInstance, isHeld: door.request.outlivesParent)
  }

  private static func keys(of door: Door) -> [Key] {
    let request = door.request
    guard request.direction == .inbound else {
      return [
        Key(
          address: request.insideLocal, port: 0, protocolNumber: request.protocolNumber, instance: door.insideInstance,
          remote: request.remote)
      ]
    }
    return (0..<UInt16(request.count)).map {
      Key(
        address: door.insideGlobal, port: door.insideGlobalPort &+ $0, protocolNumber: request.protocolNumber,
        instance: door.outsideInstance)
    }
  }

  mutating func activate(_ place: UInt32) { doors[Int(place)]?.isActive = true }

  /// Moves the tick at which a door closes.
  mutating func extend(_ place: UInt32, to deadline: UInt32) { doors[Int(place)]?.deadline = deadline }

  /// Notes that a session came through a door, by its port of number `port`.
  mutating func noteUse(of place: UInt32, port: UInt16) {
    doors[Int(place)]?.uses += 1
    doors[Int(place)]?.usedPorts |= 1 << port
  }

  // MARK: Looking up

  /// The doors of a control session.
  func children(of parent: SessionID) -> [UInt32] { children[parent] ?? [] }

  /// The first door under a key that `admits` says yes to.
  func first(_ key: Key, where admits: (Door) -> Bool) -> UInt32? {
    places[key]?.first { place in self[place].map(admits) ?? false }
  }

  /// The next door whose time is up, among `slice` places.
  mutating func takeDue(now: UInt32, slice: inout Int) -> UInt32? {
    while slice > 0, !doors.isEmpty {
      slice -= 1
      if hand >= doors.count { hand = 0 }
      let place = hand
      hand += 1
      if let deadline = doors[place]?.deadline, deadline <= now { return UInt32(place) }
    }
    return nil
  }
}
