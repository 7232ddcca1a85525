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
    var page = Page(listing: self)
    page.begin()
    page.add(view.staticRows)
    for worker in view.workers.map(\.index) {
      var cursor: ListingCursor?
      repeat {
        let slice = await view.translations(of: worker, from: cursor)
        page.add(slice.rows)
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
    private var text = OctetText()
    private var json = JSONText()
    private var rows: UInt64 = 0
    /// Wall-clock time of the listing: one moment for all its rows.
    private let now = TimeOfDay.now

    init(listing: TranslationListing) { self.listing = listing }

    var size: Int { text.octets.count + json.octets.count }

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

    mutating func add(_ more: [TranslationRow]) {
      for row in more where listing.filter.admits(row) {
        rows += 1
        guard !listing.total else { continue }
        switch listing.format {
        case .json: addJSON(row)
        case .text: addText(row)
        }
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

    // MARK: One row

    private mutating func addText(_ row: TranslationRow) {
      text.cell(5) { cell in
        if let number = row.protocolNumber { cell.append(number.description) } else { cell.append("---") }
      }
      text.cell(column) { $0.append(row.insideGlobal) }
      text.cell(column) { $0.append(row.insideLocal) }
      if let outside = row.outside {
        text.cell(column) { $0.append(outside.local) }
        text.append(outside.global)
      } else {
        text.cell(column) { $0.append("---") }
        text.append("---")
      }
      text.newline()
      if listing.verbose { addDetails(row) }
    }

    /// The indented lines of `verbose`. Only what is known is shown: a static entry has no times, and entries of static
    /// rules have no `Map-Id`.
    private mutating func addDetails(_ row: TranslationRow) {
      if let age = row.age {
        text.append("  create: \(TimeOfDay.short(now - Int(age.created)))")
        text.append(", use: \(TimeOfDay.short(now - Int(age.idle)))")
        text.append(", timeout: \(age.timeout.map(TimeOfDay.span) ?? "never")\n")
        if let left = age.left {
          text.append("  Format(H:M:S) Time-left :\(left / 3600):\(left / 60 % 60):\(left % 60)\n")
        }
      }
      if let rule = row.rule { text.append("  Map-Id(In): \(rule)\n") }
      let words =
        (row.kind == .session ? ["extended"] : row.kind == .static ? ["static"] : []) + row.marks.map(\.rawValue)
      if !words.isEmpty { text.append("  Flags: \(words.joined(separator: ", "))\n") }
      if let worker = row.worker { text.append("  Worker: \(worker)\n") }
    }

    private mutating func addJSON(_ row: TranslationRow) {
      text.append(rows == 1 ? "\n" : ",\n")
      json.object { json in
        json.member("kind", row.kind.rawValue)
        json.member("protocol", row.protocolNumber?.description)
        Self.endpoint("insideGlobal", row.insideGlobal, &json)
        Self.endpoint("insideLocal", row.insideLocal, &json)
        Self.endpoint("outsideLocal", row.outside?.local, &json)
        Self.endpoint("outsideGlobal", row.outside?.global, &json)
        json.member("rule", row.rule)
        json.member("flags", each: row.marks) { $0.value($1.rawValue) }
        json.member("ageSeconds", row.age?.created)
        json.member("idleSeconds", row.age?.idle)
        json.member("timeoutSeconds", row.age?.timeout)
        json.member("leftSeconds", row.age?.left)
        json.member("worker", row.worker)
      }
      text.append(octets: json.take())
    }

    private static func endpoint(_ name: String, _ endpoint: ListedEndpoint?, _ json: inout JSONText) {
      json.member(name, endpoint?.address.description)
      json.member(name + "Port", endpoint?.port)
    }
  }
}
