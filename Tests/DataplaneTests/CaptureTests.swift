import Dataplane
import Glibc
import Testing
import WireFormats

extension CaptureRing {
  /// Records an array as a frame.
  fileprivate func record(_ octets: [UInt8], interface: Int = 0, direction: CaptureDirection, timestamp: UInt64) {
    var octets = octets
    unsafe octets.withUnsafeMutableBytes { bytes in
      let frame = unsafe PacketOctets(base: bytes.baseAddress!, count: bytes.count)
      record(frame, interface: interface, direction: direction, timestamp: timestamp)
    }
  }

  fileprivate func drained() -> [CapturedFrame] {
    var frames: [CapturedFrame] = []
    _ = drain { frames.append($0) }
    return frames
  }
}

@Suite struct `A capture ring` {
  @Test func `says which interfaces are captured`() {
    let ring = CaptureRing()
    #expect(ring.interfaces == 0)
    ring.start(interfaces: 0b101)
    #expect(ring.interfaces == 0b101)
    ring.stop()
    #expect(ring.interfaces == 0)
  }

  @Test func `yields what was recorded, cut to the snap length`() {
    let ring = CaptureRing()
    ring.start(interfaces: 1, snapLength: 60)
    ring.record([1, 2, 3], interface: 2, direction: .received, timestamp: 5)
    ring.record([UInt8](repeating: 7, count: 100), interface: 3, direction: .sent, timestamp: 6)
    #expect(
      ring.drained() == [
        CapturedFrame(timestamp: 5, interface: 2, direction: .received, originalLength: 3, octets: [1, 2, 3]),
        CapturedFrame(
          timestamp: 6, interface: 3, direction: .sent, originalLength: 100, octets: [UInt8](repeating: 7, count: 60)),
      ])
    #expect(ring.drained().isEmpty)
  }

  @Test func `loses frames, and counts them, rather than wait for its reader`() {
    let ring = CaptureRing()
    ring.start(interfaces: 1)
    for number in 0..<1000 {
      ring.record([UInt8](repeating: UInt8(number & 255), count: 2000), direction: .sent, timestamp: UInt64(number))
    }
    let kept = ring.drained()
    #expect(kept.count == CaptureRing.capacity / 2048)
    #expect(ring.lost == 1000 - UInt64(kept.count))
    #expect(kept.map(\.timestamp) == (0..<UInt64(kept.count)).map { $0 })
    ring.record([1], direction: .sent, timestamp: 2000)
    #expect(ring.drained().map(\.timestamp) == [2000])
  }

  @Test func `keeps frames of every length whole around its end while it is drained`() throws {
    let ring = CaptureRing()
    ring.start(interfaces: 1)
    let lengths = (0..<600).map { 1 + $0 * 7919 % 65_000 }
    let writer = try PinnedThread.start(name: "writer", core: nil) {
      for (number, length) in lengths.enumerated() {
        let octets = (0..<length).map { UInt8(truncatingIfNeeded: $0 &+ number) }
        while case let lost = ring.lost {
          ring.record(octets, direction: .received, timestamp: UInt64(number))
          if ring.lost == lost { break }
          sched_yield()
        }
      }
    }
    var next = 0
    var damaged = 0
    while next < lengths.count {
      let count = ring.drain { frame in
        let isWhole =
          frame.timestamp == UInt64(next) && frame.octets.count == lengths[next]
          && frame.octets.indices.allSatisfy { frame.octets[$0] == UInt8(truncatingIfNeeded: $0 &+ next) }
        if !isWhole { damaged += 1 }
        next += 1
      }
      if count == 0 { sched_yield() }
    }
    writer.join()
    #expect(damaged == 0)
  }
}

@Suite struct `A capture file` {
  @Test(.enabled(if: Surroundings.hasTshark, "needs tshark"))
  func `is read by tshark with interface, direction, time and lengths`() throws {
    let writer = PcapWriter(epochOffset: 1_700_000_000_000_000_000)
    var frame = SteeringFrame()
    frame.source = 0xC0A8_0105
    let octets = frame.octets
    var file = writer.header(interfaces: ["inside0", "outside0"])
    writer.append(
      CapturedFrame(
        timestamp: 123_456_789, interface: 1, direction: .sent, originalLength: octets.count, octets: octets),
      to: &file)
    writer.append(
      CapturedFrame(
        timestamp: 123_456_790, interface: 0, direction: .received, originalLength: 1500,
        octets: Array(octets.prefix(43))),
      to: &file)
    let path = "/tmp/sallyport-test-\(getpid()).pcapng"
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    #expect(unsafe write(descriptor, file, file.count) == file.count)
    close(descriptor)
    defer { _ = unsafe unlink(path) }
    let fields = [
      "frame.interface_name", "frame.packet_flags_direction", "frame.time_epoch", "frame.len", "frame.cap_len",
      "ip.src",
    ]
    let read = Surroundings.run(
      "tshark", "-r", path, "-T", "fields", "-e", fields[0], "-e", fields[1], "-e", fields[2], "-e", fields[3], "-e",
      fields[4], "-e", fields[5])
    #expect(read.status == 0)
    let rows = read.output.split(separator: "\n").map { $0.split(separator: "\t").map(String.init) }
    try #require(rows.count == 2)
    #expect(rows[0][0] == "outside0")
    #expect(rows[0][1].hasSuffix("2"))
    #expect(rows[0][2] == "1700000000.123456789")
    #expect(rows[0][3...] == ["\(octets.count)", "\(octets.count)", "192.168.1.5"])
    #expect(rows[1][0] == "inside0")
    #expect(rows[1][1].hasSuffix("1"))
    #expect(rows[1][2] == "1700000000.123456790")
    #expect(rows[1][3...] == ["1500", "43", "192.168.1.5"])
  }
}
