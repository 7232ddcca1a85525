import Glibc

/// Zeroed memory from the kernel, in huge pages where it gives them, all of it present before the clock starts: a
/// gateway takes its memory at start too, so that no packet pays for a page.
@safe final class Region {
  /// The memory is aligned to this many octets, the size of a huge page.
  private static let alignment = 2 << 20
  /// MADV_HUGEPAGE and MADV_POPULATE_WRITE of <asm-generic/mman-common.h>.
  private static let preferHugePages: Int32 = 14
  private static let populate: Int32 = 23

  private let mapping: UnsafeMutableRawPointer
  private let mappedSize: Int
  /// The first octet.
  let base: UnsafeMutableRawPointer
  /// Octets of the region.
  let size: Int

  /// A region of at least `size` octets; nil when the system has no memory.
  init?(size wanted: Int) {
    size = (max(wanted, 1) + Self.alignment - 1) / Self.alignment * Self.alignment
    mappedSize = size + Self.alignment
    let mapped = unsafe mmap(nil, mappedSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else { return nil }
    unsafe mapping = mapped
    unsafe base = mapped.alignedUp(toMultipleOf: Self.alignment)
    unsafe madvise(base, size, Self.preferHugePages)
    // A kernel that cannot populate (before 5.14) takes the faults later, on the benchmark's first pass.
    unsafe madvise(base, size, Self.populate)
  }

  deinit { unsafe munmap(mapping, mappedSize) }
}
