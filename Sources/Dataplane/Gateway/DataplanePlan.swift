package import Forwarding
package import Gateways
package import Translation

/// Everything that the dataplane needs to start.
package struct DataplanePlan: Sendable {
  /// The cores to pin workers to, one worker each; 1 to `PortMap.maximumWorkers`.
  package var workerCores: [Int]
  /// Requests that a worker's engine takes between two submissions: a power of two, 64 to 4096.
  package var ringEntries: Int
  /// Frames of a burst, 1 to 64.
  package var burst: Int
  package var poll: PollMode
  package var offload: OffloadFeatures
  /// Whether tables and buffers should lie in huge pages.
  package var hugePages: Bool
  /// The tmpfs directory that the tables lie in, so that sessions outlive the daemon, as its devices then do too; nil
  /// for memory of the process.
  package var stateDirectory: String?
  /// The devices, one queue a worker.
  package var devices: [TapRequest]
  /// The layer-3 interfaces; an Ethernet address of zero stands for the device's own.
  package var interfaces: [NetworkInterface]
  package var routes: [Route]
  /// Static routes of IPv6.
  package var ipv6Routes: [IPv6Route] = []
  package var translation: TranslationConfiguration
  /// The cores to pin slow paths to, one each; without any there is one slow path that runs where the kernel likes.
  package var algCores: [Int] = []
  /// What gateways do; the offloads are the plan's.
  package var engine = EngineSettings()

  /// Slow paths.
  var slowPaths: Int { max(1, algCores.count) }

  /// What the engines are told.
  var engineSettings: EngineSettings {
    var settings = engine
    settings.superFrames = offload.contains(.tcp4)
    settings.superFramesIPv6 = offload.contains(.tcp6)
    settings.timeouts = translation.timeouts
    return settings
  }

  package init(
    workerCores: [Int] = [0], ringEntries: Int = 512, burst: Int = 64, poll: PollMode = .adaptive,
    offload: OffloadFeatures = .gso, hugePages: Bool = true, stateDirectory: String? = nil,
    devices: [TapRequest] = [], interfaces: [NetworkInterface] = [], routes: [Route] = [],
    translation: TranslationConfiguration = TranslationConfiguration()
  ) {
    self.workerCores = workerCores
    self.ringEntries = ringEntries
    self.burst = burst
    self.poll = poll
    self.offload = offload
    self.hugePages = hugePages
    self.stateDirectory = stateDirectory
    self.devices = devices
    self.interfaces = interfaces
    self.routes = routes
    self.translation = translation
  }
}

/// A device as it is in use.
package struct DeviceStatus: Sendable {
  package let name: String
  /// Where the kernel's end lives; nil for the gateway's own namespace.
  package let networkNamespace: String?
  /// The link's MTU in octets.
  package let mtu: Int
  package let queues: Int
  /// The offloads in force.
  package let offload: String
  /// How frames find their worker: `ebpf`, or `software` and why.
  package let steering: String
}

/// What the operator should know of the start, without its being an error.
package enum DataplaneNotice: Sendable, CustomStringConvertible {
  /// Tables or buffers do not lie in huge pages.
  case pages(worker: Int, note: String)
  /// Frames are not steered by the kernel.
  case steering(device: String, note: String)
  /// io_uring is not available; the worker reads and writes instead.
  case engine(worker: Int, note: String)
  /// Sessions of an earlier run go on; `skipped` have no place under the rules and limits of this one.
  case stateTakenUp(sessions: Int, skipped: Int, milliseconds: Int)
  /// A file of the state directory cannot be taken up.
  case stateRefused(path: String, why: String)

  package var description: String {
    switch self {
    case .pages(let worker, let note): "worker \(worker): \(note)"
    case .steering(let device, let note): "device \(device): \(note)"
    case .engine(let worker, let note): "worker \(worker): \(note); it reads and writes one frame a system call"
    case .stateTakenUp(let sessions, let skipped, let milliseconds):
      "\(sessions) sessions of an earlier run go on, \(skipped) have no place any more; taken up in \(milliseconds) ms"
    case .stateRefused(let path, let why): "\(path): the state of an earlier run is not taken up: \(why)"
    }
  }
}

/// Why the dataplane could not start.
package enum DataplaneError: Error, CustomStringConvertible {
  case device(DeviceError)
  case memory(MemoryError)
  case thread(ThreadError)
  case ring(RingError)
  /// The plan has no worker, too many, or a core twice.
  case workers(String)

  package var description: String {
    switch self {
    case .device(let error): "\(error.description)"
    case .memory(let error): "\(error.description)"
    case .thread(let error): "\(error.description)"
    case .ring(let error): "\(error.description)"
    case .workers(let sentence): sentence
    }
  }
}
