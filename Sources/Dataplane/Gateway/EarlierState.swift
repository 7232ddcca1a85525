import CKernel
import Glibc
import Synchronization
import Translation

/// The tables that an earlier run left in the state directory, as far as this one can take them up.
final class EarlierState: Sendable {
  /// A file of tables that cannot be taken up, and why.
  struct Refusal: Sendable {
    var path: String
    var why: String
  }

  private let files: [EarlierFile]
  let refusals: [Refusal]
  /// The tick to go on from, which keeps every idle time right; 0 without an earlier run.
  let tick: UInt32

  /// Looks at the files.
  init(_ paths: [String], boot: BootIdentity, sinceBoot: UInt64) {
    var files: [EarlierFile] = []
    var refusals: [Refusal] = []
    var tick: UInt32 = 0
    for path in paths {
      do throws(EarlierFile.Failure) {
        let file = try EarlierFile(path)
        let now = try file.read { (region) in region.tick(in: boot, sinceBoot: sinceBoot) }
        // The regions of one run count alike; the one whose worker wrote last knows best.
        tick = max(tick, now)
        files.append(file)
      } catch {
        refusals.append(Refusal(path: path, why: error.description))
      }
    }
    self.files = files
    self.refusals = refusals
    self.tick = tick
  }

  /// Whether there is anything to take up.
  var isEmpty: Bool { files.isEmpty }

  /// Takes up what belongs to the translator's worker. Called on that worker's thread, by all of them at once.
  func takeUp(into translator: inout Translator, now: UInt32) -> TakenUp {
    var sum = TakenUp()
    for file in files {
      // The file was read when this value was made, and it is locked.
      if let part = try? file.read({ (region) in translator.takeUp(region, now: now) }) { sum += part }
    }
    return sum
  }
}

/// One file of tables, mapped for reading.
@safe private final class EarlierFile: Sendable {
  enum Failure: Error, CustomStringConvertible {
    case file(call: String, code: Int32)
    case region(RegionError)

    var description: String {
      switch self {
      case .file(let call, let code): "\(call): \(describe(code))"
      case .region(let error): error.description
      }
    }
  }

  // Mapped for reading only, from `init` to `deinit`.
  private nonisolated(unsafe) let base: UnsafeRawPointer
  private let count: Int

  init(_ path: String) throws(Failure) {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { throw .file(call: "open", code: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw .file(call: "fstat", code: errno) }
    guard status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else { throw .region(.notARegion) }
    guard let base = unsafe mmap(nil, Int(status.st_size), PROT_READ, MAP_SHARED, descriptor, 0),
      unsafe base != MAP_FAILED
    else { throw .file(call: "mmap", code: errno) }
    unsafe self.base = UnsafeRawPointer(base)
    count = Int(status.st_size)
  }

  deinit { unsafe munmap(UnsafeMutableRawPointer(mutating: base), count) }

  func read<Value>(_ body: (borrowing RegionReader) -> Value) throws(Failure) -> Value {
    let octets = unsafe RawSpan(_unsafeStart: base, byteCount: count)
    do throws(RegionError) {
      return body(try RegionReader(octets))
    } catch {
      throw .region(error)
    }
  }
}
