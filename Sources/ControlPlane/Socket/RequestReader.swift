import NIOCore

/// Collects a client's request, however it arrives, and hands it on once: the first line, or why there is none.
///
/// What a client sends beyond its request is read and thrown away, so that nothing it sends takes memory.
final class RequestReader: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = Result<[UInt8], Request.Malformation>

  private let timeout: TimeAmount
  private var octets: [UInt8] = []
  private var isDone = false
  private var deadline: Scheduled<Void>?

  init(timeout: TimeAmount) { self.timeout = timeout }

  func handlerAdded(context: ChannelHandlerContext) {
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    deadline = context.eventLoop.scheduleTask(in: timeout) {
      let (reader, context) = bound.value
      reader.finish(.failure(.timedOut), context)
    }
  }

  func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isDone else { return }
    let more = unwrapInboundIn(data).readableBytesView
    if let newline = more.firstIndex(of: UInt8(ascii: "\n")) {
      octets.append(contentsOf: more[..<newline])
      finish(octets.count < Request.maximumSize ? .success(octets) : .failure(.tooLong), context)
    } else if octets.count + more.count >= Request.maximumSize {
      finish(.failure(.tooLong), context)
    } else {
      octets.append(contentsOf: more)
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .some(.inputClosed) = event as? ChannelEvent { finish(.failure(.incomplete), context) }
    context.fireUserInboundEventTriggered(event)
  }

  func channelInactive(context: ChannelHandlerContext) {
    finish(.failure(.incomplete), context)
    context.fireChannelInactive()
  }

  private func finish(_ result: InboundOut, _ context: ChannelHandlerContext) {
    guard !isDone else { return }
    isDone = true
    octets = []
    deadline?.cancel()
    context.fireChannelRead(wrapInboundOut(result))
    context.fireChannelReadComplete()
  }
}
