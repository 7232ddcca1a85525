import CReference
import Translation
import WireFormats

/// What the doors of calls take at the worker: one for a stream with its RTCP, held for its call. Their mappings are
/// records of the tables that a start makes room for, and are counted there.
enum CallDoors {
  private static let doorsPerHost = 2_000

  /// Octets a door of the worker's memory.
  static func octets(doors: Int) throws -> Double {
    // A pool that is large enough for hosts to have ports in a row.
    var scene = try ControlScene(sessions: 16 * doors, looks: false)
    let parents = try (0..<(doors + doorsPerHost - 1) / doorsPerHost).map { number in
      let flow = Flow(number: number * Network.flowsPerHost)
      guard let session = scene.admit(flow, port: ControlScene.controlPort) else {
        throw BenchmarkError.wrong("no control session")
      }
      return session
    }
    let before = sp_allocated_octets()
    for number in 0..<doors {
      let parent = parents[number / doorsPerHost]
      let request = DoorRequest(
        parent: parent.id, gateway: parent.record.gateway, direction: .inbound, protocol: .udp,
        insideLocal: parent.record.insideLocal, insideLocalPort: UInt16(20_000 + number % doorsPerHost * 2), count: 2,
        parity: .even, lifetime: 3_600, isSingleUse: false, outlivesParent: true)
      guard case .granted = scene.gateway.translator.perform(.open(request), now: scene.gateway.now) else {
        throw BenchmarkError.wrong("a door was refused")
      }
    }
    return Double(sp_allocated_octets() - before) / Double(doors)
  }
}
