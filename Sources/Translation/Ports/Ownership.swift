package import Forwarding
package import WireFormats

/// Which worker a packet belongs to. The steering programs in the kernel compute the same two functions, so that
/// frames arrive at the right queue; a frame that does not is handed over.
package enum Ownership {
  /// Ports of one block, which all belong to one worker.
  package static let portsPerBlock = 64

  /// The worker of an inside host: one host, one worker, so that its pairing, its limits and its mappings have one
  /// writer.
  package static func worker(
    ofInside address: IPv4Address, in instance: RoutingInstance, of workers: Int
  ) -> Int {
    let seed = UInt32(instance.rawValue) &* 0x85EB_CA6B
    let hash = (address.rawValue ^ seed) &* 0x9E37_79B9
    return Int((hash >> 16) % UInt32(workers))
  }

  /// The worker that a port (or query identifier) of an inside global address belongs to unless another one took it
  /// to preserve an inside host's own port.
  package static func worker(ofPort port: UInt16, of workers: Int) -> Int {
    Int(port >> 6) % workers
  }
}
