import Translation
import WireFormats

extension TestGateway {
  /// What is still counted or claimed, one sentence each: for a gateway whose sessions have all ended and timed out,
  /// nothing but the ports of static entries may be.
  package func remains() -> [String] {
    var problems: [String] = []
    func expectNone(_ count: Int, _ what: String) {
      if count != 0 { problems.append("\(count) \(what) remain") }
    }
    expectNone(sessions.count, "sessions")
    expectNone(Int(total(.mappings)), "mappings")
    expectNone(limit.usage.used, "places of the total")
    expectNone(limit.used(instance: Place.redInstance), "places of the instance")
    for list in 0..<15 { expectNone(limit.used(list: list), "places of list \(list)") }
    expectNone(bindings.count, "bindings of outside hosts")
    for address in 0..<ports.addressCount {
      expectNone(ports.hosts(address: address), "hosts of address \(address)")
      expectNone(Int(ports.addressOwner(address)), "as the owner of address \(address)")
      for set in 0..<PortMap.maximumSets where ports.setOwner(address: address, index: set) != 0 {
        problems.append("set \(set) of address \(address) remains")
      }
    }
    return problems
  }
}
