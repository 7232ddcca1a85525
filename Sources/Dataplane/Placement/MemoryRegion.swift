import Glibc

/// The kind of pages behind a region.
package enum PageKind: String, Sendable {
  /// Reserved huge pages of 2 MiB (MAP_HUGETLB).
  case huge = "huge pages"
  /// Huge pages that the kernel puts together when it can (MADV_HUGEPAGE).
  case transparentHuge = "transparent huge pages"
  /// Pages of 4 KiB.
  case ordinary = "ordinary pages"
}

/// A mapping of this process's own: packet buffers, tables, rings.
///
/// Invariant: `base` is the start of `count` mapped, readable and writable octets, aligned to a page, from `init` to
/// `deinit`. Fresh anonymous and file memory is zero.
@safe package struct MemoryRegion: ~Copyable, @unchecked Sendable {
  /// The first octet; whoever derives pointers from it keeps the region alive.
  @unsafe package let base: UnsafeMutableRawPointer
  /// The octets that may be used, at least as many as asked for.
  package let count: Int
  /// The pages that the region got.
  package let pageKind: PageKind
  /// For the log: why the pages are not huge though they were asked for, and what the operator can do; nil if they are.
  package let pageNote: String?
  /// Whether the contents start as zero; false when a file of the right size was there already.
  package let isFresh: Bool
  /// The file behind the region, locked for this process; -1 when there is none.
  private let descriptor: Int32

  /// Maps what `request` asks for. Falls back from huge to ordinary pages, never from node-local to none at all.
  package init(_ request: MemoryRequest) throws(MemoryError) {
    precondition(request.octets > 0)
    let mapping = request.file == nil ? try Mapping.anonymous(request) : try Mapping.file(request)
    try mapping.settle(request)
    unsafe base = mapping.base
    count = mapping.count
    pageKind = mapping.pageKind
    pageNote = mapping.note
    isFresh = mapping.isFresh
    descriptor = mapping.descriptor
  }

  /// Makes the region's pages present, a piece at a time, until `stop` says so; whoever uses the region meanwhile just
  /// uses it. A failure changes nothing: the pages then come at their first use.
  package func populate(until stop: () -> Bool) {
    let piece = 32 << 20
    for start in stride(from: 0, to: count, by: piece) {
      if stop() { return }
      guard unsafe madvise(base + start, min(piece, count - start), MADV_POPULATE_WRITE) == 0 else { return }
    }
  }

  deinit {
    unsafe munmap(base, count)
    if descriptor >= 0 { close(descriptor) }
  }
}

/// What a region should be.
package struct MemoryRequest: Sendable {
  /// The octets wanted; rounded up to whole pages.
  package var octets: Int
  /// Whether huge pages are wanted.
  package var hugePages: Bool
  /// The memory node to prefer; nil leaves it to the kernel.
  package var node: Int?
  /// Whether every page is made present now rather than at its first use.
  package var prefault: Bool
  /// The file that holds the memory, on a tmpfs, so that a later process can find it; nil for memory of this process.
  package var file: String?
  /// Whether only addresses are wanted: pages, and the promise of them, come when they are first used.
  package var sparse: Bool

  /// Asks for memory; the fields say what each argument is.
  package init(
    octets: Int, hugePages: Bool = true, node: Int? = nil, prefault: Bool = false, file: String? = nil,
    sparse: Bool = false
  ) {
    self.octets = octets
    self.hugePages = hugePages
    self.node = node
    self.prefault = prefault
    self.file = file
    self.sparse = sparse
  }
}

/// Why a region could not be made.
package enum MemoryError: Error, Equatable, CustomStringConvertible {
  /// The kernel refused `call`.
  case refused(octets: Int, call: String, code: Int32)
  /// The backing file could not be made or opened.
  case file(path: String, call: String, code: Int32)
  /// Another process holds the file or directory.
  case inUse(path: String)
  /// Others may put files into the directory.
  case notPrivate(path: String)

  package var description: String {
    switch self {
    case .refused(let octets, let call, let code):
      "\(octets) octets of memory: \(call): \(describe(code)); lower max-entries, or raise the memory that the service "
        + "may use (MemoryMax)"
    case .file(let path, let call, let code):
      "\(path): \(call): \(describe(code)); the state directory must be a tmpfs that has room and that this user may "
        + "write to"
    case .inUse(let path):
      "\(path) is in use by another process; two gateways cannot share a state directory"
    case .notPrivate(let path):
      "\(path): others may write to it, or own it; the state directory must belong to the daemon's user alone "
        + "(chown, chmod 700)"
    }
  }
}
