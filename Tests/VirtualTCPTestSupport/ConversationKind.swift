/// The kinds of conversations that are played, by what their links do to them.
package enum ConversationKind: CaseIterable, Sendable {
  case goodLinks
  case losses
  case repetitionAndReordering
  case cutsAndOverlaps
  case everyTrouble
  /// Messages far longer than a window.
  case longMessages
  /// A resolver and a name server over IPv6, through the slow path's engine.
  case dnsOverIPv6

  private var trouble: Simulation.Trouble {
    switch self {
    case .goodLinks: Simulation.Trouble()
    case .losses: Simulation.Trouble(loss: 8)
    case .repetitionAndReordering: Simulation.Trouble(repetition: 10, reordering: 30)
    case .cutsAndOverlaps: Simulation.Trouble(loss: 2, cutting: 60)
    case .everyTrouble, .dnsOverIPv6: Simulation.Trouble(loss: 5, repetition: 10, reordering: 20, cutting: 30)
    case .longMessages: Simulation.Trouble(loss: 1, reordering: 5)
    }
  }

  /// Plays one conversation; answers what is wrong, or nil.
  package func play(seed: UInt64) -> String? {
    if self == .dnsOverIPv6 {
      // Each kind of trouble in turn.
      let links: [Self] = [.goodLinks, .losses, .repetitionAndReordering, .cutsAndOverlaps, .everyTrouble]
      var simulation = IPv6Simulation(seed: seed, trouble: links[Int(seed % UInt64(links.count))].trouble)
      return simulation.play()
    }
    let isLong = self == .longMessages
    let own = UInt64(Self.allCases.firstIndex(of: self) ?? 0)
    var simulation = Simulation(
      seed: seed &* 8 &+ own, octets: isLong ? 150_000 : 6_000, trouble: trouble, longestMessage: isLong ? 60_000 : 300)
    return simulation.play()
  }
}
