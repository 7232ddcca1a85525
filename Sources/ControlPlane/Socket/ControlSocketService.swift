package import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization

/// Serves the control socket until the daemon ends.
///
/// Each client has a task of its own, which holds one part of its answer at a time; a client that sends nothing, half a
/// request, or reads nothing, costs a descriptor and disturbs nobody.
package final class ControlSocketService: Service {
  /// What keeps clients within bounds.
  package struct Limits: Sendable {
    /// Clients at a time.
    package var clients = 64
    /// From connecting to a complete request.
    package var request = Duration.seconds(10)
    /// For which a client may leave a part of its answer unread: a listing may wait in a pager.
    package var stall = Duration.seconds(900)

    package init() {}
  }

  private let socket: ListeningSocket
  private let answering: Answering
  private let limits: Limits
  private let logger: Logger
  private let clients = Atomic<Int>(0)

  /// Serves a socket that listens already; requests wait until `run`.
  package init(_ socket: ListeningSocket, view: any GatewayView, limits: Limits = Limits(), logger: Logger) {
    self.socket = socket
    answering = Answering(view)
    self.limits = limits
    self.logger = logger
  }

  /// Serves until graceful shutdown or cancellation, then removes the socket file.
  package func run() async throws {
    defer { socket.remove() }
    // One thread moves all answers; the workers' cores are not for this.
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    do {
      let server = try await listen(on: group)
      logger.info("control socket \(socket.path) is open")
      await cancelWhenGracefulShutdown { await self.serve(server) }
    } catch {
      try? await group.shutdownGracefully()
      throw error
    }
    try await group.shutdownGracefully()
  }

  private typealias Client = NIOAsyncChannel<RequestReader.InboundOut, ByteBuffer>

  private func listen(on group: MultiThreadedEventLoopGroup) async throws -> NIOAsyncChannel<Client, Never> {
    let timeout = TimeAmount(limits.request)
    return try await ServerBootstrap(group: group)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .bind(NIOBSDSocket.Handle(socket.descriptor)) { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(RequestReader(timeout: timeout))
          return try Client(wrappingChannelSynchronously: channel)
        }
      }
  }

  private func serve(_ server: NIOAsyncChannel<Client, Never>) async {
    do {
      try await server.executeThenClose { arriving in
        try await withThrowingDiscardingTaskGroup { tasks in
          for try await client in arriving { tasks.addTask { await self.serve(client) } }
          tasks.cancelAll()
        }
      }
    } catch is CancellationError {
    } catch {
      logger.error("control socket \(socket.path): \(error)")
    }
  }

  /// One client, from its request to the end of its answer.
  private func serve(_ client: Client) async {
    let count = clients.add(1, ordering: .relaxed).newValue
    defer { clients.subtract(1, ordering: .relaxed) }
    let sink = ChannelSink(channel: client.channel, stall: TimeAmount(limits.stall))
    do {
      try await client.executeThenClose { inbound, _ in
        // A write that waits for its client does not notice cancellation, but it does notice that the channel closes.
        try await withTaskCancellationHandler {
          guard count <= limits.clients else {
            try await sink.send(.error("the control socket serves \(limits.clients) clients at a time"))
            return
          }
          try await converse(inbound, sink)
        } onCancel: {
          client.channel.close(promise: nil)
        }
      }
    } catch {
      logger.debug("a client left the control socket: \(error)")
    }
  }

  private func converse(_ inbound: NIOAsyncChannelInboundStream<RequestReader.InboundOut>, _ sink: ChannelSink)
    async throws
  {
    var requests = inbound.makeAsyncIterator()
    guard let line = try await requests.next() else { return }
    let request: Request
    do {
      request = try Request(line: line.get())
    } catch {
      try await sink.send(.error("\(error)"))
      return
    }
    let isEndless = request.words.first.map { "capture".hasPrefix($0.lowercased()) } ?? false
    guard isEndless else { return try await answering.answer(request, to: sink) }
    // A capture may have nothing to say for long: it ends when its client closes its side.
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask {
        defer { sink.channel.close(promise: nil) }
        try await self.answering.answer(request, to: sink)
      }
      while try await requests.next() != nil {}
      tasks.cancelAll()
    }
  }
}

/// The client's side of a connection.
private struct ChannelSink: AnswerSink {
  let channel: any Channel
  let stall: TimeAmount

  func send(_ frame: AnswerFrame) async throws {
    let closing = channel.eventLoop.scheduleTask(in: stall) { [channel] in channel.close(promise: nil) }
    defer { closing.cancel() }
    // The promise is kept when the kernel has taken every octet: that is the back pressure.
    try await channel.writeAndFlush(ByteBuffer(bytes: frame.octets)).get()
  }
}
