import CKernel
import Glibc

/// Where the interfaces of the calling thread's namespace lead, as their drivers tell.
enum Device {
  /// Drivers of devices that end within the machine. What is not here may lead to a wire: a card that was moved into a
  /// namespace, but also a VLAN, a bond or a tunnel, which reach as far as what they stand on.
  private static let confined: Set<String> = ["veth", "tun", "dummy", "bridge"]

  /// Whether what is sent on an interface stays within the machine. One that is not there yet does: it will be made.
  static func isConfined(_ device: String) -> Bool {
    var name = [CChar](repeating: 0, count: 64)
    let found = unsafe sp_link_driver(device, &name, UInt32(name.count))
    if found == -ENODEV { return true }
    guard found == 0 else { return false }
    return confined.contains(String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
  }

  /// Whether that goes for every interface that is up, loopback aside.
  static var areConfined: Bool {
    let names = all
    return !names.isEmpty && names.allSatisfy { $0 == "lo" || !isUp($0) || isConfined($0) }
  }

  private static func isUp(_ device: String) -> Bool {
    var link = sp_link()
    return unsafe sp_link_read(device, &link) < 0 || link.up != 0
  }

  /// The names of the namespace's interfaces; none where they cannot be told.
  private static var all: [String] {
    guard let list = unsafe if_nameindex() else { return [] }
    defer { unsafe if_freenameindex(list) }
    var names: [String] = []
    var place = 0
    while let name = unsafe list[place].if_name {
      names.append(unsafe String(cString: name))
      place += 1
    }
    return names
  }
}
