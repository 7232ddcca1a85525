/// Keywords that IOS has at a place and Sallyport has not, each with the reason.
typealias Refusals = KeyValuePairs<String, String>

/// A closed set of keywords of which one can stand at a place, such as the options of a statement.
protocol KeywordSet: RawRepresentable<String>, CaseIterable, Sendable {
  /// Keywords that IOS has at this place and Sallyport has not.
  static var unsupported: Refusals { get }
}

extension KeywordSet {
  static var unsupported: Refusals { [:] }
}

/// What a word means where keywords are expected.
enum KeywordMatch {
  case found(String)
  /// IOS has the keyword, Sallyport has not.
  case unsupported(String)
  /// The beginning of several keywords.
  case ambiguous([String])
  case unknown

  /// Finds the keyword that `word` spells or abbreviates, regardless of case. Keywords without support take part, so
  /// that an abbreviation never means something else than in IOS.
  init(_ word: String, among keywords: [String], unsupported: [String] = []) {
    let candidates = (keywords + unsupported).filter { abbreviates(word, $0) }
    let exact = candidates.first { $0.utf8.count == word.utf8.count }
    guard let keyword = exact ?? candidates.first else {
      self = .unknown
      return
    }
    if exact == nil && candidates.count > 1 {
      self = .ambiguous(candidates.sorted())
    } else {
      self = keywords.contains(keyword) ? .found(keyword) : .unsupported(keyword)
    }
  }
}

/// Whether `word` is the beginning of `keyword`, or all of it, in ASCII's small and capital letters alike.
func abbreviates(_ word: String, _ keyword: String) -> Bool {
  guard word.utf8.count <= keyword.utf8.count else { return false }
  return zip(word.utf8, keyword.utf8).allSatisfy { folded($0) == folded($1) }
}

private func folded(_ octet: UInt8) -> UInt8 { isLetter(octet) ? octet | 0x20 : octet }
