package import Translation
package import WireFormats

/// What has been written down of translations, and what has been lost on the way.
package struct ExportStatus: Sendable {
  /// One NetFlow collector.
  package struct Collector: Sendable {
    package var address: IPv4Address
    package var port: UInt16
    package var scope: TranslationLogging.Scope
    /// The name of the interface whose address the datagrams come from.
    package var source: String
    /// Records put into packets.
    package var records: UInt64
    /// Packets that went out.
    package var sent: UInt64
    /// Packets that could not be sent; their records are lost.
    package var lost: UInt64
    /// Packets that carried the templates.
    package var templateRefreshes: UInt64

    package init(
      address: IPv4Address, port: UInt16, scope: TranslationLogging.Scope, source: String, records: UInt64 = 0,
      sent: UInt64 = 0, lost: UInt64 = 0, templateRefreshes: UInt64 = 0
    ) {
      self.address = address
      self.port = port
      self.scope = scope
      self.source = source
      self.records = records
      self.sent = sent
      self.lost = lost
      self.templateRefreshes = templateRefreshes
    }
  }

  /// What the system log is told; nil for nothing.
  package var syslog: TranslationLogging.Scope?
  /// Lines of the system log.
  package var lines: UInt64 = 0
  /// Events taken from the workers' journals.
  package var events: UInt64 = 0
  /// Events that found no room in a worker's journal.
  package var lost: UInt64 = 0
  /// Refusals that were not noted because there were too many in their second.
  package var suppressed: UInt64 = 0
  /// In the order of the configuration.
  package var collectors: [Collector] = []

  package init() {}
}
