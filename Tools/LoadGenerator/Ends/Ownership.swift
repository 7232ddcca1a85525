import ArgumentParser
import Glibc

/// The word that a network is the user's to load.
struct OwnershipFlag: ParsableArguments {
  @Flag(help: "The network may be the machine's own.")
  var iOwnThisNetwork = false

  /// Throws unless `address` may be loaded from where the program runs.
  func allow(_ address: in_addr) throws {
    guard iOwnThisNetwork || Ownership.mayLoad(address: address) else {
      complain("sallyport-load: \(EndError.notOurs(end: "the address"))")
      throw Campaign.impossible
    }
  }
}

/// Whether load may be generated somewhere without its user's word that the network is theirs: on loopback, and on devices
/// that lead no farther than another one of the same machine, in network namespaces other than the machine's own.
enum Ownership {
  /// Whether the calling thread's interface `device` may be loaded; one that is not there yet is made, and leads nowhere.
  static func mayLoad(device: String) -> Bool {
    device == "lo" || isApart && Device.isConfined(device)
  }

  /// Whether an address may be loaded from the calling thread's namespace.
  static func mayLoad(address: in_addr) -> Bool {
    UInt32(bigEndian: address.s_addr) >> 24 == 127 || isApart && Device.areConfined
  }

  /// The inode of the machine's own network namespace where the kernel gives it a fixed one (NET_NS_INIT_INO, Linux 6.18).
  private static let firstInode: ino_t = 0xEFFF_FFF9
  private static let namedNamespaces = "/run/netns/"

  /// Whether the calling thread's network namespace is another than the machine's own: than the first process's, or,
  /// where that may not be looked at, one that `ip netns` has given a name. What cannot be told counts as the machine's own.
  private static var isApart: Bool {
    guard let own = inode("/proc/thread-self/ns/net"), own != firstInode else { return false }
    if let first = inode("/proc/1/ns/net") { return own != first }
    return names(in: namedNamespaces).contains { inode(namedNamespaces + $0) == own }
  }

  private static func inode(_ path: String) -> ino_t? {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? status.st_ino : nil
  }

  /// What lies in a directory.
  private static func names(in directory: String) -> [String] {
    guard let stream = unsafe opendir(directory) else { return [] }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      // The name is a C string in an array of fixed size.
      names.append(
        unsafe withUnsafePointer(to: &entry.pointee.d_name) {
          unsafe String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
        })
    }
    return names
  }
}
