/// Why a region of an earlier run cannot be taken up.
package enum RegionError: Error, Hashable, Sendable {
  /// It is no region, or not even a header long.
  case notARegion
  /// Another version wrote it.
  case version(UInt32)
  /// Its header was not written whole, or has been changed.
  case checksum
  /// Its records have other sizes than this version's, in octets.
  case recordSizes(session: UInt32, mapping: UInt32)
  /// Its tables do not fit into it.
  case bounds
  /// It ends before its tables do.
  case truncated(octets: Int, of: UInt64)
  /// Its clock stands beyond any time that a gateway can have run.
  case clock(tick: UInt32)
}

extension RegionError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notARegion: "it is no table of Sallyport's"
    case .version(let version):
      "version \(version) wrote it, and this one takes up version \(RegionIdentity.currentVersion)"
    case .checksum: "its header is damaged"
    case .recordSizes(let session, let mapping):
      "its records have \(session) and \(mapping) octets, this version's "
        + "\(MemoryLayout<SessionRecord>.stride) and \(MemoryLayout<MappingRecord>.stride)"
    case .bounds: "its tables do not fit into it"
    case .truncated(let octets, let size): "it has \(octets) octets of \(size)"
    case .clock(let tick): "its clock stands at \(tick) s"
    }
  }
}
