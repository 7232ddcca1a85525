import Testing

@testable import Configuration

/// A configuration that is refused, and the errors exactly as a terminal shows them.
struct Rejection: Sendable, CustomTestStringConvertible {
  let text: String
  let rendered: String

  init(_ text: String, _ rendered: String) {
    self.text = text
    self.rendered = rendered
  }

  var testDescription: String { text.split(separator: "\n").last.map(String.init) ?? "" }

  /// Reads the configuration as `gw.conf` and compares.
  func check(sourceLocation: Testing.SourceLocation = #_sourceLocation) {
    #expect(errors(in: text)?.rendered() == rendered, sourceLocation: sourceLocation)
  }
}

/// A configuration that is refused, and the places and messages of its errors: `LINE:COLUMN MESSAGE`, a line each.
struct Refusal: Sendable, CustomTestStringConvertible {
  let text: String
  let messages: String

  init(_ text: String, _ messages: String) {
    self.text = text
    self.messages = messages
  }

  var testDescription: String { text.split(separator: "\n").last.map(String.init) ?? "" }

  /// Reads the configuration as `gw.conf` and compares.
  func check(sourceLocation: Testing.SourceLocation = #_sourceLocation) {
    let found = errors(in: text)?.errors.map { "\($0.location.line):\($0.location.column) \($0.message)" }
    #expect(found?.joined(separator: "\n") == messages, sourceLocation: sourceLocation)
    #expect(errors(in: text)?.errors.allSatisfy { $0.location.file == "gw.conf" } == true)
  }
}

/// The errors of a configuration, or nil when it is accepted.
func errors(in text: String) -> ConfigurationErrors? {
  do throws(ConfigurationErrors) {
    _ = try GatewayConfiguration.parse(text, file: "gw.conf")
    return nil
  } catch {
    return error
  }
}

/// A configuration that has to be accepted.
func parse(_ text: String) throws -> GatewayConfiguration {
  try GatewayConfiguration.parse(text, file: "gw.conf")
}
