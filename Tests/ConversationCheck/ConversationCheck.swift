import VirtualTCPTestSupport

// conversation-check [COUNT] [SEED]: plays COUNT random conversations through virtual TCP, from SEED on: every kind in turn,
// but of a hundred one with long messages. Says what went wrong and ends with 1 if anything did.

#if canImport(Glibc)
  import Glibc
#endif

@main
enum ConversationCheck {
  static func main() {
    let arguments = CommandLine.arguments
    let count = arguments.count > 1 ? UInt64(arguments[1]) : 10_000
    let first = arguments.count > 2 ? UInt64(arguments[2]) : 1_000
    guard let count, let first else {
      print("conversation-check [COUNT] [SEED]")
      exit(64)
    }
    let kinds = ConversationKind.allCases.filter { $0 != .longMessages }
    var wrongs = 0
    for number in 0..<count {
      let seed = first &+ number
      let kind = number % 100 == 99 ? .longMessages : kinds[Int(number % UInt64(kinds.count))]
      guard let wrong = kind.play(seed: seed) else { continue }
      wrongs += 1
      print("\(kind), seed \(seed): \(wrong)")
      if wrongs == 20 { break }
    }
    print("\(count) conversations from seed \(first) on, \(wrongs) wrong")
    exit(wrongs == 0 ? 0 : 1)
  }
}
