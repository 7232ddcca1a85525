/// Where the parts of an answer go.
package protocol AnswerSink: Sendable {
  /// Sends a part and waits until the client's side has taken it: whoever answers holds no more than one part. Throws
  /// when the client is gone.
  func send(_ frame: AnswerFrame) async throws
}

extension AnswerSink {
  /// Sends octets of the answer, in as many parts as they need.
  package func send(_ octets: [UInt8]) async throws {
    var start = 0
    while start < octets.count {
      let end = min(octets.count, start + AnswerFrame.maximumSize)
      try await send(.data(Array(octets[start..<end])))
      start = end
    }
  }
}
