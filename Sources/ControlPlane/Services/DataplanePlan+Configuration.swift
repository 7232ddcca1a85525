package import Configuration
package import Dataplane

extension DataplanePlan {
  /// What the dataplane needs of a configuration. One that names no cores gets a worker on every core that this process
  /// may run on.
  package init(_ configuration: GatewayConfiguration) {
    let settings = configuration.dataplane
    let cores =
      settings.workerCores.isEmpty
      ? Array(Topology.availableCores.prefix(DataplaneSettings.maximumWorkers)) : settings.workerCores
    let offload: OffloadFeatures = settings.offload == .gso ? .gso : .none
    let poll: PollMode =
      switch settings.poll {
      case .busy: .busy
      case .adaptive: .adaptive
      case .interrupt: .interrupt
      }
    self.init(
      workerCores: cores, ringEntries: settings.ringEntries, burst: settings.burst, poll: poll,
      offload: offload, hugePages: settings.memory == .hugePages, stateDirectory: settings.stateDirectory,
      devices: configuration.devices.map { device in
        TapRequest(
          name: device.name, queues: cores.count, offload: offload,
          persistent: device.persistent ? true : nil, mtu: Int(device.mtu), networkNamespace: device.networkNamespace)
      },
      interfaces: configuration.interfaces, routes: configuration.routes, translation: configuration.translation)
    algCores = settings.algCores
    engine = configuration.engineSettings
    ipv6Routes = configuration.ipv6Routes
  }
}
