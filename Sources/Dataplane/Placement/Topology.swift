import CKernel
import CNUMA

/// The cores and memory nodes of this machine, as far as this process may use them.
package enum Topology {
  /// The cores that the calling thread may run on, in ascending order. A container or `taskset` may allow fewer than
  /// the machine has.
  package static var availableCores: [Int] {
    var cores = [UInt32](repeating: 0, count: 8192)
    let found = unsafe sp_thread_cores(&cores, UInt32(cores.count))
    guard found > 0 else { return [] }
    return cores.prefix(Int(found)).map { Int($0) }
  }

  /// The number of memory nodes; 1 where the kernel does not say.
  package static var nodeCount: Int { Int(sp_numa_node_count()) }

  /// The node whose memory is nearest to `core`; 0 where the kernel does not say.
  package static func node(of core: Int) -> Int { Int(sp_numa_node_of_core(UInt32(core))) }
}
