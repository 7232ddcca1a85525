/// The kinds of conversations that are played, by what their links do to them.
package enum ConversationKind: CaseIterable, Sendable {
  case goodLinks
  case losses
  case repetitionAndReordering
  case cutsAndOverlaps
  case everyTrouble
  /// Messages far longer than a window.
  case longMessages

  private var trouble: Simulation.Trouble {
    switch self {
    case .goodLinks: Simulation.Trouble()
    case .losses: Simulation.Trouble(loss: 8)
    case .repetitionAndReordering: Simulation.Trouble(repetition: 10, reordering: 30)
    case .cutsAndOverlaps: Simulation.Trouble(loss: 2, cutting: 60)
    case .everyTrouble: Simulation.Trouble(loss: 5, repetition: 10, reordering: 20, cutting: 30)
    case .longMessages: Simulation.Trouble(loss: 1, reordering: 5)
    }
  }

  /// Plays one conversation; answers what is wrong, or nil.
  package func play(seed: UInt64) -> String? {
    let isLong = self == .longMessages
    let own = UInt64(Self.allCases.firstIndex(of: self) ?? 0)
    var simulation = Simulation(
      seed: seed &* 8 &+ own, octets: isLong ? 150_000 : 6_000, trouble: trouble, longestMessage: isLong ? 60_000 : 300)
    return simulation.play()
  }
}
