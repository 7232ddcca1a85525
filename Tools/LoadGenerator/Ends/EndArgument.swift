import ArgumentParser

/// Where one side of the generator stands, on the command line: `DEVICE[@NAMESPACE]` for a packet socket on an interface
/// there is, `tap:DEVICE[@NAMESPACE]` for the program's end of a TAP device, which is made when there is none.
struct EndArgument: ExpressibleByArgument, Equatable {
  /// How frames get to the device.
  enum Kind: Equatable {
    case packetSocket
    case tap
  }

  /// The longest name of an interface, in octets (IFNAMSIZ less the closing zero).
  private static let longestName = 15

  let kind: Kind
  let device: String
  /// A name of `ip netns` or a path; nil for the namespace that the program runs in.
  let namespace: String?

  init?(argument: String) {
    var rest = argument[...]
    if rest.hasPrefix("tap:") {
      kind = .tap
      rest = rest.dropFirst(4)
    } else {
      kind = .packetSocket
    }
    let parts = rest.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    device = String(parts[0])
    namespace = parts.count == 2 ? String(parts[1]) : nil
    guard (1...Self.longestName).contains(device.utf8.count), !device.utf8.contains(UInt8(ascii: "/")),
      namespace != ""
    else { return nil }
  }

  /// The namespace's file.
  var namespacePath: String? {
    namespace.map { $0.utf8.contains(UInt8(ascii: "/")) ? $0 : "/run/netns/" + $0 }
  }

  /// The end as its user wrote it.
  var text: String {
    (kind == .tap ? "tap:" : "") + device + (namespace.map { "@" + $0 } ?? "")
  }
}
