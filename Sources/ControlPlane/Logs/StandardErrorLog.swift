import Glibc
package import Logging

/// Logs to standard error, one line an event and one system call a line.
///
/// Under systemd a line begins with its priority (`<4>`, sd-daemon(3)) and carries no time, because the journal keeps
/// both; elsewhere it begins with the time and the level.
package struct StandardErrorLog: LogHandler {
  package var logLevel: Logger.Level
  package var metadata: Logger.Metadata = [:]
  package var metadataProvider: Logger.MetadataProvider?
  private let isJournal: Bool
  private let descriptor: Int32

  /// A handler for the journal or for a terminal.
  ///
  /// - Parameter descriptor: where lines go; standard error but for tests.
  package init(isJournal: Bool, level: Logger.Level = .info, descriptor: Int32 = STDERR_FILENO) {
    self.isJournal = isJournal
    logLevel = level
    self.descriptor = descriptor
  }

  /// Makes this the log of the whole process.
  package static func bootstrap(level: Logger.Level) {
    let isJournal = unsafe getenv("JOURNAL_STREAM") != nil
    LoggingSystem.bootstrap { _ in StandardErrorLog(isJournal: isJournal, level: level) }
  }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    var fields = metadata
    if let provided = metadataProvider?.get() { fields.merge(provided) { $1 } }
    if let more = event.metadata { fields.merge(more) { $1 } }
    let text = line(level: event.level, message: event.message.description, metadata: fields)
    var octets = Array(text.utf8)[...]
    while !octets.isEmpty {
      let written = unsafe octets.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
      guard written > 0 || errno == EINTR else { return }
      octets = octets.dropFirst(max(0, written))
    }
  }

  /// The line of an event, with its newline. Line breaks in the message become spaces, so that an event stays one line.
  func line(level: Logger.Level, message: String, metadata: Logger.Metadata, now: Int = TimeOfDay.now) -> String {
    let head = isJournal ? "<\(Self.priority(of: level))>" : "\(TimeOfDay.internet(now)) \(level.rawValue) "
    let fields = metadata.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
    return head + (message + fields).split(whereSeparator: \.isNewline).joined(separator: " ") + "\n"
  }

  /// The priorities of syslog(3).
  private static func priority(of level: Logger.Level) -> Int {
    switch level {
    case .trace, .debug: 7
    case .info: 6
    case .notice: 5
    case .warning: 4
    case .error: 3
    case .critical: 2
    }
  }
}
