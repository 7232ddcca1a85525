import CKernel
import Glibc
package import WireFormats

/// An open TAP device: the wire between the gateway and one segment.
///
/// The kernel's end is an ordinary interface; the gateway's end is one descriptor for each queue, non-blocking, on
/// which a read or write moves one frame behind a virtio header of `VirtioHeader.size` octets. The descriptors stay
/// valid whatever namespace the interface is in.
package struct TapDevice: Sendable {
  /// The interface's name.
  package let name: String
  /// Descriptor *i* is queue *i*: what the steering program calls queue *i*.
  package let queueDescriptors: [Int32]
  /// The link's MTU now.
  package let mtu: Int
  /// The gateway's Ethernet address on this link, which is not that of the kernel's end.
  package let gatewayAddress: MACAddress
  /// What the kernel granted of the offloads asked for.
  package let offload: OffloadFeatures
  /// Whether the device outlives the gateway.
  package let isPersistent: Bool
  /// Whether opening it made it.
  package let isNew: Bool

  /// Attaches to the device, or makes it, and sets up what is not yet as `request` wants it. A step whose outcome is
  /// there already is left out, so that a persistent device made for this user needs no privilege.
  ///
  /// The caller closes what it opened, with `close()`.
  package static func open(_ request: TapRequest) throws(DeviceError) -> TapDevice {
    guard (1...15).contains(request.name.utf8.count), !request.name.utf8.contains(where: { $0 <= 0x20 || $0 == 0x2F })
    else { throw .badName(device: request.name) }
    precondition((1...256).contains(request.queues), "a TAP device has 1 to 256 queues")
    guard let namespace = request.networkNamespace else { return try openHere(request) }
    return try NetworkNamespace(namespace).run(for: request.name) { () throws(DeviceError) in try openHere(request) }
  }

  /// Lets go of the queues; a device that is not persistent vanishes with the last of them.
  package consuming func close() {
    for descriptor in queueDescriptors { Glibc.close(descriptor) }
  }

  /// Takes the steering program away that an earlier run left on a device that stayed; harmless without one.
  package func stopSteering() { _ = sp_tap_set_steering(queueDescriptors[0], -1) }

  /// `open` in the calling thread's namespace.
  private static func openHere(_ request: TapRequest) throws(DeviceError) -> TapDevice {
    let setup = TapSetup(request)
    let isNew = setup.link() == nil
    if !isNew { try setup.awaitRelease() }
    let queues = try setup.attachQueues()
    do {
      let offload = try setup.prepareFrames(queues[0])
      let isPersistent = try setup.settlePersistence(queues[0])
      let mtu = try setup.settleLink()
      return TapDevice(
        name: request.name, queueDescriptors: queues, mtu: mtu,
        gatewayAddress: request.gatewayAddress ?? gatewayAddress(for: request.name), offload: offload,
        isPersistent: isPersistent, isNew: isNew)
    } catch {
      for descriptor in queues { Glibc.close(descriptor) }
      throw error
    }
  }

  /// A locally administered unicast address that is the same for this interface at each start, and another on another
  /// machine: a digest (FNV-1a) of the machine's identity and the interface's name.
  package static func gatewayAddress(for name: String) -> MACAddress {
    var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    for octet in ((firstLine(of: "/etc/machine-id") ?? "") + "/" + name).utf8 {
      digest = (digest ^ UInt64(octet)) &* 0x100_0000_01B3
    }
    // The first octet's lowest bits: unicast, locally administered (IEEE 802-2014 section 8.2.2).
    return MACAddress((digest ^ digest >> 48) & 0xFCFF_FFFF_FFFF | 0x0200_0000_0000)
  }
}
