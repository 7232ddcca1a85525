import Configuration
import Dataplane
import Forwarding
import Glibc
import Logging
import Testing
import Translation
import WireFormats

@testable import ControlPlane

@Suite struct `The watch over refusals` {
  private func worker(_ drops: [DropReason: UInt64], _ refusal: WorkerStatus.Refusal? = nil) -> WorkerStatus {
    WorkerStatus(index: 0, core: 0, engine: "", pageKind: "", drops: drops, lastRefusal: refusal)
  }

  private var configuration: GatewayConfiguration {
    var configuration = GatewayConfiguration()
    configuration.translation.dynamicRules = [
      DynamicRule(accessList: "10", source: .pool("P"), overload: true),
      DynamicRule(accessList: "20", source: .interface(InterfaceID(rawValue: 0)), overload: true),
    ]
    configuration.interfaces = [
      NetworkInterface(
        id: InterfaceID(rawValue: 0), name: "outside0", device: 0, hardwareAddress: .zero, address: nil,
        prefixLength: 0)
    ]
    return configuration
  }

  @Test func `says what IOS says when a pool is exhausted, once for many hosts`() {
    let alice = IPv4Address("10.10.10.10")!
    var watch = RefusalWatch()
    #expect(watch.look(at: [worker([:])], of: configuration).isEmpty)
    let refused = worker([.portsExhausted: 1], .init(host: alice, rule: 0, reason: .portsExhausted))
    #expect(
      watch.look(at: [worker([:]), refused], of: configuration) == [
        "%IPNAT-4-ADDR_ALLOC_FAILURE: Address allocation failed for 10.10.10.10, pool P might be exhausted"
      ])
    #expect(watch.look(at: [worker([:]), refused], of: configuration).isEmpty, "nothing new, no line")
    let more = worker(
      [.portsExhausted: 101, .addressesExhausted: 1], .init(host: alice, rule: 1, reason: .portsExhausted))
    #expect(
      watch.look(at: [worker([:]), more], of: configuration) == [
        "%IPNAT-4-ADDR_ALLOC_FAILURE: Address allocation failed for 10.10.10.10, interface outside0 might be "
          + "exhausted (and 99 more since the last line)",
        "addresses-exhausted: " + DropReason.addressesExhausted.sentence,
      ])
  }

  @Test func `names the host that found the session table full`() {
    var watch = RefusalWatch()
    let refusal = WorkerStatus.Refusal(host: IPv4Address("10.10.10.11")!, rule: 0, reason: .sessionsExhausted)
    #expect(
      watch.look(at: [worker([.sessionsExhausted: 3], refusal)], of: configuration) == [
        "sessions-exhausted: \(DropReason.sessionsExhausted.sentence) The last host was 10.10.10.11."
          + " (and 2 more since the last line)"
      ])
    #expect(watch.look(at: [worker([.sessionsExhausted: 3, .filtered: 9])], of: configuration).isEmpty)
    let limited = WorkerStatus.Refusal(host: IPv4Address("10.10.10.12")!, rule: 0, reason: .hostSessionsExhausted)
    #expect(
      watch.look(at: [worker([.sessionsExhausted: 3, .hostSessionsExhausted: 1], limited)], of: configuration) == [
        "host-sessions-exhausted: \(DropReason.hostSessionsExhausted.sentence) The last host was 10.10.10.12."
      ])
  }
}

@Suite struct `The log` {
  @Test func `begins lines with a priority for the journal, with the time elsewhere`() {
    let journal = StandardErrorLog(isJournal: true)
    #expect(journal.line(level: .warning, message: "two\nlines", metadata: [:]) == "<4>two lines\n")
    #expect(journal.line(level: .debug, message: "m", metadata: ["b": "2", "a": "1"]) == "<7>m a=1 b=2\n")
    let terminal = StandardErrorLog(isJournal: false)
    #expect(
      terminal.line(level: .notice, message: "started", metadata: [:], now: 1_700_000_000)
        == "2023-11-14T22:13:20Z notice started\n")
  }

  @Test func `writes a line for each event of its level and above`() throws {
    var ends: [Int32] = [0, 0]
    #expect(unsafe pipe(&ends) == 0)
    defer { for end in ends { close(end) } }
    let writing = ends[1]
    var logger = Logger(label: "test") { _ in
      StandardErrorLog(isJournal: true, level: .notice, descriptor: writing)
    }
    logger[metadataKey: "who"] = "alice"
    logger.info("not this")
    logger.error("this", metadata: ["what": "that"])
    var octets = [UInt8](repeating: 0, count: 100)
    let count = unsafe read(ends[0], &octets, 100)
    #expect(String(decoding: octets[..<count], as: UTF8.self) == "<3>this what=that who=alice\n")
  }
}

@Suite struct `The dataplane's plan` {
  @Test func `says what the configuration says`() {
    var configuration = GatewayConfiguration()
    configuration.dataplane.workerCores = [2, 3]
    configuration.dataplane.ringEntries = 1024
    configuration.dataplane.burst = 32
    configuration.dataplane.poll = .interrupt
    configuration.dataplane.offload = .none
    configuration.dataplane.memory = .ordinary
    configuration.dataplane.stateDirectory = "/dev/shm/s"
    configuration.devices = [
      DeviceSettings(name: "sp-inside", networkNamespace: "alice", persistent: true, mtu: 9000),
      DeviceSettings(name: "sp-outside"),
    ]
    configuration.translation.maximumEntries = 77
    let plan = DataplanePlan(configuration)
    #expect(plan.workerCores == [2, 3])
    #expect(plan.ringEntries == 1024)
    #expect(plan.burst == 32)
    #expect(plan.poll == .interrupt)
    #expect(plan.offload == .none)
    #expect(!plan.hugePages)
    #expect(plan.stateDirectory == "/dev/shm/s")
    #expect(plan.devices.map(\.name) == ["sp-inside", "sp-outside"])
    #expect(plan.devices.map(\.networkNamespace) == ["alice", nil])
    #expect(plan.devices.map(\.persistent) == [true, nil])
    #expect(plan.devices.map(\.mtu) == [9000, 1500])
    #expect(plan.devices.allSatisfy { $0.queues == 2 && $0.offload == .none })
    #expect(plan.translation == configuration.translation)
  }

  @Test func `puts a worker on every core there is when the configuration names none`() {
    let plan = DataplanePlan(GatewayConfiguration())
    #expect(!plan.workerCores.isEmpty)
    #expect(plan.workerCores == Array(Topology.availableCores.prefix(DataplaneSettings.maximumWorkers)))
    #expect(plan.poll == .adaptive)
    #expect(plan.hugePages)
    #expect(plan.offload == .gso)
  }
}
