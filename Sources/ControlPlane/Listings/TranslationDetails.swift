import WireFormats

/// What is known of an entry beside its addresses: the indented lines of `verbose`, and the object in JSON.
struct TranslationDetails {
  let row: TranslationRow
  /// The moment of the listing, in seconds since 1970.
  let now: Int
  /// The name of the inside hosts' instance; nil for the global one.
  let instance: String?

  /// The lines of IOS XE. Only what is known is shown: a static entry has no times, and entries of static rules have no
  /// `Map-Id`.
  func write(to text: inout OctetText) {
    if let age = row.age {
      text.append("  create: \(TimeOfDay.short(now - Int(age.created)))")
      text.append(", use: \(TimeOfDay.short(now - Int(age.idle)))")
      text.append(", timeout: \(age.timeout.map(TimeOfDay.span) ?? "never")\n")
      if let left = age.left {
        text.append("  Format(H:M:S) Time-left :\(left / 3600):\(left / 60 % 60):\(left % 60)\n")
      }
    }
    if let rule = row.rule { text.append("  Map-Id(\(mapSide)): \(rule)\n") }
    if let id = row.ruleID { text.append("  RuleID : \(id)\n") }
    if let instance { text.append("  vrf: \(instance)\n") }
    if !words.isEmpty { text.append("  Flags: \(words.joined(separator: ", "))\n") }
    if row.kind == .session { text.append("  ALG Application Type: NA\n") }
    if let place = row.place {
      text.append("  entry-id: ")
      text.append(hexadecimal: Self.entryID(row.kind, place))
      text.append(", use_count:\(place.users)\n")
      if let worker = place.worker { text.append("  Worker: \(worker)\n") }
    }
  }

  /// Which side's rule `Map-Id` is about.
  private var mapSide: String { row.inside == nil ? "Out" : "In" }

  private var words: [String] {
    let kind =
      switch row.kind {
      case .session: ["extended"]
      case .static: ["static"]
      case .address: [String]()
      }
    return kind + row.marks.map(\.rawValue)
  }

  /// A number that no other entry has at the time: the worker, the table, and the record in it.
  static func entryID(_ kind: TranslationRow.Kind, _ place: TranslationRow.Place) -> UInt64 {
    UInt64(place.worker.map { $0 + 1 } ?? 0) << 36 | (kind == .session ? 0 : 1) << 32 | UInt64(place.record)
  }

  func write(to json: inout JSONText) {
    json.object { json in
      json.member("kind", row.kind.rawValue)
      json.member("protocol", row.protocolNumber?.description)
      Self.endpoint("insideGlobal", row.inside?.global, &json)
      Self.endpoint("insideLocal", row.inside?.local, &json)
      Self.endpoint("outsideLocal", row.outside?.local, &json)
      Self.endpoint("outsideGlobal", row.outside?.global, &json)
      json.member("prefixLength", (row.inside ?? row.outside)?.local.prefixLength)
      json.member("vrf", instance)
      json.member("rule", row.rule)
      json.member("ruleID", row.ruleID)
      json.member("flags", each: row.marks) { $0.value($1.rawValue) }
      json.member("ageSeconds", row.age?.created)
      json.member("idleSeconds", row.age?.idle)
      json.member("timeoutSeconds", row.age?.timeout)
      json.member("leftSeconds", row.age?.left)
      json.member("entryID", row.place.map { Self.entryID(row.kind, $0) })
      json.member("useCount", row.place?.users)
      json.member("worker", row.place?.worker)
    }
  }

  private static func endpoint(_ name: String, _ endpoint: ListedEndpoint?, _ json: inout JSONText) {
    json.member(name, endpoint?.address.description)
    json.member(name + "Port", endpoint?.port)
  }
}
