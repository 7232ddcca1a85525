/// Why a capture cannot be read.
package enum CaptureError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The first octets are those of no format that is understood.
  case unknownFormat
  /// The headers break off.
  case truncatedHeader
  /// A pcap file of a link type that is not understood.
  case linkType(UInt32)
  /// A block of a pcapng file has a length that cannot be; its place in the file.
  case malformedBlock(at: Int)
  /// A record of a pcap file says that it is longer than any packet; its place in the file.
  case malformedRecord(at: Int)

  package var description: String {
    switch self {
    case .unknownFormat: "neither a pcap nor a pcapng file"
    case .truncatedHeader: "the file ends within its header"
    case .linkType(let number):
      "link type \(number) is not understood; Ethernet, raw IP, Linux cooked and loopback are"
    case .malformedBlock(let place): "the pcapng block at octet \(place) has an impossible length"
    case .malformedRecord(let place): "the pcap record at octet \(place) has an impossible length"
    }
  }
}

/// One frame of a capture.
struct RecordedFrame: Sendable {
  /// Nanoseconds since 1970.
  var time: UInt64
  /// Nil for a link type that is not understood.
  var link: LinkType?
  /// Where the octets that were kept lie in the file.
  var octets: Range<Int>
}

/// Octets of the longest frame that is believed: more than any capture keeps.
let maximumFrame = 1 << 20
