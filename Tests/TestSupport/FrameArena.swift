package import Forwarding
package import Translation
package import WireFormats

/// Frames in memory of their own, each at the end of its allocation, so that an access beyond a frame is one that a
/// sanitizer sees.
@safe package struct FrameArena: ~Copyable {
  private let frames: [Frame]
  private let memory: [UnsafeMutableRawPointer]

  package init(_ frames: [Frame]) {
    self.frames = frames
    unsafe memory = frames.map { frame in
      let block = UnsafeMutableRawPointer.allocate(byteCount: max(1, frame.octets.count), alignment: 1)
      for (offset, octet) in frame.octets.enumerated() {
        unsafe block.storeBytes(of: octet, toByteOffset: offset, as: UInt8.self)
      }
      return unsafe block
    }
  }

  deinit {
    for index in frames.indices { unsafe memory[index].deallocate() }
  }

  /// A view of a frame, which must not outlive the arena.
  package func octets(_ index: Int) -> PacketOctets {
    unsafe PacketOctets(base: memory[index], count: frames[index].octets.count)
  }

  /// A frame as a packet of a burst.
  package func packet(_ index: Int, by interface: InterfaceID, passage: Packet.Passage = []) -> Packet {
    Packet(
      octets: octets(index), networkOffset: frames[index].networkOffset, ingress: interface,
      offload: frames[index].offload, passage: passage)
  }

  /// All frames as a burst.
  package func packets(by interface: InterfaceID) -> [Packet] {
    frames.indices.map { packet($0, by: interface) }
  }

  /// A frame as it is now.
  package func sent(_ index: Int) -> SentPacket {
    let view = octets(index)
    return SentPacket(
      frame: (0..<view.count).map { view.load8(at: $0) }, networkOffset: frames[index].networkOffset,
      partialChecksum: frames[index].offload.partialChecksum)
  }

  /// A frame as it is now, with what the device said of it.
  package func frame(_ index: Int) -> Frame {
    Frame(octets: sent(index).frame, networkOffset: frames[index].networkOffset, offload: frames[index].offload)
  }

  /// Puts the frames back as they were.
  package func reset() {
    for index in frames.indices {
      let view = octets(index)
      for (offset, octet) in frames[index].octets.enumerated() { view.store8(octet, at: offset) }
    }
  }
}
