import Forwarding
import WireFormats

/// The global sides of static entries of all ports, kept to find networks that other entries reach into.
struct StaticNetworks {
  private struct Side {
    var instance: RoutingInstance
    var first: IPv4Address
    var last: IPv4Address
    var entry: StaticDraft
  }

  private var sides: [Side] = []
  private var hasNetworks = false

  mutating func add(_ address: IPv4Address, _ length: UInt8, of entry: StaticDraft, in instance: RoutingInstance) {
    if length < 32 { hasNetworks = true }
    let range = IPv4Prefix(containing: address, length: length).range
    sides.append(Side(instance: instance, first: range.lowerBound, last: range.upperBound, entry: entry))
  }

  /// Entries whose global addresses an earlier one has, with that one. Two hosts are not among them: those are found
  /// by their addresses.
  var overlaps: [(second: StaticDraft, first: StaticDraft)] {
    guard hasNetworks else { return [] }
    let sorted = sides.sorted {
      ($0.instance.rawValue, $0.first, $0.entry.local.place) < ($1.instance.rawValue, $1.first, $1.entry.local.place)
    }
    guard var widest = sorted.first else { return [] }
    var result: [(second: StaticDraft, first: StaticDraft)] = []
    for next in sorted.dropFirst() {
      if next.instance == widest.instance, next.first <= widest.last {
        let isLater = next.entry.local.place > widest.entry.local.place
        result.append(isLater ? (next.entry, widest.entry) : (widest.entry, next.entry))
      }
      if next.instance != widest.instance || next.last > widest.last { widest = next }
    }
    return result
  }
}
