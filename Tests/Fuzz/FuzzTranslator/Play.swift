import Forwarding
import Glibc
import TestSupport
import Translation
import WireFormats

/// One input's way through a gateway: packets that are nearly right, packets that are not, answers, errors, time that
/// passes, tables that are cleared, rules that give way to others, and runs that take up what another leaves.
struct Play {
  private var reader: InputReader
  private let scenes: Scenes
  /// The rules in force.
  private var setup: TestSetup
  private var gateway: TestGateway
  /// The last packet that left, which answers and errors speak of, and where it did.
  private var left: (packet: SentPacket, interface: InterfaceID)?
  /// The last packet that came in.
  private var entered: SentPacket?

  private static let insiders: [Host] = [.alice, .bob, .inside(0)]
  private static let outsiders: [Host] = [.carol, .dave, .mallory]
  /// Steps of one input, so that no input takes long.
  private static let maximumSteps = 64
  /// The same for every play, since neighbours only come.
  private static let neighbors = NeighborTable()

  init(_ input: [UInt8]) {
    reader = InputReader(input)
    scenes = Scenes(reader.next())
    let number = reader.next()
    setup = scenes.setup(number)
    gateway = scenes.gateway(number, neighbors: Self.neighbors)
    for host in Self.insiders {
      for place in [Place.inside, Place.red] { gateway.introduce(host, at: place) }
    }
    for host in [Host.carol, .router] { gateway.introduce(host, at: Place.outside) }
    if setup.redHasOutside { gateway.introduce(.router, at: Place.redOutside) }
  }

  /// Performs the play; stops the process where something is wrong.
  mutating func perform() {
    for _ in 0..<Self.maximumSteps where !reader.isAtEnd { step() }
    check(gateway.problems())
    gateway.clear()
    gateway.advance(seconds: 100_000)
    check(gateway.problems() + gateway.remains())
  }

  private mutating func step() {
    switch reader.next() % 15 {
    case 0, 1, 2: goOut()
    case 3, 4: comeIn()
    case 5, 6: answer()
    case 7:
      let error = reader.error(from: reader.pick(Self.outsiders).address, to: insideAddress(), about: left?.packet)
      send(error, by: outside(), isWhole: true)
    case 8:
      let error = reader.error(from: reader.pick(Self.insiders).address, to: outsideAddress(), about: entered)
      send(error, by: inside(), isWhole: true)
    case 9: send(reader.raw(), by: inside())
    case 10: send(reader.raw(), by: outside())
    case 11: gateway.advance(seconds: UInt32(reader.next()))
    case 12: gateway.clear()
    case 13: changeRules()
    default: restart()
    }
  }

  // MARK: Rules and runs

  /// Other rules take the place of those in force.
  private mutating func changeRules() {
    setup = scenes.setup(reader.next())
    let before = gateway.sessions.count
    // The routes are the same, and cost more than all the rest.
    let next = Policy(
      interfaces: setup.interfaces, routes: gateway.policy.routes, translation: setup.translation, book: &gateway.book,
      replacing: gateway.policy)
    let result = gateway.reload(next)
    check(gateway.problems())
    precondition(result.kept + result.ended == before, "a reload lost count of \(before) sessions: \(result)")
    precondition(gateway.sessions.count == result.kept, "a session was ended that is still there")
  }

  /// Another run, perhaps of another number of workers, takes up what this one leaves.
  private mutating func restart() {
    setup.workers = 1 + Int(reader.next() % 3)
    let next = scenes.gateway(setup, gateway.policy, Self.neighbors)
    next.book = gateway.book
    next.tick(seconds: gateway.now - next.now)
    let taken = next.takeUp(gateway.regions)
    precondition(taken.sessions == next.sessions.count, "\(taken) were taken up, which are not there")
    precondition(taken.sessions <= gateway.sessions.count, "more was taken up than there was")
    gateway = next
    check(gateway.problems())
  }

  // MARK: What is sent

  /// A packet from inside, by either of the instances.
  private mutating func goOut() {
    let (frame, isWhole) = reader.frame(from: reader.pick(Self.insiders), to: outsideAddress())
    send(frame, by: inside(), isWhole: isWhole)
  }

  private mutating func comeIn() {
    let (frame, isWhole) = reader.frame(from: reader.pick(Self.outsiders), to: insideAddress())
    send(frame, by: outside(), isWhole: isWhole)
  }

  private mutating func answer() {
    guard let left else { return }
    let answer = reader.answer(to: left.packet)
    send(answer.frame(), by: left.interface, isWhole: true)
  }

  private mutating func inside() -> InterfaceID { reader.pick([Place.inside, Place.inside, Place.red]) }

  private mutating func outside() -> InterfaceID {
    setup.redHasOutside ? reader.pick([Place.outside, Place.redOutside]) : Place.outside
  }

  private mutating func outsideAddress() -> IPv4Address {
    reader.pick([
      Host.carol.address, Host.mallory.address, Place.outsideAddress, Place.bobGlobal, Place.insideAddress,
      TestSetup.carolLocal, TestSetup.outsideLocals.lowerBound, TestSetup.redGlobal, TestSetup.virtualHost,
      left?.packet.sourceAddress ?? Host.dave.address,
    ])
  }

  private mutating func insideAddress() -> IPv4Address {
    reader.pick([
      Place.outsideAddress, Place.bobGlobal, Place.pool.lowerBound, Host.alice.address, TestSetup.redGlobal,
      TestSetup.virtualHost,
    ])
  }

  // MARK: Judgement

  private mutating func send(_ frame: Frame, by interface: InterfaceID, isWhole: Bool = false) {
    let outward = interface == Place.inside || interface == Place.red
    let outcome = gateway.send([frame], by: interface, at: Int(reader.next()) % gateway.workers)[0]
    if case .undecided = outcome { preconditionFailure("a packet has no verdict") }
    guard let packet = outcome.packet, let exit = outcome.interface else { return }
    if isWhole { check(packet.checksumProblems) }
    switch exit {
    case Place.outside, Place.redOutside:
      // Every inside host of the play is under a rule, so none may be seen outside, whatever its packet was.
      precondition(!outward || packet.sourceAddress.rawValue >> 8 != 0x0A0A0A, "an inside address left")
      if outward { left = (packet, exit) }
    default: if !outward { entered = packet }
    }
  }

  private func check(_ problems: [String]) {
    guard problems.isEmpty else {
      for problem in problems { print(problem) }
      // A trap loses what is still in the buffer.
      fflush(nil)
      preconditionFailure("the state does not hold")
    }
  }
}
