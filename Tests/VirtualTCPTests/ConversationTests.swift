import Testing
import VirtualTCPTestSupport

/// Random conversations through a connection with random edits: what arrives is the edited original, octet for octet.
/// `conversation-check` plays as many more of them as it is told to.
@Suite("Conversations through virtual TCP")
struct ConversationTests {
  @Test(arguments: ConversationKind.allCases) func `arrive octet for octet`(_ kind: ConversationKind) {
    for seed in 0..<UInt64(kind == .longMessages ? 10 : 40) {
      if let wrong = kind.play(seed: seed) { Issue.record("\(kind), seed \(seed): \(wrong)") }
    }
  }
}
