package import Translation
import VirtualTCP

/// What a message waits for.
struct PendingOrder {
  enum Purpose {
    /// A door that the message at the head of this direction asked for.
    case door(Direction, DoorRequest)
    /// The session goes back to the fast path.
    case release
    /// Nothing depends on the answer.
    case notice
  }

  var session: SessionID
  var purpose: Purpose
}

/// Orders without an answer yet, oldest first.
struct PendingOrders {
  /// Microseconds after which an order counts as lost.
  static let patience: UInt64 = 1_000_000

  private var byNumber: [UInt32: PendingOrder] = [:]
  private var queue: [(number: UInt32, deadline: UInt64)] = []
  private var head = 0
  private var next: UInt32 = 1

  /// When the oldest is late.
  var earliest: UInt64? { head < queue.count ? queue[head].deadline : nil }

  /// The number under which an order goes out.
  mutating func add(_ order: PendingOrder, now: UInt64) -> UInt32 {
    let number = next
    next = next == .max ? 1 : next + 1
    byNumber[number] = order
    queue.append((number, now &+ Self.patience))
    return number
  }

  mutating func take(_ number: UInt32) -> PendingOrder? {
    defer { dropSettled() }
    return byNumber.removeValue(forKey: number)
  }

  mutating func takeLate(now: UInt64) -> PendingOrder? {
    dropSettled()
    guard head < queue.count, queue[head].deadline <= now else { return nil }
    let number = queue[head].number
    head += 1
    return byNumber.removeValue(forKey: number)
  }

  private mutating func dropSettled() {
    while head < queue.count, byNumber[queue[head].number] == nil { head += 1 }
    if head > 1024, head * 2 > queue.count {
      queue.removeFirst(head)
      head = 0
    }
  }
}

extension GatewayEngine {
  /// Sends an order to the worker that owns a session.
  mutating func send(_ order: SessionOrder, about session: SessionID, for purpose: PendingOrder.Purpose, now: UInt64) {
    let number = orders.add(PendingOrder(session: session, purpose: purpose), now: now)
    put(.order(number: number, worker: session.worker, order))
  }

  /// Does something about a door that no session need be there for.
  mutating func perform(_ duty: DoorDuty, now: UInt64) {
    let (worker, order): (UInt8, SessionOrder) =
      switch duty {
      case .activate(let door): (door.worker, .activate(door))
      case .close(let door): (door.worker, .close(door))
      case .extend(let door, let seconds): (door.worker, .extend(door, seconds: seconds))
      case .closeEarlier(let named, let worker): (worker, .closeEarlier(named))
      }
    let nobody = SessionID(worker: worker, number: .max, created: 0)
    let number = orders.add(PendingOrder(session: nobody, purpose: .notice), now: now)
    put(.order(number: number, worker: worker, order))
  }

  /// The worker's answer to an order.
  package mutating func answered(_ number: UInt32, _ answer: OrderAnswer, now: UInt64) {
    guard let order = orders.take(number) else {
      // It came after its time: what waited has gone on without, so a door is of no use any more.
      if case .granted(let grant) = answer { put(.order(number: 0, worker: grant.door.worker, .close(grant.door))) }
      return
    }
    settle(order, answer, now: now)
  }

  mutating func settle(_ order: PendingOrder, _ answer: OrderAnswer, now: UInt64) {
    switch order.purpose {
    case .door(let direction, let request):
      if let stream = streams[order.session] {
        stream[direction].answers.append(DoorAnswer(request, answer))
        stream[direction].isParked = false
        stream.connection.wait(false, direction, now: now)
        advance(stream, now: now)
      } else if let datagram = datagrams[order.session] {
        datagram.answers.append(DoorAnswer(request, answer))
        datagram.isParked = false
        advance(datagram, now: now)
      } else if case .granted(let grant) = answer {
        // Who asked for it is gone, and a door that outlives its session would stay.
        perform(.close(grant.door), now: now)
      }
    case .release:
      if case .done = answer {
        // What has come meanwhile has no other way out than this one.
        flush(now: now)
        ended(order.session)
      } else if let stream = streams[order.session] {
        stream.isReleasing = false
      } else if let datagram = datagrams[order.session] {
        datagram.isReleasing = false
      }
    case .notice: break
    }
  }
}
