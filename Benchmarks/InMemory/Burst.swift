import Forwarding
import Translation
import WireFormats

/// The packet buffers of one burst, used over and over as a worker uses its own. Before each pass frames are copied
/// into them as a device would, so that every pass finds the packet as its sender made it; the copy is part of every
/// figure, the C loop's too.
@safe struct Burst: ~Copyable {
  /// Frames in a burst.
  static let size = 64
  /// Octets from one buffer to the next.
  static let stride = 2_048

  private let region: Region
  private let buffers: UnsafeMutableRawPointer
  private let packets: UnsafeMutableBufferPointer<Packet>

  init?() {
    guard let region = Region(size: Self.size * Self.stride) else { return nil }
    self.region = region
    unsafe buffers = region.base
    unsafe packets = .allocate(capacity: Self.size)
    for index in 0..<Self.size {
      unsafe packets.initializeElement(at: index, to: Self.packet(in: buffers, index))
    }
  }

  deinit { unsafe packets.deallocate() }

  @inline(__always)
  private static func packet(in buffers: UnsafeMutableRawPointer, _ index: Int) -> Packet {
    Packet(
      octets: unsafe PacketOctets(base: buffers + index * stride, count: Frames.size),
      networkOffset: Ethernet.headerLength, ingress: Network.inside)
  }

  /// The first buffer, for the C loop.
  var octets: UnsafeMutablePointer<UInt8> { unsafe buffers.assumingMemoryBound(to: UInt8.self) }

  /// Copies the burst that begins at frame `first` into the buffers.
  @inline(__always)
  func arrive(_ frames: Frames, _ first: Int) { unsafe arrive(frames.base + first * Frames.size) }

  /// Copies a burst of frames that lie one behind the other into the buffers.
  @inline(__always) @unsafe
  func arrive(_ first: UnsafeMutableRawPointer) {
    for index in 0..<Self.size {
      let frame = unsafe first + index * Frames.size
      // As one value of 64 octets: a call of memmove would cost as much as the copy.
      let octets = unsafe frame.load(as: SIMD64<UInt8>.self)
      unsafe (buffers + index * Self.stride).storeBytes(of: octets, as: SIMD64<UInt8>.self)
    }
  }

  /// Translates the frames in the buffers and addresses them to the next hop, as a worker does.
  @inline(__always)
  func translate(_ translator: inout Translator, now: UInt32) {
    for index in 0..<Self.size {
      unsafe packets[index].arrive(
        PacketOctets(base: buffers + index * Self.stride, count: Frames.size), networkOffset: Ethernet.headerLength,
        ingress: Network.inside, offload: FrameOffload(partialChecksum: false, segmentSize: 0), passage: [])
    }
    var span = unsafe packets.mutableSpan
    translator.process(&span, now: now)
    for index in 0..<Self.size {
      guard case .forward(let hop) = unsafe packets[index].verdict else { continue }
      unsafe packets[index].octets.store(hop.address, at: Ethernet.destination)
      unsafe packets[index].octets.store(Network.outsideHardware, at: Ethernet.source)
    }
  }

  /// The packets that are for the slow path, each with the number of its session.
  func forEachInspected(_ body: (PacketOctets, UInt32) -> Void) {
    for index in 0..<Self.size {
      if case .inspect(let session) = unsafe packets[index].verdict { body(unsafe packets[index].octets, session) }
    }
  }

  /// Whether every packet of the burst goes on.
  var isForwarded: Bool {
    (0..<Self.size).allSatisfy { index in
      if case .forward = unsafe packets[index].verdict { true } else { false }
    }
  }

  /// Whether every packet of the burst came out as it should.
  func isTranslated(pool: ClosedRange<IPv4Address>) -> Bool {
    (0..<Self.size).allSatisfy { index in
      guard case .forward = unsafe packets[index].verdict else { return false }
      return unsafe Frames.isTranslated(packets[index].octets, pool: pool)
    }
  }
}
