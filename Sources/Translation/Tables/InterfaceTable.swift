import Forwarding

/// The facts of all interfaces where the packet path reads them: fixed memory, not an array whose storage would be
/// counted, nor a value that would be copied.
@safe struct InterfaceTable: ~Copyable {
  /// `NetworkInterface.maximumCount`, a power of two, where the compiler sees it.
  private static var count: Int { 64 }

  /// Always `count` records.
  private let base: UnsafeMutablePointer<InterfaceFacts>

  init(_ facts: [InterfaceFacts]) {
    precondition(facts.count == Self.count && Self.count == NetworkInterface.maximumCount)
    unsafe base = .allocate(capacity: facts.count)
    unsafe base.initialize(from: facts, count: facts.count)
  }

  deinit { unsafe base.deallocate() }

  @inline(__always)
  subscript(interface: InterfaceID) -> InterfaceFacts {
    unsafe base[Int(interface.rawValue) & (Self.count - 1)]
  }
}
