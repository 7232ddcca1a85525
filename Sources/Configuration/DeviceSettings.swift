/// A TAP device that carries an interface and its sub-interfaces: `device tap …`.
package struct DeviceSettings: Hashable, Sendable {
  /// Octets that the kernel takes for an interface's name.
  package static let maximumNameOctets = 15
  /// The MTUs that a TAP device takes: RFC 791's least, and 65 535 less the Ethernet header.
  package static let mtuRange: ClosedRange<UInt16> = 68...65_521
  /// The MTU of an interface without an `mtu` statement.
  package static let defaultMTU: UInt16 = 1500

  /// The device's name in the kernel, 1 to 15 octets.
  package var name: String
  /// Where the kernel's end of the device lives: a name under /run/netns, or an absolute path; nil for the gateway's
  /// own namespace.
  package var networkNamespace: String?
  /// Whether the device stays when the gateway ends. False leaves a device that exists as it is.
  package var persistent: Bool
  /// Octets of an IP packet on this link.
  package var mtu: UInt16

  package init(
    name: String, networkNamespace: String? = nil, persistent: Bool = false, mtu: UInt16 = Self.defaultMTU
  ) {
    self.name = name
    self.networkNamespace = networkNamespace
    self.persistent = persistent
    self.mtu = mtu
  }
}
