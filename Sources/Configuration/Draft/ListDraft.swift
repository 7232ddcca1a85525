import Translation

/// An entry of a list that is ordered by numbers.
protocol SequencedEntry: Hashable, Sendable {
  var sequence: UInt32 { get set }
}

extension AccessList.Entry: SequencedEntry {}
extension IPv6AccessList.Entry: SequencedEntry {}

/// An access list of IPv4.
typealias AccessListDraft = ListDraft<AccessList.Entry>
/// An access list of IPv6; none of them is standard.
typealias IPv6AccessListDraft = ListDraft<IPv6AccessList.Entry>

/// An access list with its remarks among its entries.
struct ListDraft<Entry: SequencedEntry> {
  enum Content: Hashable {
    /// An entry with its sequence number.
    case entry(Entry)
    case remark(String)
  }

  /// The distance of the sequence numbers that are given to entries without one, as in IOS.
  static var sequenceStep: UInt32 { 10 }
  static var sequenceRange: ClosedRange<UInt32> { 1...2_147_483_647 }

  let name: Located<String>
  let isExtended: Bool
  private(set) var lines: [Content] = []

  init(name: Located<String>, isExtended: Bool = true) {
    self.name = name
    self.isExtended = isExtended
  }

  /// Adds an entry: at the place of its sequence number, or without one at the end.
  mutating func add(_ entry: Entry, sequence: Located<UInt32>?, at place: Place) throws(Diagnostic) {
    try makeRoom(at: place)
    var entry = entry
    guard let sequence else {
      let last = lines.reversed().lazy.compactMap(Self.sequence).first ?? 0
      let (next, overflow) = last.addingReportingOverflow(Self.sequenceStep)
      guard !overflow, Self.sequenceRange.contains(next) else {
        throw Diagnostic(
          place: place, message: "no sequence number is left after \(last) in access list \(quoted(name.value))")
      }
      entry.sequence = next
      lines.append(.entry(entry))
      return
    }
    guard !lines.contains(where: { Self.sequence($0) == sequence.value }) else {
      throw Diagnostic(
        place: sequence.place,
        message: "access list \(quoted(name.value)) already has an entry \(sequence.value)")
    }
    // Behind the last entry with a lower number, so that a remark stays with the entry it stands before.
    let index = lines.lastIndex { Self.sequence($0).map { $0 < sequence.value } == true }.map { $0 + 1 } ?? 0
    let isLast = !lines[index...].contains { Self.sequence($0) != nil }
    entry.sequence = sequence.value
    lines.insert(.entry(entry), at: isLast ? lines.endIndex : index)
  }

  /// Adds a remark at the end.
  mutating func add(remark: String, at place: Place) throws(Diagnostic) {
    try makeRoom(at: place)
    lines.append(.remark(remark))
  }

  /// Removes the first line for which `matches` holds, and says whether there was one.
  mutating func remove(where matches: (Content) -> Bool) -> Bool {
    guard let index = lines.firstIndex(where: matches) else { return false }
    lines.remove(at: index)
    return true
  }

  /// The sequence number of a line; remarks have none.
  static func sequence(_ line: Content) -> UInt32? {
    if case .entry(let entry) = line { entry.sequence } else { nil }
  }

  /// Numbers the entries anew, from `start` in steps of `step`.
  mutating func resequence(from start: UInt32, step: UInt32, at place: Place) throws(Diagnostic) {
    var next = UInt64(start)
    for index in lines.indices {
      guard case .entry(var entry) = lines[index] else { continue }
      guard next <= Self.sequenceRange.upperBound else {
        throw Diagnostic(
          place: place,
          message: "the last entries of access list \(quoted(name.value)) would get numbers above "
            + "\(Self.sequenceRange.upperBound)")
      }
      entry.sequence = UInt32(next)
      lines[index] = .entry(entry)
      next += UInt64(step)
    }
  }

  private func makeRoom(at place: Place) throws(Diagnostic) {
    guard lines.count < Draft.maximumAccessListLines else {
      throw Diagnostic(place: place, message: "an access list has at most \(Draft.maximumAccessListLines) lines")
    }
  }

  /// The entries, and the remarks among them.
  var parts: (entries: [Entry], remarks: [Annotations.Remark]) {
    var entries: [Entry] = []
    var remarks: [Annotations.Remark] = []
    for line in lines {
      switch line {
      case .entry(let entry): entries.append(entry)
      case .remark(let text): remarks.append(.init(text: text, beforeEntry: entries.count))
      }
    }
    return (entries, remarks)
  }
}
