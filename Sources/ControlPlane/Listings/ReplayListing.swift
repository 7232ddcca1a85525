import Gateways
package import Replay
import Translation
import WireFormats

/// What came of `sallyport replay`, for people or for programs.
package struct ReplayListing {
  private let report: ReplayReport
  private let name: String

  /// The report of a capture with a name.
  package init(_ report: ReplayReport, of name: String) {
    self.report = report
    self.name = name
  }

  /// The report in JSON, on one line.
  package var json: [UInt8] {
    var json = JSONText()
    write(to: &json)
    return json.take() + [UInt8(ascii: "\n")]
  }

  /// The report in text, section by section; one that has nothing to say is left out.
  package var text: String {
    [summary, translations, gateways, drops, mentions, untranslated, problems].filter { !$0.isEmpty }
      .joined(separator: "\n")
  }

  // MARK: Sections

  private var summary: String {
    let notPlayed = report.skipped.values.reduce(0, +)
    var text = "\(name): \(report.frames) frames in \(Self.seconds(report.duration)) s, \(report.played) played"
    text += notPlayed > 0 ? ", \(notPlayed) not\n" : "\n"
    if notPlayed > 0 {
      var table = TextTable(["Not played", "Frames", "Why"])
      for (reason, count) in skipped { table.add([reason.rawValue, String(count), reason.sentence]) }
      text += table.rendered
    }
    if report.shortened > 0 {
      text += "\(report.shortened) frames were not kept to their end; zeros stand for what is missing.\n"
    }
    if report.breaksOff { text += "The file breaks off within a frame.\n" }
    return text
  }

  private var skipped: [(SkipReason, Int)] {
    SkipReason.allCases.compactMap { reason in report.skipped[reason].map { (reason, $0) } }
  }

  private var translations: String {
    guard !report.translations.isEmpty else { return "" }
    var table = TextTable([
      "Pro", "Inside global", "Inside local", "Outside local", "Outside global", "Out", "In", "Gateway",
    ])
    for row in report.translations {
      table.add([
        row.protocolNumber.description, row.insideGlobal.map(\.description) ?? "---", "\(row.insideLocal)",
        "\(row.outsideLocal)", "\(row.outsideGlobal)", String(row.outbound), String(row.inbound), Self.gateway(of: row),
      ])
    }
    return table.rendered
  }

  private static func gateway(of row: ReplayReport.Translation) -> String {
    (row.gateway ?? "") + (row.steppedAside.map { " (stepped aside: \($0.name))" } ?? "")
  }

  private var gateways: String { report.entries.map { TraceLine(entry: $0, time: $0.time).text }.joined() }

  private var drops: String {
    guard !report.drops.isEmpty else { return "" }
    var table = TextTable(["Dropped", "Packets", "What happened"])
    for (reason, count) in dropped { table.add([reason.name, String(count), reason.sentence]) }
    let total = report.drops.values.reduce(0, +)
    let lines = report.firstDrops.map { drop in
      "\(TimeOfDay.clock(microseconds: drop.time)) \(drop.protocolNumber) \(drop.source) -> \(drop.destination)  "
        + "\(drop.reason.name)\n"
    }
    let more = total - lines.count
    return table.rendered + lines.joined() + (more > 0 ? "and \(more) more\n" : "")
  }

  private var dropped: [(DropReason, Int)] {
    DropReason.allCases.compactMap { reason in report.drops[reason].map { (reason, $0) } }
  }

  private var mentions: String {
    report.mentions.map { mention in
      "mentioned: \(mention.address) by \(Self.description(of: mention.flow)) in "
        + "\"\(TraceLine.escaped(mention.text))\"\n"
    }.joined()
  }

  private var untranslated: String {
    let hosts = report.untranslated
    guard !hosts.isEmpty else { return "" }
    return "No rule translates " + hosts.map(\.description).joined(separator: ", ")
      + ": packets crossed under these addresses.\n"
  }

  private var problems: String {
    guard !report.isComplete else { return "Every payload address that had to be translated was.\n" }
    return report.problems.map { "problem: " + Self.description(of: $0) + "\n" }.joined()
  }

  // MARK: Sentences

  static func description(of problem: ReplayProblem) -> String {
    switch problem {
    case .doorRefused(let request, let refusal):
      let transport = request.protocolNumber.description
      return "\(refusal.name): no \(transport) door to \(Endpoint(request.insideLocal, request.insideLocalPort))"
    case .leak(let flow, let address, let text):
      return "\(address) went outside in \"\(TraceLine.escaped(text))\" (\(description(of: flow)))"
    case .malformed(let entry, let address):
      return "a message with \(address) did not parse: "
        + TraceLine.escaped(Array((entry.malformed ?? []).prefix(256)))
    case .missing(let flow, let direction, let octets):
      return "the capture lacks \(octets) octets of what \(direction == .outbound ? "the inside" : "the outside") host "
        + "says (\(description(of: flow))); what follows could not be read"
    case .dryRun(let entry):
      return "a dry run left \(entry.edits.map(\.field).joined(separator: ", ")) of \(entry.gateway) as it was"
    }
  }

  private static func description(of flow: ReplayedFlow) -> String {
    "\(flow.protocolNumber) \(flow.inside) with \(flow.outside)"
  }

  /// Seconds with three digits behind the point.
  private static func seconds(_ microseconds: UInt64) -> String {
    let thousandths = String(microseconds / 1000 % 1000)
    return "\(microseconds / 1_000_000)." + String(repeating: "0", count: 3 - thousandths.count) + thousandths
  }

  // MARK: JSON

  private func write(to json: inout JSONText) {
    json.object { json in
      json.member("capture", name)
      json.member("isComplete", report.isComplete)
      json.member("frames", report.frames)
      json.member("played", report.played)
      json.member("skipped", each: skipped) { json, line in
        json.object { json in
          json.member("reason", line.0.rawValue)
          json.member("frames", line.1)
          json.member("sentence", line.0.sentence)
        }
      }
      json.member("shortened", report.shortened)
      json.member("breaksOff", report.breaksOff)
      json.member("start", report.start)
      json.member("duration", report.duration)
      json.member("insideFrames", report.insideFrames)
      json.member("outsideFrames", report.outsideFrames)
      json.member("translations", each: report.translations) { Self.write($1, to: &$0) }
      json.member("entries", each: report.entries) { TraceLine(entry: $1, time: $1.time).write(to: &$0) }
      json.member("drops", each: dropped) { json, line in
        json.object { json in
          json.member("reason", line.0.name)
          json.member("packets", line.1)
          json.member("sentence", line.0.sentence)
        }
      }
      json.member("firstDrops", each: report.firstDrops) { Self.write($1, to: &$0) }
      json.member("mentions", each: report.mentions) { json, mention in
        json.object { json in
          Self.write(mention.flow, to: &json)
          json.member("address", mention.address.description)
          json.member("text", TraceLine.escaped(mention.text))
        }
      }
      json.member("untranslated", each: report.untranslated) { $0.value($1.description) }
      json.member("problems", each: report.problems) { json, problem in
        json.object { json in
          json.member("problem", problem.name)
          json.member("sentence", Self.description(of: problem))
        }
      }
    }
  }

  private static func write(_ row: ReplayReport.Translation, to json: inout JSONText) {
    json.object { json in
      json.member("protocol", row.protocolNumber.description)
      json.member("insideLocal", row.insideLocal.description)
      json.member("insideGlobal", row.insideGlobal?.description)
      json.member("outsideLocal", row.outsideLocal.description)
      json.member("outsideGlobal", row.outsideGlobal.description)
      json.member("opened", row.opened == .outbound ? "outbound" : "inbound")
      json.member("gateway", row.gateway)
      json.member("steppedAside", row.steppedAside?.name)
      json.member("outboundPackets", row.outbound)
      json.member("inboundPackets", row.inbound)
    }
  }

  private static func write(_ drop: ReplayReport.Drop, to json: inout JSONText) {
    json.object { json in
      json.member("time", drop.time)
      json.member("protocol", drop.protocolNumber.description)
      json.member("source", drop.source.description)
      json.member("destination", drop.destination.description)
      json.member("reason", drop.reason.name)
    }
  }

  private static func write(_ flow: ReplayedFlow, to json: inout JSONText) {
    json.member("protocol", flow.protocolNumber.description)
    json.member("inside", flow.inside.description)
    json.member("outside", flow.outside.description)
  }
}
