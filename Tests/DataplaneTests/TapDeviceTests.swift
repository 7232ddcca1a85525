import Dataplane
import Glibc
import Testing
import WireFormats

@Suite(
  .enabled(if: Surroundings.allowsDevices, "making a TAP needs root (CAP_NET_ADMIN, CAP_SYS_ADMIN) and /dev/net/tun"))
struct `A TAP device` {
  @Test func `has a descriptor for each queue, is up, and vanishes when closed`() throws {
    let (opened, shown, gone) = try Surroundings.inPrivateNetwork {
      let device = try TapDevice.open(TapRequest(name: "sp-a", queues: 3, mtu: 1400, transmitQueueLength: 750))
      let shown = Surroundings.run("ip", "-d", "link", "show", "dev", "sp-a").output
      device.close()
      return (device, shown, unsafe if_nametoindex("sp-a") == 0)
    }
    #expect(opened.queueDescriptors.count == 3)
    #expect(Set(opened.queueDescriptors).count == 3)
    #expect(opened.mtu == 1400)
    #expect(opened.isNew)
    #expect(!opened.isPersistent)
    #expect(opened.offload.isSuperset(of: [.checksum, .tcp4, .tcp6]))
    #expect(shown.contains("mtu 1400"))
    #expect(shown.contains("qlen 750"))
    #expect(shown.contains("LOWER_UP"))
    #expect(shown.contains("multi_queue"))
    #expect(shown.contains("vnet_hdr"))
    #expect(gone)
  }

  @Test func `can do without offloads`() throws {
    let device = try Surroundings.inPrivateNetwork {
      try TapDevice.open(TapRequest(name: "sp-a", queues: 1, offload: .none))
    }
    defer { device.close() }
    #expect(device.offload == .none)
    #expect(device.offload.description == "none")
  }

  @Test func `that persists is found again with its settings, whatever its kind of queues`() throws {
    let (first, second, kept) = try Surroundings.inPrivateNetwork {
      let first = try TapDevice.open(TapRequest(name: "sp-a", queues: 2, persistent: true, mtu: 9000))
      first.close()
      // One queue asked for, and a device made for several: attached as it is.
      let second = try TapDevice.open(TapRequest(name: "sp-a", queues: 1))
      second.close()
      let kept = unsafe if_nametoindex("sp-a") != 0
      try TapDevice.open(TapRequest(name: "sp-a", queues: 2, persistent: false)).close()
      return (first, second, unsafe kept && if_nametoindex("sp-a") == 0)
    }
    #expect(first.isNew && first.isPersistent)
    #expect(!second.isNew && second.isPersistent)
    #expect(second.mtu == 9000)
    #expect(second.gatewayAddress == first.gatewayAddress)
    #expect(kept)
  }

  @Test func `that stays takes any number of queues, keeps its Ethernet addresses, and is not shared`() throws {
    let (indices, gateways, shared) = try Surroundings.inPrivateNetwork {
      var indices: [String] = []
      var gateways: [MACAddress] = []
      for queues in [1, 3, 2, 1] {
        let device = try TapDevice.open(TapRequest(name: "sp-a", queues: queues, persistent: true))
        gateways.append(device.gatewayAddress)
        // Interface number, and the address of the kernel's end.
        let shown = Surroundings.run("ip", "-o", "link", "show", "dev", "sp-a").output
        indices.append(shown.numberAndWord(after: "link/ether"))
        device.close()
      }
      // A daemon that is still there, or not yet quite gone: waited for, then refused.
      let held = try TapDevice.open(TapRequest(name: "sp-a", queues: 2, persistent: true))
      let shared = #expect(throws: DeviceError.self) {
        try TapDevice.open(TapRequest(name: "sp-a", queues: 2, persistent: true))
      }
      held.close()
      try TapDevice.open(TapRequest(name: "sp-a", queues: 1, persistent: false)).close()
      return (indices, gateways, shared)
    }
    #expect(Set(indices).count == 1)
    #expect(Set(gateways).count == 1)
    #expect(shared == .busy(device: "sp-a", step: "waiting for its queues", code: EBUSY))
  }

  @Test func `that stays is attached to as soon as the process before has let go`() throws {
    let device = try Surroundings.inPrivateNetwork {
      let held = try TapDevice.open(TapRequest(name: "sp-a", queues: 2, persistent: true))
      let release = try PinnedThread.start(name: "release", core: nil) {
        usleep(200_000)
        held.close()
      }
      let device = try TapDevice.open(TapRequest(name: "sp-a", queues: 2, persistent: true))
      release.join()
      return device
    }
    #expect(!device.isNew && device.isPersistent)
    device.close()
  }

  @Test func `is made in, and found in, the namespace that a path names`() throws {
    let (here, there) = try Surroundings.inPrivateNetwork {
      let home = unsafe open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
      defer { close(home) }
      let path = "/proc/self/fd/\(home)"
      return try Surroundings.inPrivateNetwork {
        let request = TapRequest(name: "sp-a", queues: 2, persistent: true, networkNamespace: path)
        let device = try TapDevice.open(request)
        let here = unsafe if_nametoindex("sp-a")
        device.close()
        let again = try TapDevice.open(TapRequest(name: "sp-a", queues: 2, networkNamespace: path))
        again.close()
        return (here, !again.isNew)
      }
    }
    #expect(here == 0)
    #expect(there)
  }

  @Test func `can be attached to without privilege when it was made for this user`() throws {
    let (device, refusal, dropped) = try Surroundings.inPrivateNetwork {
      Surroundings.run(
        "ip", "tuntap", "add", "dev", "sp-a", "mode", "tap", "multi_queue", "vnet_hdr", "user", "\(geteuid())")
      Surroundings.run("ip", "link", "set", "sp-a", "up", "mtu", "1450")
      let dropped = PinnedThread.dropCapabilities()
      let device = try TapDevice.open(TapRequest(name: "sp-a", queues: 2, mtu: 1450))
      device.close()
      let refusal = #expect(throws: DeviceError.self) { try TapDevice.open(TapRequest(name: "sp-b", queues: 1)) }
      return (device, refusal, dropped)
    }
    #expect(dropped)
    #expect(device.mtu == 1450)
    #expect(!device.isNew)
    #expect(refusal == .notPermitted(device: "sp-b", step: "ioctl(TUNSETIFF)"))
    #expect(refusal?.description.contains("CAP_NET_ADMIN") == true)
  }

  @Test func `that is in use, or is something else, is refused with what to do`() throws {
    let (busy, mismatch) = try Surroundings.inPrivateNetwork {
      let holder = try TapDevice.open(TapRequest(name: "sp-a", queues: 1))
      defer { holder.close() }
      let busy = #expect(throws: DeviceError.self) { try TapDevice.open(TapRequest(name: "sp-a", queues: 1)) }
      let mismatch = #expect(throws: DeviceError.self) { try TapDevice.open(TapRequest(name: "lo", queues: 2)) }
      return (busy, mismatch)
    }
    guard case .busy(device: "sp-a", _, _) = busy else { throw Unexpected(error: busy) }
    guard case .mismatch(device: "lo", queues: 2) = mismatch else { throw Unexpected(error: mismatch) }
  }

  @Test func `is let go at once when its engine ends with reads outstanding`() throws {
    for _ in 0..<3 {
      let gone = try Surroundings.inPrivateNetwork {
        let device = try TapDevice.open(TapRequest(name: "sp-a", queues: 1))
        let region = try MemoryRegion(MemoryRequest(octets: 1 << 20, hugePages: false))
        do {
          guard Surroundings.allowsRings else {
            device.close()
            return unsafe if_nametoindex("sp-a") == 0
          }
          var ring = try IORing(entries: 64, completionEntries: 128)
          try ring.register(files: device.queueDescriptors)
          unsafe try ring.register(buffers: [UnsafeMutableRawBufferPointer(start: region.base, count: region.count)])
          for slot in 0..<32 {
            unsafe ring.read(file: 0, into: region.base + slot * 2048, count: 2048, buffer: 0, token: UInt64(slot))
          }
          ring.submit()
        }
        device.close()
        return unsafe if_nametoindex("sp-a") == 0
      }
      #expect(gone)
    }
  }
}

@Suite struct `A device's name and address` {
  @Test(arguments: ["", "a/b", "sixteen-octets-x", "with space"])
  func `cannot be what the kernel refuses`(_ name: String) {
    #expect(throws: DeviceError.badName(device: name)) { try TapDevice.open(TapRequest(name: name, queues: 1)) }
  }

  @Test func `derive one locally administered unicast address each`() {
    let addresses = ["sp-inside", "sp-outside", "sp-insidf"].map { TapDevice.gatewayAddress(for: $0) }
    #expect(Set(addresses).count == 3)
    for address in addresses {
      #expect(!address.isGroup)
      #expect(address.rawValue >> 41 & 1 == 1)
    }
    #expect(TapDevice.gatewayAddress(for: "sp-inside") == addresses[0])
  }

  @Test func `of a namespace that is not there say so`() {
    let request = TapRequest(name: "sp-a", queues: 1, networkNamespace: "no-such-namespace")
    let error = #expect(throws: DeviceError.self) { try TapDevice.open(request) }
    #expect(
      error
        == .namespace(device: "sp-a", path: "/run/netns/no-such-namespace", step: "open", code: ENOENT))
  }
}

private struct Unexpected: Error {
  let error: DeviceError?
}

extension String {
  /// The interface's number, which stands before the first colon, and the word behind `mark`.
  fileprivate func numberAndWord(after mark: String) -> String {
    let words = split(separator: " ")
    let word = words.firstIndex { $0 == mark }.map { words[$0 + 1] } ?? "?"
    return "\(prefix { $0 != ":" }) \(word)"
  }
}
