import CKernel
import CNUMA
import Glibc

/// The mmap(2) calls behind a memory region.
@safe struct Mapping {
  static let hugePageSize = 2 << 20
  static let ordinaryPageSize = Int(sysconf(Int32(_SC_PAGESIZE)))

  let base: UnsafeMutableRawPointer
  let count: Int
  var pageKind = PageKind.ordinary
  var note: String?
  var isFresh = true
  var descriptor: Int32 = -1

  /// Memory of this process only: reserved huge pages, else memory that the kernel may make huge, else ordinary.
  static func anonymous(_ request: MemoryRequest) throws(MemoryError) -> Mapping {
    guard request.hugePages else {
      let flags = MAP_ANONYMOUS | (request.sparse ? MAP_NORESERVE : 0)
      return try map(request, count: rounded(request.octets, to: ordinaryPageSize), flags: flags)
    }
    let count = rounded(request.octets, to: hugePageSize)
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | Int32(MAP_HUGETLB)
    if let base = unsafe mmap(nil, count, PROT_READ | PROT_WRITE, flags, -1, 0), unsafe base != MAP_FAILED {
      return unsafe Mapping(base: base, count: count, pageKind: .huge)
    }
    let reserved = "no \(count / hugePageSize) reserved huge pages (vm.nr_hugepages)"
    var mapping = try aligned(request, count: count)
    let setting = firstLine(of: "/sys/kernel/mm/transparent_hugepage/enabled")
    if unsafe madvise(mapping.base, count, MADV_HUGEPAGE) == 0, setting?.contains("[never]") == false {
      mapping.pageKind = .transparentHuge
      mapping.note = reserved + "; transparent huge pages are used instead"
    } else {
      mapping.note =
        reserved + " and transparent huge pages are switched off "
        + "(/sys/kernel/mm/transparent_hugepage/enabled); ordinary pages are used, which costs more TLB misses"
    }
    return mapping
  }

  /// Memory in a file, which outlives the process.
  static func file(_ request: MemoryRequest) throws(MemoryError) -> Mapping {
    let path = request.file ?? ""
    let count = rounded(request.octets, to: request.hugePages ? hugePageSize : ordinaryPageSize)
    let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw .file(path: path, call: "open", code: errno) }
    do {
      let isFresh = try size(descriptor, to: count, path: path)
      var mapping = try map(request, count: count, flags: MAP_SHARED, descriptor: descriptor)
      mapping.descriptor = descriptor
      mapping.isFresh = isFresh
      guard request.hugePages else { return mapping }
      let setting = firstLine(of: "/sys/kernel/mm/transparent_hugepage/shmem_enabled") ?? "[never]"
      let refused = setting.contains("[never]") || setting.contains("[deny]")
      if unsafe !refused && madvise(mapping.base, count, MADV_HUGEPAGE) == 0 {
        mapping.pageKind = .transparentHuge
      } else {
        mapping.note =
          "\(path) gets no huge pages; set "
          + "/sys/kernel/mm/transparent_hugepage/shmem_enabled to advise"
      }
      return mapping
    } catch {
      close(descriptor)
      throw error
    }
  }

  /// Chooses the node and makes the pages present if that is wanted; gives the mapping back when it cannot.
  func settle(_ request: MemoryRequest) throws(MemoryError) {
    // Preferring a node must come before the first touch. A machine or a filter that knows no nodes changes nothing.
    if let node = request.node, sp_numa_available() == 1 { _ = unsafe sp_numa_prefer(base, count, Int32(node)) }
    // Linux 5.14 has MADV_POPULATE_WRITE; before that the pages come at their first use.
    guard request.prefault, unsafe madvise(base, count, MADV_POPULATE_WRITE) != 0, errno != EINVAL else { return }
    let code = errno
    unsafe munmap(base, count)
    if descriptor >= 0 { close(descriptor) }
    throw .refused(octets: request.octets, call: "madvise(MADV_POPULATE_WRITE)", code: code)
  }

  /// Locks the file and gives it its size. True when its contents are zero. The space is allocated here and now: a full
  /// tmpfs must be an error at start, not a SIGBUS in the middle of a packet.
  private static func size(_ descriptor: Int32, to count: Int, path: String) throws(MemoryError) -> Bool {
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      guard errno == EWOULDBLOCK else { throw .file(path: path, call: "flock", code: errno) }
      throw .inUse(path: path)
    }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw .file(path: path, call: "fstat", code: errno) }
    if Int(status.st_size) == count { return false }
    // A state of another size is of no use: begin again with zeros.
    guard ftruncate(descriptor, 0) == 0, ftruncate(descriptor, count) == 0 else {
      throw .file(path: path, call: "ftruncate", code: errno)
    }
    let code = posix_fallocate(descriptor, 0, count)
    guard code == 0 else {
      _ = ftruncate(descriptor, 0)
      throw .file(path: path, call: "posix_fallocate", code: code)
    }
    return true
  }

  /// An anonymous mapping that starts at a huge page's boundary: maps one page more and gives the ends back.
  private static func aligned(_ request: MemoryRequest, count: Int) throws(MemoryError) -> Mapping {
    let whole = try map(request, count: count + hugePageSize, flags: MAP_ANONYMOUS)
    let before = unsafe rounded(Int(bitPattern: whole.base), to: hugePageSize) - Int(bitPattern: whole.base)
    let base = unsafe whole.base + before
    if before > 0 { unsafe munmap(whole.base, before) }
    if before < hugePageSize { unsafe munmap(base + count, hugePageSize - before) }
    return unsafe Mapping(base: base, count: count)
  }

  private static func map(
    _ request: MemoryRequest, count: Int, flags: Int32, descriptor: Int32 = -1
  ) throws(MemoryError) -> Mapping {
    let sharing = flags & MAP_SHARED == 0 ? MAP_PRIVATE : 0
    guard let base = unsafe mmap(nil, count, PROT_READ | PROT_WRITE, flags | sharing, descriptor, 0),
      unsafe base != MAP_FAILED
    else { throw .refused(octets: request.octets, call: "mmap", code: errno) }
    return unsafe Mapping(base: base, count: count)
  }

  private static func rounded(_ count: Int, to page: Int) -> Int { (count + page - 1) / page * page }
}
