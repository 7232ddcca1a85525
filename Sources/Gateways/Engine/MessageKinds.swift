import Translation

/// Messages of each gateway by their kinds. Messages of a kind often come one behind the other, so the last kind is counted
/// without a look into the table.
struct MessageKinds: Sendable {
  /// Kinds that are counted apart, for each gateway.
  static let maximum = 64

  private var table: [GatewayID: [String: UInt64]] = [:]
  private var latest: (gateway: GatewayID, kind: String, messages: UInt64) = (.none, "", 0)

  mutating func count(_ kind: String, of gateway: GatewayID) {
    if gateway != latest.gateway || kind != latest.kind {
      settle()
      latest = (gateway, kind, 0)
    }
    latest.messages += 1
  }

  mutating func counts(of gateway: GatewayID) -> [String: UInt64] {
    settle()
    return table[gateway] ?? [:]
  }

  private mutating func settle() {
    guard latest.messages > 0 else { return }
    let isRoom = table[latest.gateway].map { $0.count < Self.maximum || $0[latest.kind] != nil } ?? true
    table[latest.gateway, default: [:]][isRoom ? latest.kind : "other", default: 0] += latest.messages
    latest.messages = 0
  }
}
