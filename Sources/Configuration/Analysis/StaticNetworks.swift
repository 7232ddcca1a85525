import Forwarding
import WireFormats

/// The global sides of static entries of all ports, kept to find networks that other entries reach into. Entries are
/// numbers: their places in the configuration.
struct StaticNetworks {
  private struct Side {
    var instance: RoutingInstance
    var first: IPv4Address
    var last: IPv4Address
    var entry: Int32
  }

  private var sides: [Side] = []
  private var hasNetworks = false

  mutating func add(_ address: IPv4Address, _ length: UInt8, entry: Int, in instance: RoutingInstance) {
    if length < 32 { hasNetworks = true }
    let range = IPv4Prefix(containing: address, length: length).range
    sides.append(Side(instance: instance, first: range.lowerBound, last: range.upperBound, entry: Int32(entry)))
  }

  /// Entries whose global addresses an earlier one has, with that one. Two hosts are not among them: those are found
  /// by their addresses.
  var overlaps: [(later: Int, earlier: Int)] {
    guard hasNetworks else { return [] }
    let sorted = sides.sorted {
      ($0.instance.rawValue, $0.first, $0.entry) < ($1.instance.rawValue, $1.first, $1.entry)
    }
    guard var widest = sorted.first else { return [] }
    var result: [(later: Int, earlier: Int)] = []
    for next in sorted.dropFirst() {
      if next.instance == widest.instance, next.first <= widest.last {
        let (one, other) = (Int(next.entry), Int(widest.entry))
        result.append((later: max(one, other), earlier: min(one, other)))
      }
      if next.instance != widest.instance || next.last > widest.last { widest = next }
    }
    return result
  }
}
