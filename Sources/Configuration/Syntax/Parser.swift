/// Reads a text statement by statement into a draft, and goes on after errors.
struct Parser {
  private var source: SourceText
  private(set) var draft = Draft()
  private(set) var diagnostics: [Diagnostic] = []
  /// The words of refused lines: what is missing may have been in one of them.
  private(set) var refusedWords: Set<String> = []
  /// The column where a refused global statement began. Lines further to the right most likely belong to it, so they
  /// are not reported on top of it. Columns decide nothing else.
  private var refusedColumn: Int?

  init(_ source: SourceText) { self.source = source }

  /// Reads the whole text, or as much as it takes to find one error more than are reported.
  mutating func run() {
    while diagnostics.count <= ConfigurationErrors.maximumCount, let (start, octets) = source.nextLine() {
      do throws(Diagnostic) {
        let line = try Line(start: start, octets: octets)
        if line.words.isEmpty { continue }
        if let end = draft.end {
          diagnostics.append(
            Diagnostic(
              place: StatementReader(line).start, message: "statement after the 'end' of line \(end.line)"))
          return
        }
        try read(line)
      } catch {
        diagnostics.append(error)
      }
    }
  }

  /// Reads a line in the current mode or, when it does not fit there, as a global statement, which ends the mode.
  private mutating func read(_ line: Line) throws(Diagnostic) {
    let column = line.words[0].column
    let followsRefusal = refusedColumn.map { column > $0 } == true
    if !followsRefusal { refusedColumn = nil }
    let local = draft.mode == .global ? nil : Attempt(line, Grammar.of(draft.mode))
    if let effect = local?.effect {
      try effect(&draft)
      return
    }
    let global = Attempt(line, .global)
    if let effect = global.effect {
      draft.mode = .global
      refusedColumn = column
      try effect(&draft)
      refusedColumn = nil
      return
    }
    refusedWords.formUnion(line.words.map(\.text))
    if local.map({ $0.progress == $0.firstWord && global.progress > global.firstWord }) ?? true {
      // Whatever mode the statement was to open, the one before it is over.
      draft.mode = .global
      if followsRefusal { return }
      refusedColumn = column
    }
    throw Attempt.report(local, global)
  }
}

/// The reading of a line with one grammar.
private struct Attempt {
  /// What the line does, or nil when it does not fit.
  private(set) var effect: Statement.Effect?
  private(set) var diagnostic: Diagnostic?
  /// The word that reading came to, and the first one after `no`.
  let progress: Int
  let firstWord: Int

  init(_ line: Line, _ grammar: Grammar) {
    var reader = StatementReader(line)
    firstWord = reader.index
    do throws(Diagnostic) {
      effect = try grammar.effect(of: &reader)
    } catch {
      diagnostic = error
    }
    progress = reader.index
  }

  /// Of two failures the one that came further, or both in one.
  static func report(_ local: Attempt?, _ global: Attempt) -> Diagnostic {
    guard let failure = global.diagnostic else { preconditionFailure("nothing failed") }
    guard let local, var result = local.diagnostic, local.progress >= global.progress else { return failure }
    guard local.progress == global.progress, result.isUnknownStatement else { return result }
    // An ambiguous word is at least a known one.
    guard failure.isUnknownStatement else { return failure }
    result.expected += failure.expected.filter { !result.expected.contains($0) }
    return result
  }
}
