import Forwarding
import WireFormats

extension FragmentTable {
  /// What a fragment is to the table.
  enum Arrival: BitwiseCopyable {
    /// The first fragment of a datagram: what becomes of it is the others' fate.
    case first(UInt16)
    /// A fragment whose datagram's first one has come.
    case follower(UInt16)
    /// It must wait in the place.
    case hold(FragmentPlace)
    case drop(DropReason)
  }

  /// Takes note of a fragment.
  ///
  /// - Parameters:
  ///   - range: where it lies in its datagram.
  ///   - limits: what its ingress allows.
  ///   - identification: what a new datagram is to leave with.
  ///   - now: the tick.
  mutating func arrive(
    _ key: DatagramKey, _ range: FragmentRange, from ingress: InterfaceID, _ limits: ReassemblyLimits,
    identification: () -> UInt16, now: UInt32
  ) -> Arrival {
    var search = search(key, from: ingress)
    if let old = search.datagram, isOver(old, now) {
      timeOut(old)
      search = self.search(key, from: ingress)
    }
    guard let number = search.datagram ?? open(key, from: ingress, limits, search, identification, now: now) else {
      return .drop(.fragmentTableFull)
    }
    if case .refused(let reason) = unsafe datagrams[Int(number)].fate { return .drop(reason) }
    if let reason = fault(of: range, in: number) {
      condemn(number, because: reason)
      return .drop(reason)
    }
    return insert(range, into: number, limits, search)
  }

  /// Whether a datagram's time is up.
  func isOver(_ number: UInt16, _ now: UInt32) -> Bool {
    let deadline = unsafe datagrams[Int(number)].deadline
    return now &- deadline < UInt32.max / 2
  }

  /// A new datagram, in the place of its source's oldest if that has as many as it may.
  private mutating func open(
    _ key: DatagramKey, from ingress: InterfaceID, _ limits: ReassemblyLimits, _ search: Search,
    _ identification: () -> UInt16, now: UInt32
  ) -> UInt16? {
    let limit = Int(limits.maximumDatagrams)
    if search.ofSource >= max(1, limit / Self.partOfSource), let oldest = search.oldestOfSource {
      giveUp(oldest)
    }
    return add(
      FragmentedDatagram(
        key: key, ingress: ingress, newIdentification: identification(),
        deadline: now &+ UInt32(limits.timeout) &+ 1),
      limit: limit)
  }

  /// What makes a fragment one that no sender makes, whatever else has come of its datagram; nil when it is sound.
  private func fault(of range: FragmentRange, in number: UInt16) -> DropReason? {
    let datagram = unsafe datagrams[Int(number)]
    let length = range.end - range.start
    guard length > 0, range.isLast || length % 8 == 0, range.end <= 65_535 - IPv4Field.minimumLength else {
      return .fragmentMalformed
    }
    // RFC 1858 section 3: a transport header that is spread over fragments hides what it says.
    let header = Self.transportHeader(of: datagram.key.protocolNumber)
    guard range.isFirst ? length >= header : range.start >= header else { return .fragmentTiny }
    guard datagram.end == 0 || (range.isLast ? range.end == datagram.end : range.end <= datagram.end) else {
      return .fragmentOverlap
    }
    return nil
  }

  /// Octets of the transport header that must be in one piece.
  static func transportHeader(of number: IPProtocol) -> Int {
    switch number {
    case .tcp: TCPField.minimumLength
    case .udp: UDPField.headerLength
    case .icmp: ICMPField.headerLength
    default: 0
    }
  }

  /// Puts a fragment into its datagram's list.
  private mutating func insert(
    _ range: FragmentRange, into number: UInt16, _ limits: ReassemblyLimits, _ search: Search
  ) -> Arrival {
    let datagram = unsafe datagrams[Int(number)]
    var before = FragmentPlace.none
    var after = datagram.first
    while after != .none, unsafe Int(records[Int(after.rawValue)].end) <= range.start {
      before = after
      after = unsafe records[Int(after.rawValue)].next
    }
    if after != .none, unsafe Int(records[Int(after.rawValue)].start) < range.end {
      return meet(range, at: after, in: number)
    }
    guard !range.isLast || after == .none else {
      condemn(number, because: .fragmentOverlap)
      return .drop(.fragmentOverlap)
    }
    guard datagram.fragments < limits.maximumFragments else {
      condemn(number, because: .fragmentsTooMany)
      return .drop(.fragmentsTooMany)
    }
    let waits = !range.isFirst && datagram.fate == .unknown
    guard !waits || framesHeld < Self.maximumHeld && search.heldOfSource < Self.maximumHeldOfSource,
      let place = takePlace()
    else { return .drop(.fragmentTableFull) }
    unsafe records[Int(place.rawValue)] = FragmentRecord(
      start: UInt16(range.start), end: UInt16(range.end), next: after, state: waits ? .held : .passed)
    if before == .none {
      unsafe datagrams[Int(number)].first = place
    } else {
      unsafe records[Int(before.rawValue)].next = place
    }
    count(range, in: number, waits: waits)
    return waits ? .hold(place) : range.isFirst ? .first(number) : .follower(number)
  }

  private mutating func count(_ range: FragmentRange, in number: UInt16, waits: Bool) {
    unsafe datagrams[Int(number)].fragments += 1
    unsafe datagrams[Int(number)].received += range.end - range.start
    if range.isLast { unsafe datagrams[Int(number)].end = range.end }
    if waits {
      unsafe datagrams[Int(number)].held += 1
      framesHeld += 1
    } else {
      unsafe datagrams[Int(number)].passed += 1
    }
  }

  /// A fragment some of whose octets have come already: the same one again, one that has waited, or an attack.
  private mutating func meet(_ range: FragmentRange, at place: FragmentPlace, in number: UInt16) -> Arrival {
    let record = unsafe records[Int(place.rawValue)]
    let isLast = unsafe range.end == datagrams[Int(number)].end
    guard Int(record.start) == range.start, Int(record.end) == range.end, isLast == range.isLast else {
      condemn(number, because: .fragmentOverlap)
      return .drop(.fragmentOverlap)
    }
    guard record.state == .returned else { return .drop(.fragmentDuplicate) }
    unsafe records[Int(place.rawValue)].state = .passed
    unsafe datagrams[Int(number)].passed += 1
    return .follower(number)
  }
}

extension FragmentTable {
  /// Says what became of a datagram's first fragment; the fragments that waited for it are given back to the worker in
  /// the order of their offsets.
  mutating func settle(_ number: UInt16, _ fate: FragmentedDatagram.Fate) {
    if case .refused(let reason) = fate {
      condemn(number, because: reason)
      return
    }
    unsafe datagrams[Int(number)].fate = fate
    unsafe datagrams[Int(number)].held = 0
    var place = unsafe datagrams[Int(number)].first
    while place != .none {
      if unsafe records[Int(place.rawValue)].state == .held {
        unsafe records[Int(place.rawValue)].state = .queued
        unsafe queue.append(place, in: records)
      }
      place = unsafe records[Int(place.rawValue)].next
    }
  }

  /// What is known of a datagram.
  func datagram(_ number: UInt16) -> FragmentedDatagram { unsafe datagrams[Int(number)] }

  /// What all fragments of a datagram leave with where their address is shared.
  func identification(of number: UInt16) -> UInt16 { unsafe datagrams[Int(number)].newIdentification }

  /// Notes the ports that the first fragment has.
  mutating func setPorts(of number: UInt16, _ source: UInt16, _ destination: UInt16) {
    unsafe datagrams[Int(number)].sourcePort = source
    unsafe datagrams[Int(number)].destinationPort = destination
  }

  /// Keeps the frame of a fragment whose verdict was to hold it.
  mutating func keep(_ frame: UInt64, at place: FragmentPlace) {
    unsafe records[Int(place.rawValue)].frame = frame
  }

  /// Whether frames are to be given back.
  var hasFrames: Bool { !queue.isEmpty || !abandoned.isEmpty }

  /// The next frame that is to be processed again.
  mutating func takeReleased() -> UInt64? {
    guard let place = unsafe queue.takeFirst(in: records) else { return nil }
    framesHeld -= 1
    if unsafe records[Int(place.rawValue)].state == .orphaned {
      free(place)
    } else {
      unsafe records[Int(place.rawValue)].state = .returned
    }
    return unsafe records[Int(place.rawValue)].frame
  }

  /// The next frame that is to be dropped, and why.
  mutating func takeAbandoned() -> (frame: UInt64, reason: DropReason)? {
    guard let place = unsafe abandoned.takeFirst(in: records) else { return nil }
    framesHeld -= 1
    let record = unsafe records[Int(place.rawValue)]
    free(place)
    return (record.frame, record.reason)
  }
}
