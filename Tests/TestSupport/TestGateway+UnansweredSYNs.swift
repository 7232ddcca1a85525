package import Translation

extension TestGateway {
  /// The unsolicited SYNs whose senders are now told that nobody is there, as workers ask for them every turn.
  package func takeUnansweredSYNs() -> [HeldSYN] {
    guard policy.unsolicitedSYN > 0 else { return [] }
    return (0..<workers).flatMap { worker in
      var due: [HeldSYN] = []
      while let syn = unsafe translators[worker].takeUnansweredSYN(after: policy.unsolicitedSYN, now: now) {
        due.append(syn)
      }
      return due
    }
  }
}
