import Synchronization

/// A hash table of chains through numbered nodes, shared without a lock: any thread finds and adds, one thread at a
/// time removes.
///
/// A chain's head is one word: the number of its first node, and a version that moves with every change to the chain.
/// Nodes are added before the first, by compare-and-swap of the head; so that who added one knows that nothing else was
/// added since it looked, and no key is in the table twice. A node that is taken out may be used again at once, and a
/// walk that stands on it would go astray; but the version has moved before, so that the walk sees it and starts again.
/// Whoever starts again does so because somebody else got on.
@safe struct SharedChains: ~Copyable, Sendable {
  /// No node.
  static var none: UInt32 { .max }

  /// Version in the upper half, first node in the lower one. Every access is atomic.
  private nonisolated(unsafe) let heads: UnsafeMutablePointer<Atomic<UInt64>>
  /// The node after each node.
  private nonisolated(unsafe) let links: UnsafeMutablePointer<Atomic<UInt32>>
  private let chainCount: Int
  private let nodeCount: Int

  /// Empty chains for `nodes` nodes.
  init(nodes: Int) {
    nodeCount = nodes
    var count = 1
    while count < nodes { count <<= 1 }
    chainCount = count
    unsafe heads = .allocate(capacity: count)
    unsafe links = .allocate(capacity: nodes)
    for chain in 0..<count { unsafe (heads + chain).initialize(to: Atomic(UInt64(Self.none))) }
    for node in 0..<nodes { unsafe (links + node).initialize(to: Atomic(Self.none)) }
  }

  deinit {
    unsafe heads.deallocate()
    unsafe links.deallocate()
  }

  private func head(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash) & (chainCount - 1) }

  private func link(of node: UInt32) -> UInt32 {
    precondition(node < nodeCount)
    return unsafe links[Int(node)].load(ordering: .acquiring)
  }

  private static func next(_ head: UInt64, first node: UInt32) -> UInt64 {
    (head >> 32 &+ 1) << 32 | UInt64(node)
  }

  /// The first node of the chain of `hash` that `matches`. What `matches` saw belonged to the chain when it looked.
  func find(_ hash: UInt64, matches: (UInt32) -> Bool) -> UInt32? {
    let chain = head(hash)
    while true {
      let seen = unsafe heads[chain].load(ordering: .acquiring)
      if let result = walk(chain, seen, matches) { return result == Self.none ? nil : result }
    }
  }

  /// The matching node, `none` when there is none, or nil when the chain changed during the walk.
  private func walk(_ chain: Int, _ seen: UInt64, _ matches: (UInt32) -> Bool) -> UInt32? {
    var node = UInt32(truncatingIfNeeded: seen)
    while node != Self.none {
      let isMatch = matches(node)
      let following = link(of: node)
      guard unsafe heads[chain].load(ordering: .acquiring) == seen else { return nil }
      if isMatch { return node }
      node = following
    }
    return Self.none
  }

  /// Adds a node to the chain of `hash` unless one there `matches`; returns that one, or nil when the node was added.
  func insert(_ node: UInt32, _ hash: UInt64, unless matches: (UInt32) -> Bool) -> UInt32? {
    let chain = head(hash)
    while true {
      let seen = unsafe heads[chain].load(ordering: .acquiring)
      guard let found = walk(chain, seen, matches) else { continue }
      if found != Self.none { return found }
      unsafe links[Int(node)].store(UInt32(truncatingIfNeeded: seen), ordering: .releasing)
      let exchanged = unsafe heads[chain].compareExchange(
        expected: seen, desired: Self.next(seen, first: node), ordering: .acquiringAndReleasing
      ).exchanged
      if exchanged { return nil }
    }
  }

  /// Takes a node out of the chain of `hash`. Only one thread may remove at a time.
  func remove(_ node: UInt32, _ hash: UInt64) {
    let chain = head(hash)
    while true {
      let seen = unsafe heads[chain].load(ordering: .acquiring)
      var first = UInt32(truncatingIfNeeded: seen)
      if first == node {
        first = link(of: node)
      } else {
        // Nodes are added only before the first and nobody else removes, so the one before this stays so.
        var before = first
        while before != Self.none, link(of: before) != node { before = link(of: before) }
        precondition(before != Self.none, "a node is removed from a chain that it is not in")
        unsafe links[Int(before)].store(link(of: node), ordering: .releasing)
      }
      if exchange(chain, seen, first: first, removed: node) { return }
    }
  }

  /// Moves the head's version on. A node that was not the first is out of the chain already, so that only the version
  /// is left to move, however often others add meanwhile.
  private func exchange(_ chain: Int, _ seen: UInt64, first: UInt32, removed node: UInt32) -> Bool {
    let wasFirst = UInt32(truncatingIfNeeded: seen) == node
    var current = seen
    while true {
      let desired = Self.next(current, first: wasFirst ? first : UInt32(truncatingIfNeeded: current))
      let (exchanged, original) = unsafe heads[chain].compareExchange(
        expected: current, desired: desired, ordering: .acquiringAndReleasing)
      if exchanged { return true }
      if wasFirst { return false }
      current = original
    }
  }
}
