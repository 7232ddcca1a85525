import Glibc
import Testing
import WireFormats

@testable import Dataplane

@Suite(.enabled(if: Surroundings.allowsSteering, "loading a steering program needs root (CAP_BPF)"))
struct `A steering program` {
  @Test(arguments: [1, 2, 3, 7, 16])
  func `from inside chooses by source address and routing instance`(_ queues: Int) throws {
    for instance: UInt16 in [0, 1, 2, 65535] {
      let program = try LoadedSteering(.inside(instance: instance), queues: queues)
      var generator = SystemRandomNumberGenerator()
      for _ in 0..<200 {
        let frame = SteeringFrame.random(using: &generator)
        let answer = try program.queue(for: frame.octets)
        #expect(answer == frame.insideQueue(instance: UInt64(instance), queues: UInt64(queues)), "\(frame)")
      }
    }
  }

  @Test(arguments: [1, 2, 3, 7, 16])
  func `from outside chooses by port block or query identifier`(_ queues: Int) throws {
    let program = try LoadedSteering(.outside, queues: queues)
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<1000 {
      let frame = SteeringFrame.random(using: &generator)
      let answer = try program.queue(for: frame.octets)
      #expect(answer == frame.outsideQueue(queues: queues), "\(frame)")
    }
  }

  @Test func `leaves what it cannot read to queue 0`() throws {
    var frame = SteeringFrame()
    frame.port = 64
    let program = try LoadedSteering(.outside, queues: 2)
    #expect(try program.queue(for: frame.octets) == 1)
    // Cut off within the destination port, and anywhere before.
    for length in 14..<38 { #expect(try program.queue(for: Array(frame.octets.prefix(length))) == 0) }
    #expect(try program.queue(for: Array(frame.octets.prefix(38))) == 1)
  }

  @Test func `sends the first fragment with its connection and the others to queue 0`() throws {
    let program = try LoadedSteering(.outside, queues: 2)
    var frame = SteeringFrame()
    frame.port = 64
    frame.fragmentOffset = 0x2000
    #expect(try program.queue(for: frame.octets) == 1)
    frame.fragmentOffset = 0x2001
    #expect(try program.queue(for: frame.octets) == 0)
  }
}

@Suite(.enabled(if: Surroundings.allowsDevices && Surroundings.allowsSteering, "needs root, CAP_BPF and /dev/net/tun"))
struct `A steered TAP device` {
  @Test func `hands each frame to the queue of its destination port`() throws {
    let ports = (0..<40).map { UInt16(1000 + 97 * $0) }
    let frames = try Surroundings.inPrivateNetwork {
      let device = try TapDevice.open(TapRequest(name: "sp-a", queues: 3))
      defer { device.close() }
      try device.steer(by: .outside)
      Surroundings.run("ip", "addr", "add", "198.51.100.1/24", "brd", "198.51.100.255", "dev", "sp-a")
      for port in ports { broadcast(from: "198.51.100.1", to: "198.51.100.255", port: port) }
      return arrivals(device, onPort: { ports.contains($0) })
    }
    #expect(frames.count == ports.count)
    for (key, frame) in frames { #expect(key.queue == Int(frame.port) / 64 % 3, "port \(frame.port)") }
  }

  @Test func `hands each frame of a host to the queue of its address`() throws {
    let hosts = (1...12).map { UInt8($0 * 13) }
    let frames = try Surroundings.inPrivateNetwork {
      let device = try TapDevice.open(TapRequest(name: "sp-a", queues: 3))
      defer { device.close() }
      try device.steer(by: .inside(instance: 5))
      for host in hosts {
        Surroundings.run("ip", "addr", "add", "198.51.100.\(host)/24", "brd", "198.51.100.255", "dev", "sp-a")
        broadcast(from: "198.51.100.\(host)", to: "198.51.100.255", port: 4321)
      }
      return arrivals(device, onPort: { $0 == 4321 })
    }
    #expect(frames.count == hosts.count)
    for (key, frame) in frames {
      var expected = SteeringFrame()
      expected.source = frame.source
      #expect(key.queue == expected.insideQueue(instance: 5, queues: 3), "\(IPv4Address(frame.source))")
    }
  }
}

/// A frame that arrived, by its queue and place there.
private struct Arrival: Hashable, Sendable {
  let queue: Int
  let place: Int
}

/// Every UDP frame to a port of interest that waits in the device's queues.
private func arrivals(
  _ device: TapDevice, onPort isWanted: (UInt16) -> Bool
) -> [Arrival: (source: UInt32, port: UInt16)] {
  var found: [Arrival: (source: UInt32, port: UInt16)] = [:]
  for (queue, descriptor) in device.queueDescriptors.enumerated() {
    var octets = [UInt8](repeating: 0, count: 2048)
    while case let count = unsafe read(descriptor, &octets, octets.count), count > 0 {
      let frame = octets.prefix(count).dropFirst(VirtioHeader.size)
      guard frame.count >= 42 else { continue }
      let start = frame.startIndex
      let port = UInt16(frame[start + 36]) << 8 | UInt16(frame[start + 37])
      guard frame[start + 12] == 8, frame[start + 13] == 0, frame[start + 23] == 17, isWanted(port) else { continue }
      let source = frame[(start + 26)..<(start + 30)].reduce(0) { $0 << 8 | UInt32($1) }
      found[Arrival(queue: queue, place: found.count)] = (source, port)
    }
  }
  return found
}

/// Sends one UDP broadcast, which needs no neighbour to be resolved.
private func broadcast(from source: String, to target: String, port: UInt16) {
  let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
  defer { close(descriptor) }
  var one: Int32 = 1
  unsafe setsockopt(descriptor, SOL_SOCKET, SO_BROADCAST, &one, socklen_t(MemoryLayout<Int32>.size))
  let size = socklen_t(MemoryLayout<sockaddr_in>.size)
  func address(_ text: String, _ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = (IPv4Address(text)?.rawValue ?? 0).bigEndian
    return address
  }
  unsafe withUnsafeBytes(of: address(source, 0)) { bytes in
    _ = unsafe bind(descriptor, bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), size)
  }
  unsafe withUnsafeBytes(of: address(target, port)) { bytes in
    _ = unsafe sendto(descriptor, "x", 1, 0, bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), size)
  }
}
