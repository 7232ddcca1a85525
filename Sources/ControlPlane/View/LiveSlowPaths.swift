import Dataplane
package import Gateways
package import Translation

/// What the running gateway says of its slow paths and of the doors that their gateways have opened.
extension LiveGateway {
  package var slowPaths: [SlowPathStatus] {
    gateway.slowPaths.map {
      SlowPathStatus(index: $0.index, core: $0.core, counters: $0.counters, ledger: $0.ledger)
    }
  }

  /// Every door is a gateway's.
  package var doors: DoorCount {
    let open = gateway.workers.reduce(0) { $0 &+ $1.counters.value(of: .doors) }
    return DoorCount(application: Int(clamping: open), normal: 0)
  }

  package func openDoors() async -> [DoorRow] {
    var rows: [DoorRow] = []
    for worker in gateway.workers {
      var cursor: UInt32? = 0
      while let start = cursor {
        let answer = await worker.ask { translator -> ([DoorRow], UInt32?) in
          var found: [DoorRow] = []
          let next = translator.listDoors(from: start, slice: Self.slice) { found.append($0) }
          return (found, next)
        }
        guard let (found, next) = answer else { break }
        rows += found
        cursor = next
      }
    }
    return rows
  }

  package func calls(of gateway: GatewayID, limit: Int) async -> [MemoryRow] {
    var rows: [MemoryRow] = []
    for slowPath in self.gateway.slowPaths where rows.count < limit {
      let rest = limit - rows.count
      rows += await slowPath.ask { $0.rows(of: gateway, limit: rest) } ?? []
    }
    return rows
  }

  package func connections(limit: Int) async -> [ConnectionRow] {
    var rows: [ConnectionRow] = []
    for slowPath in gateway.slowPaths where rows.count < limit {
      let rest = limit - rows.count
      rows += await slowPath.ask { $0.connections(limit: rest) } ?? []
    }
    return rows
  }
}
