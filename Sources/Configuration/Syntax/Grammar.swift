/// One statement of the grammar: the keywords that it begins with, and how the rest is read.
struct Statement: Sendable {
  /// What a statement does once all its words are right.
  typealias Effect = (inout Draft) throws(Diagnostic) -> Void
  /// Reads what follows the keywords. Nothing takes effect before the whole line is understood, because a line that
  /// does not fit the current mode is read a second time as a global one.
  typealias Reading = @Sendable (inout StatementReader) throws(Diagnostic) -> Effect

  let keywords: String
  let negatable: Bool
  /// Nil for a statement that IOS has and Sallyport has not.
  let read: Reading?
  /// Why Sallyport has not the statement; empty when it has.
  let reason: String

  init(_ keywords: String, negatable: Bool = true, _ read: @escaping Reading) {
    self.keywords = keywords
    self.negatable = negatable
    self.read = read
    reason = ""
  }

  /// A statement that is recognised so that it can be refused by name.
  init(unsupported keywords: String, because reason: String) {
    self.keywords = keywords
    self.reason = reason
    negatable = true
    read = nil
  }
}

/// Statements that Sallyport has not for one and the same reason.
struct RefusedStatements: Sendable {
  let reason: String
  /// The keywords that each begins with.
  let statements: [String]

  init(_ reason: String, _ statements: [String]) {
    self.reason = reason
    self.statements = statements
  }
}

/// The statements of one mode as a tree of keywords.
struct Grammar: Sendable {
  struct Node: Sendable {
    var children: [String: Node] = [:]
    var statement: Statement?
    /// The keywords below that lead to a statement Sallyport has, in the table's order.
    var supported: [String] = []
    /// Those that lead only to statements that it has not.
    var unsupported: [String] = []
  }

  private(set) var root = Node()
  /// The statement whose lines begin with a number, as in access lists.
  let numbered: Statement?

  /// The grammar of a table of statements, and of keywords to refuse by name.
  init(_ statements: [Statement], unsupported: [RefusedStatements] = [], numbered: Statement? = nil) {
    self.numbered = numbered
    let refused = unsupported.flatMap { group in
      group.statements.map { Statement(unsupported: $0, because: group.reason) }
    }
    for statement in statements + refused {
      let keywords = statement.keywords.split(separator: " ").map(String.init)
      Self.insert(statement, at: keywords[...], into: &root)
    }
  }

  private static func insert(_ statement: Statement, at keywords: ArraySlice<String>, into node: inout Node) {
    guard let keyword = keywords.first else {
      precondition(node.statement == nil && node.children.isEmpty, "two statements begin alike: \(statement.keywords)")
      node.statement = statement
      return
    }
    if node.children[keyword] == nil {
      // Statements come before refusals, so the first to use a keyword says whether it is supported.
      if statement.read == nil { node.unsupported.append(keyword) } else { node.supported.append(keyword) }
    }
    insert(statement, at: keywords.dropFirst(), into: &node.children[keyword, default: Node()])
  }

  /// Reads a line up to its end.
  func effect(of reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
    if let numbered, reader.nextIsNumber { return try finish(numbered, &reader) }
    var node = root
    var isFirst = true
    while node.statement == nil {
      let keyword = try reader.step(from: node, isFirst: isFirst)
      node = node.children[keyword, default: Node()]
      isFirst = false
    }
    guard let statement = node.statement else { preconditionFailure("a keyword leads nowhere") }
    return try finish(statement, &reader)
  }

  private func finish(_ statement: Statement, _ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
    guard let read = statement.read else { throw reader.unsupported(statement.keywords, because: statement.reason) }
    if reader.isNegated && !statement.negatable {
      throw Diagnostic(place: reader.start, message: "'\(statement.keywords)' has no 'no' form")
    }
    let effect = try read(&reader)
    try reader.end()
    return effect
  }
}
