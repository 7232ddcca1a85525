package import Translation

// What a run leaves behind, and what the next makes of it.

extension TestGateway {
  /// A copy of each worker's region as it stands: what a process that is killed now leaves.
  package var regions: [RegionImage] {
    (0..<workers).map { worker in
      unsafe translators[worker].note(RegionTime(tick: now, sinceBoot: UInt64(now) * 1_000_000_000))
      let octets = unsafe UnsafeRawBufferPointer(start: memory[1 + worker], count: layout.size)
      return RegionImage(unsafe Array(octets))
    }
  }

  /// Lets every worker take up what belongs to it of an earlier run's regions; regions that are none count nothing.
  @discardableResult
  package func takeUp(_ images: [RegionImage]) -> TakenUp {
    var sum = TakenUp()
    for worker in 0..<workers {
      for image in images {
        guard let region = try? RegionReader(image.bytes) else { continue }
        unsafe sum += translators[worker].takeUp(region, now: now)
      }
    }
    return sum
  }

  /// Replaces the rules, as a reload does it; sessions whose rule no longer stands end.
  package func reload(_ next: Policy) -> Reconciled {
    next.reserveStaticPorts(in: ports)
    var result = Reconciled()
    var old: Policy?
    for worker in 0..<workers {
      old = unsafe translators[worker].adopt(next)
      var cursor: UInt32? = 0
      while let from = cursor {
        cursor = unsafe translators[worker].reconcile(from: from, slice: 64, into: &result)
      }
      cursor = 0
      while let from = cursor { cursor = unsafe translators[worker].reconcileDoors(from: from, slice: 64) }
      cursor = 0
      while let from = cursor { cursor = unsafe translators[worker].reconcileMappings(from: from, slice: 64) }
    }
    policy = next
    next.reserveStaticPorts(in: ports)
    old?.releaseStaticPorts(in: ports, keeping: next)
    return result
  }
}
