package import WireFormats

/// What a TAP device should be when the gateway has it open.
package struct TapRequest: Hashable, Sendable {
  /// The interface's name, 1 to 15 octets.
  package var name: String
  /// One for each worker, 1 to 256. Queue *i* of the device is descriptor *i*.
  package var queues: Int
  /// What the kernel may leave undone in the frames it hands over.
  package var offload: OffloadFeatures
  /// Whether the device outlives the gateway: nil leaves a device that exists as it is and makes a new one transient.
  package var persistent: Bool?
  /// Octets of an IP packet on this link, 68 to 65 521; nil leaves it as it is (1500 for a new device).
  package var mtu: Int?
  /// Frames that the kernel keeps for each queue until they are read; nil leaves it as it is.
  package var transmitQueueLength: Int?
  /// The gateway's own Ethernet address on this link; nil derives one that stays the same.
  package var gatewayAddress: MACAddress?
  /// Where the kernel's end of the device lives: the name of a namespace under /run/netns, or a path; nil for the
  /// gateway's own namespace.
  package var networkNamespace: String?

  /// Asks for a device; what is left out stays as it is or becomes as the fields say.
  package init(
    name: String, queues: Int, offload: OffloadFeatures = .gso, persistent: Bool? = nil, mtu: Int? = nil,
    transmitQueueLength: Int? = nil, gatewayAddress: MACAddress? = nil, networkNamespace: String? = nil
  ) {
    self.name = name
    self.queues = queues
    self.offload = offload
    self.persistent = persistent
    self.mtu = mtu
    self.transmitQueueLength = transmitQueueLength
    self.gatewayAddress = gatewayAddress
    self.networkNamespace = networkNamespace
  }
}
