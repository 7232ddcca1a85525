import TestSupport
import Testing
import WireFormats

@testable import Translation

@Suite struct `The header of a region` {
  private static func image() -> RegionImage {
    let gateway = TestGateway(.overloadedPool.with { $0.sessionsPerWorker = 16 })
    _ = gateway.sendOut(.udp(from: Host.alice.at(5000), to: Host.carol.at(53)))
    return gateway.regions[0]
  }

  private static func refusal(_ image: RegionImage) -> RegionError? {
    do throws(RegionError) {
      _ = try RegionReader(image.bytes)
      return nil
    } catch {
      return error
    }
  }

  private static func refusal(_ change: (inout RegionImage) -> Void) -> RegionError? {
    var image = image()
    change(&image)
    return refusal(image)
  }

  @Test func `is accepted as it was written, and its checksum is the one that the format says`() {
    #expect(Self.refusal { _ in } == nil)
    #expect(Self.refusal { $0.seal() } == nil)
  }

  @Test func `of another version is refused by its number, whatever else stands there`() {
    #expect(Self.refusal { $0.set(1, at: RegionImage.version, 4) } == .version(1))
    #expect(Self.refusal { $0.set(99, at: RegionImage.version, 4) } == .version(99))
  }

  @Test func `is refused when any bit of it is another`() {
    let image = Self.image()
    for bit in 0..<RegionImage.identitySize * 8 {
      var damaged = image
      damaged.octets[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(Self.refusal(damaged) != nil, "bit \(bit)")
    }
    #expect(Self.refusal { $0.set(0, at: RegionImage.checksum, 8) } == .checksum)
  }

  @Test func `is no region when it is something else`() {
    #expect(Self.refusal(RegionImage([])) == .notARegion)
    #expect(Self.refusal(RegionImage(Array(repeating: 0, count: 100_000))) == .notARegion)
    #expect(Self.refusal(RegionImage(Array(Self.image().octets.prefix(4095)))) == .notARegion)
  }

  @Test func `that promises more than is there is refused`() {
    let size = Self.image().octets.count
    #expect(Self.refusal { $0.octets.removeLast() } == .truncated(octets: size - 1, of: UInt64(size)))
    for (place, value) in [
      (RegionImage.sessionCapacity, UInt64(UInt32.max)), (RegionImage.mappingCapacity, UInt64(size)),
    ] {
      #expect(Self.refusal { ($0.set(value, at: place, 4), $0.seal()).1 } == .bounds)
    }
    for place in [RegionImage.sessionsOffset, RegionImage.mappingsOffset] {
      for value in [UInt64.max, UInt64.max - 63, UInt64(size), 0] {
        #expect(Self.refusal { ($0.set(value, at: place, 8), $0.seal()).1 } == .bounds)
      }
    }
  }

  @Test func `with records of another size is refused with the sizes`() {
    let refusal = Self.refusal { ($0.set(72, at: RegionImage.sessionSize, 4), $0.seal()).1 }
    #expect(refusal == .recordSizes(session: 72, mapping: 32))
  }

  @Test func `whose clock cannot be is refused`() {
    #expect(Self.refusal { $0.set(0x8000_0000, at: RegionImage.tick, 4) } == .clock(tick: 0x8000_0000))
  }

  @Test func `cannot make the reader look beyond the tables`() throws {
    var image = Self.image()
    image.set(UInt64(UInt32.max), at: RegionImage.sessionsHighWater, 4)
    image.set(UInt64(UInt32.max), at: RegionImage.mappingsHighWater, 4)
    let reader = try RegionReader(image.bytes)
    #expect(reader.sessionLimit == 16)
    for number in [UInt32(16), 17, 1 << 30, .max] {
      #expect(reader.session(number) == nil)
      #expect(reader.mapping(number == 16 ? reader.mappingLimit : number) == nil)
    }
  }

  @Test func `goes on counting while nobody is there, but not over a boot`() throws {
    let boot = BootIdentity(high: 7, low: 8)
    let layout = ShardLayout(sessions: 16)
    let memory = UnsafeMutableRawPointer.allocate(byteCount: layout.size, alignment: 64)
    defer { unsafe memory.deallocate() }
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: layout.size)
    let shard = unsafe Shard(memory: memory, layout: layout, seed: (1, 2), worker: 0, workers: 1, boot: boot)
    shard.note(RegionTime(tick: 500, sinceBoot: 40_000_000_000))
    let image = unsafe RegionImage(Array(UnsafeRawBufferPointer(start: memory, count: layout.size)))
    let reader = try RegionReader(image.bytes)
    #expect(reader.boot == boot)
    #expect(reader.tick(in: boot, sinceBoot: 40_000_000_000) == 500)
    #expect(reader.tick(in: boot, sinceBoot: 100_900_000_000) == 560)
    #expect(reader.tick(in: boot, sinceBoot: 1) == 500)
    #expect(reader.tick(in: boot, sinceBoot: .max) == UInt32.max / 2)
    #expect(reader.tick(in: BootIdentity(high: 7, low: 9), sinceBoot: 100_000_000_000) == 500)
  }
}
