import Configuration
import Forwarding
import Translation
import WireFormats

/// `show ip nat translations`, in IOS XE's shape or as a JSON array.
///
/// Rows come slice by slice from the workers and go out as soon as `flushSize` octets are together, so that a listing
/// takes the same memory whatever its length, and waits with its client instead of with a worker.
struct TranslationListing {
  /// Octets that are sent together.
  static let flushSize = 32 << 10
  /// The width of the address columns.
  private static let column = 22
  private static let headings = [
    "Pro", "Inside global", "Inside local", "Outside local", "Outside global",
  ]

  let filter: TranslationFilter
  let verbose: Bool
  let total: Bool
  let format: AnswerFormat

  /// Writes the whole listing.
  func write(from view: some GatewayView, to sink: some AnswerSink) async throws {
    var page = Page(listing: self, instances: view.configuration.translation.instanceNames)
    page.begin()
    for row in StaticRows(view.configuration) {
      page.add(row)
      if page.size >= Self.flushSize { try await sink.send(page.take()) }
    }
    for worker in view.workers.map(\.index) {
      var cursor: ListingCursor?
      repeat {
        let slice = await view.translations(of: worker, from: cursor)
        for row in slice.rows { page.add(row) }
        cursor = slice.next
        if page.size >= Self.flushSize { try await sink.send(page.take()) }
        try Task.checkCancellation()
      } while cursor != nil
    }
    page.finish()
    try await sink.send(page.take())
  }

  /// The rows that have not been sent yet.
  private struct Page {
    let listing: TranslationListing
    /// The names of the instances by their numbers.
    let instances: [String]
    private var text = OctetText()
    private var json = JSONText()
    private var rows: UInt64 = 0
    /// Wall-clock time of the listing: one moment for all its rows.
    private let now = TimeOfDay.now

    init(listing: TranslationListing, instances: [String]) {
      self.listing = listing
      self.instances = instances
    }

    var size: Int { text.octets.count }

    mutating func take() -> [UInt8] { text.take() }

    mutating func begin() {
      guard !listing.total else { return }
      switch listing.format {
      case .json: text.append("[")
      case .text:
        text.cell(5) { $0.append(TranslationListing.headings[0]) }
        for heading in TranslationListing.headings[1...3] { text.cell(column) { $0.append(heading) } }
        text.append(TranslationListing.headings[4])
        text.newline()
      }
    }

    mutating func add(_ row: TranslationRow) {
      guard listing.filter.admits(row) else { return }
      rows += 1
      guard !listing.total else { return }
      switch listing.format {
      case .json:
        text.append(rows == 1 ? "\n" : ",\n")
        TranslationDetails(row: row, now: now, instance: instance(of: row)).write(to: &json)
        text.append(octets: json.take())
      case .text: addText(row)
      }
    }

    mutating func finish() {
      switch (listing.format, listing.total) {
      case (.text, _):
        text.append("Total number of translations: ")
        text.append(rows)
        text.newline()
      case (.json, true):
        json.object { $0.member("total", rows) }
        text.append(octets: json.take())
        text.newline()
      case (.json, false): text.append("\n]\n")
      }
    }

    private mutating func addText(_ row: TranslationRow) {
      text.cell(5) { cell in
        if let number = row.protocolNumber { cell.append(number.description) } else { cell.append("---") }
      }
      add(row.inside?.global, width: column)
      add(row.inside?.local, width: column)
      add(row.outside?.local, width: column)
      if let last = row.outside?.global { text.append(last) } else { text.append("---") }
      text.newline()
      if listing.verbose {
        TranslationDetails(row: row, now: now, instance: instance(of: row)).write(to: &text)
      }
    }

    private mutating func add(_ endpoint: ListedEndpoint?, width: Int) {
      text.cell(width) { cell in
        if let endpoint { cell.append(endpoint) } else { cell.append("---") }
      }
    }

    /// The name of a row's instance; nil for the global one.
    private func instance(of row: TranslationRow) -> String? {
      let number = Int(row.instance.rawValue)
      guard number > 0 else { return nil }
      // An instance that a reload has removed may have entries until they are cleared.
      return instances.indices.contains(number) ? instances[number] : "\(number)"
    }
  }
}
