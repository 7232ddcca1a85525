import CKernel
import Glibc
import Synchronization

/// The directory that the gateway's state outlives the daemon in: on a tmpfs, one daemon's at a time.
///
///     rules            the numbers of rules, as text
///     tables/shard-N   the tables of the run at hand, one file a worker
///     next/shard-N     the tables of a run that is starting
///
/// A run makes its tables in `next` and fills them from `tables`; then the two change names, in one step, and what has
/// become old is removed. A daemon that is killed anywhere on that way leaves `tables` whole, old or new.
final class StateDirectory: Sendable {
  let path: String
  /// The directory, locked for this process; -1 when it has been let go of.
  private let locked: Mutex<Int32>

  /// Milliseconds for which the end of a daemon that has been killed is waited for.
  private static let patience = 3000

  /// Opens and locks the directory, and clears away what an earlier start left unfinished.
  init(_ path: String) throws(MemoryError) {
    self.path = path
    // A tmpfs is empty after a boot.
    _ = unsafe mkdir(path, 0o700)
    let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { throw .file(path: path, call: "open", code: errno) }
    guard Self.isPrivate(descriptor) else {
      close(descriptor)
      throw .notPrivate(path: path)
    }
    var waited = 0
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      let code = errno
      guard code == EWOULDBLOCK, waited < Self.patience else {
        close(descriptor)
        if code == EWOULDBLOCK { throw .inUse(path: path) }
        throw .file(path: path, call: "flock", code: code)
      }
      usleep(1000)
      waited += 1
    }
    locked = Mutex(descriptor)
    remove(next)
    guard unsafe mkdir(next, 0o700) == 0 else { throw .file(path: next, call: "mkdir", code: errno) }
  }

  deinit { unlock() }

  /// Lets another daemon have the directory. Later calls do nothing.
  func unlock() {
    locked.withLock { descriptor in
      if descriptor >= 0 { close(descriptor) }
      descriptor = -1
    }
  }

  /// Whether nobody but this user and root may put files into the directory: what is found there is taken up.
  private static func isPrivate(_ descriptor: Int32) -> Bool {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { return false }
    return (status.st_uid == geteuid() || status.st_uid == 0) && status.st_mode & (S_IWGRP | S_IWOTH) == 0
  }

  private var tables: String { path + "/tables" }
  private var next: String { path + "/next" }

  /// The file of a worker's tables, for this run.
  func newTables(of worker: Int) -> String { next + "/shard-\(worker)" }

  /// The files that an earlier run left; version 1 kept them in the directory itself.
  var earlierTables: [String] {
    [path, tables].flatMap { directory in
      Self.entries(of: directory).filter { $0.hasPrefix("shard-") }.sorted().map { directory + "/" + $0 }
    }
  }

  /// Makes the new tables those that a later run finds, in one step.
  func commit() throws(MemoryError) {
    var code = unsafe sp_file_exchange(next, tables)
    if code == -ENOENT { code = unsafe rename(next, tables) == 0 ? 0 : -errno }
    guard code == 0 else { throw .file(path: tables, call: "renameat2", code: -code) }
  }

  /// Removes what `commit` has made old.
  func removeEarlier() {
    remove(next)
    for file in Self.entries(of: path) where file.hasPrefix("shard-") { _ = unsafe unlink(path + "/" + file) }
  }

  /// The numbers that rules have, as their text was stored; nil when there is none.
  var rules: String? { Self.contents(of: path + "/rules") }

  /// Stores the numbers that rules have: a new file in the place of the old one, in one step.
  func store(rules: String) throws(MemoryError) {
    let fresh = path + "/rules.new"
    let file = unsafe open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { throw .file(path: fresh, call: "open", code: errno) }
    let octets = Array(rules.utf8)
    var written = 0
    while written < octets.count {
      let count = unsafe octets[written...].withUnsafeBytes { unsafe write(file, $0.baseAddress, $0.count) }
      guard count > 0 else {
        let code = errno
        close(file)
        throw .file(path: fresh, call: "write", code: code)
      }
      written += count
    }
    close(file)
    guard unsafe rename(fresh, path + "/rules") == 0 else {
      throw .file(path: path + "/rules", call: "rename", code: errno)
    }
  }

  /// Removes a directory of tables.
  private func remove(_ directory: String) {
    for file in Self.entries(of: directory) where file.hasPrefix("shard-") { _ = unsafe unlink(directory + "/" + file) }
    _ = unsafe rmdir(directory)
  }

  /// The names in a directory; none when it cannot be read.
  private static func entries(of directory: String) -> [String] {
    guard let stream = unsafe opendir(directory) else { return [] }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { octets in
        unsafe String(decoding: octets.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  private static func contents(of path: String) -> String? {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var text: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65_536)
    while case let count = unsafe read(file, &piece, piece.count), count > 0 { text += piece.prefix(count) }
    return String(decoding: text, as: UTF8.self)
  }
}
