import Forwarding
import TestSupport
import Testing
import WireFormats

@testable import Translation

@Suite struct RuleBookTests {
  private static func rule(_ list: String, _ change: (inout DynamicRule) -> Void = { _ in }) -> DynamicRule {
    var rule = DynamicRule(accessList: list, source: .pool("P"), overload: true)
    change(&rule)
    return rule
  }

  private static func numbers(_ book: inout RuleBook, _ rules: DynamicRule...) -> [UInt16] {
    book.numbers(of: rules, TranslationConfiguration())
  }

  @Test func `a rule keeps its number wherever it stands, and nobody else gets it`() {
    var book = RuleBook()
    #expect(Self.numbers(&book, Self.rule("A"), Self.rule("B")) == [0, 1])
    #expect(Self.numbers(&book, Self.rule("C"), Self.rule("B")) == [2, 1])
    #expect(Self.numbers(&book, Self.rule("B"), Self.rule("A")) == [1, 0])
  }

  @Test func `how a rule maps and filters makes no other rule of it, where it leads does`() {
    var book = RuleBook()
    _ = Self.numbers(&book, Self.rule("A"))
    let changed = Self.rule("A") {
      ($0.mapping, $0.filtering, $0.ports) = (.addressDependent, .addressDependent, .random)
    }
    #expect(Self.numbers(&book, changed) == [0])
    let others = [
      Self.rule("A") { $0.source = .interface(Place.outside) }, Self.rule("A") { $0.overload = false },
      Self.rule("A") { $0.instance = RoutingInstance(rawValue: 1) }, Self.rule("A") { $0.condition = .routeMap("A") },
    ]
    #expect(book.numbers(of: others, TranslationConfiguration()) == [1, 2, 3, 4])
  }

  @Test func `an instance is known by its name, not by its place`() {
    var book = RuleBook()
    func number(_ names: [String], _ instance: UInt16) -> [UInt16] {
      var translation = TranslationConfiguration()
      translation.instanceNames = names
      return book.numbers(of: [Self.rule("A") { $0.instance = RoutingInstance(rawValue: instance) }], translation)
    }
    #expect(number(["", "RED"], 1) == [0])
    #expect(number(["", "BLUE", "RED"], 2) == [0])
    #expect(number(["", "BLUE", "RED"], 1) == [1])
  }

  @Test func `two rules of one text have numbers of their own, each time the same`() {
    var book = RuleBook()
    #expect(Self.numbers(&book, Self.rule("A"), Self.rule("A"), Self.rule("B")) == [0, 1, 2])
    #expect(Self.numbers(&book, Self.rule("B"), Self.rule("A"), Self.rule("A")) == [2, 0, 1])
  }

  @Test func `a book that is written down and read again gives the same numbers`() {
    var book = RuleBook()
    _ = Self.numbers(&book, Self.rule("A"), Self.rule("A"), Self.rule("B"))
    var read = RuleBook(text: book.text)
    #expect(read == book)
    #expect(Self.numbers(&read, Self.rule("C"), Self.rule("B"), Self.rule("A")) == [3, 2, 0])
  }

  @Test func `lines that are no lines of a book are passed over`() {
    let text =
      "x y\n7\n\n-1 list A pool P\n65535 list B pool P\n4 list A pool P overload\n4 list C pool P overload\n70000 q\n"
    var book = RuleBook(text: text)
    #expect(book.text == "4 list A pool P overload\n")
    #expect(Self.numbers(&book, Self.rule("A"), Self.rule("C")) == [4, 5])
  }

  @Test func `numbers of rules that are gone are given again when there are no others`() {
    var book = RuleBook(text: "0 list OLD pool P overload\n65534 list A pool P overload\n")
    #expect(Self.numbers(&book, Self.rule("A"), Self.rule("B"), Self.rule("C")) == [65_534, 0, 1])
    #expect(Self.numbers(&book, Self.rule("C"), Self.rule("D"), Self.rule("A")) == [1, 0, 65_534])
  }
}
