import Forwarding
import WireFormats

/// Virtual fragment reassembly: what one worker knows of datagrams that come in fragments. No payload is copied and
/// nothing is put together; a fragment whose first one has not come waits, and an octet that comes twice condemns its
/// datagram (RFC 1858, RFC 5722, RFC 4787 REQ-14).
///
/// A datagram is found by its source in a chain, so that what one source claims can be counted on the way. Its fragments
/// are a list in the order of offsets. A datagram leaves the table when all of it has gone on, when its time is up, or
/// when it is the oldest and its source or its interface may have no more: what was not complete for longest is least
/// likely to be completed, and nobody can keep the table full for others by filling it once.
///
/// Invariants: a live datagram is in the chain of its source; the octets of its list are disjoint; `held` counts the
/// places whose frames wait.
@safe package struct FragmentTable: ~Copyable {
  /// Datagrams that one worker follows at one time.
  package static var maximumDatagrams: Int { 1024 }
  /// Fragments of all of them together.
  package static var maximumFragments: Int { 8192 }
  /// Frames that one worker holds, a third of its buffers with two devices.
  package static var maximumHeld: Int { 128 }
  /// Frames that it holds of one source: all of the largest datagram in packets of an Ethernet's size, whose first fragment
  /// may come last.
  package static var maximumHeldOfSource: Int { 64 }
  /// The part of an interface's datagrams that one source may claim.
  package static var partOfSource: Int { 4 }

  private static var chains: Int { 1024 }

  let datagrams: UnsafeMutablePointer<FragmentedDatagram>
  let records: UnsafeMutablePointer<FragmentRecord>
  private let heads: UnsafeMutablePointer<UInt16>
  private let seed: UInt64
  private var freeDatagram: UInt16 = .max
  private var unusedDatagrams: UInt16 = 0
  private var freePlace = FragmentPlace.none
  private var unusedPlaces: UInt16 = 0
  /// Datagrams that are followed, in all and by interface.
  package private(set) var count = 0
  private var countOfInterface = InlineArray<64, UInt16>(repeating: 0)
  /// The oldest and the newest datagram of each interface.
  private var oldest = InlineArray<64, UInt16>(repeating: .max)
  private var newest = InlineArray<64, UInt16>(repeating: .max)
  /// What became of the datagrams of each interface.
  var tallies = InlineArray<64, ReassemblyTally>(repeating: ReassemblyTally())
  /// Frames that are held or are about to be given back.
  package internal(set) var framesHeld = 0
  /// The places whose frames are to be processed again, oldest first, and those whose frames are to be dropped.
  var queue = FragmentQueue()
  var abandoned = FragmentQueue()
  private var hand: UInt16 = 0

  /// An empty table; `seed` is secret, so that nobody outside can aim at one chain.
  package init(seed: UInt64) {
    self.seed = seed
    unsafe datagrams = .allocate(capacity: Self.maximumDatagrams)
    unsafe records = .allocate(capacity: Self.maximumFragments)
    unsafe heads = .allocate(capacity: Self.chains)
    unsafe heads.initialize(repeating: .max, count: Self.chains)
  }

  deinit {
    unsafe datagrams.deallocate()
    unsafe records.deallocate()
    unsafe heads.deallocate()
  }

  // MARK: Datagrams

  private func chain(of source: IPv4Address) -> Int {
    let product = (UInt64(source.rawValue) ^ seed).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
    return Int((product.high ^ product.low) & UInt64(Self.chains - 1))
  }

  /// What a look along the chain of a source found.
  struct Search: BitwiseCopyable {
    var datagram: UInt16?
    /// Datagrams and held frames of the same source that came by the same interface.
    var ofSource = 0
    var heldOfSource = 0
    /// The one of those datagrams that was opened first.
    var oldestOfSource: UInt16?
  }

  /// Looks for a datagram, and counts what its source has in the table.
  func search(_ key: DatagramKey, from ingress: InterfaceID) -> Search {
    var search = Search()
    var number = unsafe heads[chain(of: key.source)]
    while number != .max {
      let datagram = unsafe datagrams[Int(number)]
      if datagram.key == key { search.datagram = number }
      if datagram.key.source == key.source, datagram.ingress == ingress {
        search.ofSource += 1
        search.heldOfSource += Int(datagram.held)
        search.oldestOfSource = number
      }
      number = datagram.next
    }
    return search
  }

  /// Adds a datagram, in the place of its interface's oldest if that has as many as it may, or if the table is full;
  /// nil when the interface has none to give up.
  mutating func add(_ datagram: FragmentedDatagram, limit: Int) -> UInt16? {
    let interface = Int(datagram.ingress.rawValue & 63)
    if Int(countOfInterface[interface]) >= limit || count == Self.maximumDatagrams {
      guard oldest[interface] != .max else { return nil }
      giveUp(oldest[interface])
    }
    let number: UInt16
    if freeDatagram != .max {
      number = freeDatagram
      freeDatagram = unsafe datagrams[Int(number)].next
    } else {
      number = unusedDatagrams
      unusedDatagrams += 1
    }
    let chain = chain(of: datagram.key.source)
    unsafe datagrams[Int(number)] = datagram
    unsafe datagrams[Int(number)].next = heads[chain]
    unsafe heads[chain] = number
    unsafe datagrams[Int(number)].older = newest[interface]
    if newest[interface] == .max {
      oldest[interface] = number
    } else {
      unsafe datagrams[Int(newest[interface])].newer = number
    }
    newest[interface] = number
    countOfInterface[interface] += 1
    count += 1
    return number
  }

  /// Forgets a datagram; frames that it still holds are given back to be dropped for `reason`.
  mutating func remove(_ number: UInt16, because reason: DropReason) {
    clear(number, because: reason)
    let datagram = unsafe datagrams[Int(number)]
    let chain = chain(of: datagram.key.source)
    if unsafe heads[chain] == number {
      unsafe heads[chain] = datagram.next
    } else {
      var before = unsafe heads[chain]
      while unsafe datagrams[Int(before)].next != number { before = unsafe datagrams[Int(before)].next }
      unsafe datagrams[Int(before)].next = datagram.next
    }
    leaveOrder(datagram)
    unsafe datagrams[Int(number)].isLive = false
    unsafe datagrams[Int(number)].next = freeDatagram
    freeDatagram = number
    countOfInterface[Int(datagram.ingress.rawValue & 63)] -= 1
    count -= 1
  }

  /// Takes a datagram out of its interface's order of age.
  private mutating func leaveOrder(_ datagram: FragmentedDatagram) {
    let interface = Int(datagram.ingress.rawValue & 63)
    if datagram.older == .max {
      oldest[interface] = datagram.newer
    } else {
      unsafe datagrams[Int(datagram.older)].newer = datagram.newer
    }
    if datagram.newer == .max {
      newest[interface] = datagram.older
    } else {
      unsafe datagrams[Int(datagram.newer)].older = datagram.older
    }
  }

  /// Drops a datagram's fragments, those that are held and those that will come until its time is up.
  mutating func condemn(_ number: UInt16, because reason: DropReason) {
    clear(number, because: reason)
    if unsafe !datagrams[Int(number)].isRefused { note(number) { $0.refused &+= 1 } }
    unsafe datagrams[Int(number)].fate = .refused(reason)
  }

  /// Takes all of a datagram's fragments out of its list.
  private mutating func clear(_ number: UInt16, because reason: DropReason) {
    var place = unsafe datagrams[Int(number)].first
    unsafe datagrams[Int(number)].first = .none
    unsafe datagrams[Int(number)].held = 0
    while place != .none {
      let next = unsafe records[Int(place.rawValue)].next
      switch unsafe records[Int(place.rawValue)].state {
      case .held:
        unsafe records[Int(place.rawValue)].state = .abandoned
        unsafe records[Int(place.rawValue)].reason = reason
        unsafe abandoned.append(place, in: records)
      case .queued: unsafe records[Int(place.rawValue)].state = .orphaned
      default: free(place)
      }
      place = next
    }
  }

  /// Forgets the datagrams of the next slice of the table whose time is up.
  package mutating func expire(now: UInt32) {
    guard count > 0 else { return }
    for _ in 0..<64 {
      if hand >= unusedDatagrams { hand = 0 }
      if unsafe datagrams[Int(hand)].isLive, isOver(hand, now) { timeOut(hand) }
      hand += 1
    }
  }

  /// Places of datagrams that have ever been used.
  var highWater: Int { Int(unusedDatagrams) }

  // MARK: Places

  /// A free place; nil when there is none.
  mutating func takePlace() -> FragmentPlace? {
    if freePlace != .none {
      let place = freePlace
      freePlace = unsafe records[Int(place.rawValue)].next
      return place
    }
    guard Int(unusedPlaces) < Self.maximumFragments else { return nil }
    defer { unusedPlaces += 1 }
    return FragmentPlace(rawValue: unusedPlaces)
  }

  mutating func free(_ place: FragmentPlace) {
    unsafe records[Int(place.rawValue)].state = .free
    unsafe records[Int(place.rawValue)].next = freePlace
    freePlace = place
  }
}

/// Places in the order in which their frames are given back to the worker, chained through their records.
struct FragmentQueue: BitwiseCopyable {
  private var first = FragmentPlace.none
  private var last = FragmentPlace.none

  var isEmpty: Bool { first == .none }

  @unsafe mutating func append(_ place: FragmentPlace, in records: UnsafeMutablePointer<FragmentRecord>) {
    unsafe records[Int(place.rawValue)].link = .none
    if first == .none {
      first = place
    } else {
      unsafe records[Int(last.rawValue)].link = place
    }
    last = place
  }

  @unsafe mutating func takeFirst(in records: UnsafeMutablePointer<FragmentRecord>) -> FragmentPlace? {
    guard first != .none else { return nil }
    let place = first
    first = unsafe records[Int(place.rawValue)].link
    return place
  }
}
