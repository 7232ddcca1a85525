import ArgumentParser

/// What a figure of the report has to be, on the command line: `NAME<=NUMBER`, `NAME>=NUMBER` or `NAME=NUMBER`.
struct Expectation: ExpressibleByArgument {
  enum Relation: String, CaseIterable {
    case atMost = "<="
    case atLeast = ">="
    case equal = "="
  }

  let name: String
  let relation: Relation
  let number: Double

  init?(argument: String) {
    let isRelation: (Character) -> Bool = { "<>=".contains($0) }
    guard let start = argument.firstIndex(where: isRelation) else { return nil }
    let rest = argument[start...]
    let end = rest.firstIndex { !isRelation($0) } ?? rest.endIndex
    guard start > argument.startIndex, let relation = Relation(rawValue: String(rest[..<end])),
      let number = Double(argument[end...]), number.isFinite
    else { return nil }
    name = String(argument[..<start])
    self.relation = relation
    self.number = number
  }

  var text: String { "\(name)\(relation.rawValue)\(Figure.real(number).readable)" }

  /// Whether a report's figure is as expected; nil when the report has no such figure.
  func holds(in report: Report) -> Bool? {
    guard let value = report[name]?.number else { return nil }
    return switch relation {
    case .atMost: value <= number
    case .atLeast: value >= number
    case .equal: value == number
    }
  }
}
