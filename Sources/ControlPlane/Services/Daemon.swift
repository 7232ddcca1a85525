package import Configuration
import Dataplane
import Forwarding
package import Logging
import ServiceLifecycle
import Translation
import UnixSignals

/// The daemon: a configuration turned into a running gateway and the services around it.
package struct Daemon: Sendable {
  let configuration: GatewayConfiguration
  /// The file that the configuration is from, which a reload reads again.
  let path: String
  let logger: Logger

  package init(_ configuration: GatewayConfiguration, path: String, logger: Logger) {
    self.configuration = configuration
    self.path = path
    self.logger = logger
  }

  /// Runs until SIGTERM or SIGINT. Throws when the gateway cannot start, or a service fails.
  package func run() async throws {
    // The socket comes first: a second daemon must find out before it touches the devices of the first.
    let socket = try ListeningSocket(path: configuration.controlSocket)
    let gateway: Gateway
    do {
      gateway = try Gateway.start(DataplanePlan(configuration)) { [logger] notice in logger.notice("\(notice)") }
    } catch {
      socket.abandon()
      throw error
    }
    announce(gateway)
    let exporter = ExportService(gateway, configuration: configuration, logger: logger)
    let view = LiveGateway(gateway, configuration: configuration, path: path, exporter: exporter)
    // They end in the reverse order: nobody asks a dataplane that has stopped.
    let services: [any Service] = [
      DataplaneService(gateway, logger: logger), exporter, WatchService(view, logger: logger),
      HangupService(view, logger: logger), ControlSocketService(socket, view: view, logger: logger),
    ]
    let early = ServiceGroupConfiguration.ServiceConfiguration(
      service: EarlySignals(), successTerminationBehavior: .gracefullyShutdownGroup)
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: services.map { ServiceGroupConfiguration.ServiceConfiguration(service: $0) } + [early],
        gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
    try await group.run()
    logger.notice("sallyportd has ended")
  }

  private func announce(_ gateway: Gateway) {
    for worker in gateway.workers {
      logger.info("worker \(worker.index) on core \(worker.core), node \(worker.node), \(worker.pageKind)")
    }
    for slowPath in gateway.slowPaths {
      logger.info("slow path \(slowPath.index) on \(slowPath.core.map { "core \($0)" } ?? "any core")")
    }
    let unbuilt = GatewaySwitches.notBuilt(configuration.translation.services)
    if !unbuilt.isEmpty {
      logger.notice("this version has no gateway for: \(unbuilt.joined(separator: ", "))")
    }
    for device in gateway.devices {
      let frames = "MTU \(device.mtu), offload \(device.offload), steering \(device.steering)"
      logger.info("device \(device.name): \(device.queues) queues, \(frames)")
    }
    logger.notice(
      "sallyportd forwards with \(gateway.workers.count) worker(s) and \(gateway.interfaces.count) interface(s)")
  }
}
