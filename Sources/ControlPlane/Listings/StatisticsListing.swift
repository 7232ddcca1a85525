import Configuration
import Forwarding
import Translation
import WireFormats

/// `show ip nat statistics`, in IOS XE's shape as far as its lines have a meaning here.
struct StatisticsListing {
  /// Packets from inside, and from outside, that translation itself dropped.
  private static let outboundDrops: [DropReason] = [.noSession, .protocolNotTranslated, .hairpin]
  private static let inboundDrops: [DropReason] = [.filtered, .insideLocalFromOutside]
  private static let poolDrops: [DropReason] = [.portsExhausted, .addressesExhausted]
  /// Packets that would have opened a session beyond a limit.
  private static let limitDrops: [DropReason] = [
    .sessionsExhausted, .hostSessionsExhausted, .hostRateExceeded, .instanceSessionsExhausted, .listSessionsExhausted,
  ]

  let configuration: GatewayConfiguration
  let survey: UsageSurvey
  private let limit: LimitStatus
  private let doors: DoorCount
  private let workers: [WorkerStatus]
  private let baseline: StatisticsBaseline
  private let limits: LimitListing
  private let rules: RuleStatistics

  /// Asks every worker for what its tables say.
  init(of view: some GatewayView, since baseline: StatisticsBaseline) async {
    configuration = view.configuration
    survey = await UsageSurvey.survey(view)
    limit = view.limit
    doors = view.doors
    workers = view.workers
    self.baseline = baseline
    limits = LimitListing(await view.limitUse(countingHosts: false), of: configuration.translation)
    rules = RuleStatistics(configuration, survey)
  }

  private func sum(_ counter: TranslationCounter) -> UInt64 { baseline.value(of: counter, at: workers) }

  private func drops(_ reasons: [DropReason]) -> UInt64 { baseline.drops(reasons, at: workers) }

  private func interfaces(_ realm: Realm) -> [String] {
    configuration.interfaces.filter { $0.realm == realm }.map(\.name)
  }

  private var dynamic: Int { survey.sessions + survey.addressEntries }
  private var statics: Int { StaticRows(configuration).count }

  // MARK: Text

  var text: String {
    var text = "Total active translations: \(statics + dynamic) "
    text += "(\(statics) static, \(dynamic) dynamic; \(survey.sessions) extended)\n"
    text += "Peak translations: \(limit.peak)\n"
    for (title, realm) in [("Outside", Realm.outside), ("Inside", .inside)] {
      text += "\(title) interfaces:\n" + interfaces(realm).map { "  \($0)\n" }.joined()
    }
    text += "Hits: \(sum(.hits))  Misses: \(sum(.misses))\n"
    text += "Expired translations: \(sum(.sessionsExpired))\n"
    text += rules.text
    text += "nat-limit statistics:\n"
    text += " max entry: max allowed \(limit.maximum), used \(limit.used), missed \(limit.missed)\n"
    text += limits.statistics
    text += "In-to-out drops: \(drops(Self.outboundDrops))  Out-to-in drops: \(drops(Self.inboundDrops))\n"
    text += "Pool stats drop: \(drops(Self.poolDrops))  Mapping stats drop: \(drops([.mappingsExhausted]))\n"
    text += "Limit entry add fail: \(drops(Self.limitDrops))\n"
    text += "Total doors: \(doors.application + doors.normal)\n"
    text += "Appl doors: \(doors.application)\n"
    text += "Normal doors: \(doors.normal)\n"
    return text
  }

  // MARK: JSON

  func write(to json: inout JSONText) {
    json.object { json in
      json.member("translations") { json in
        json.member("total", statics + dynamic)
        json.member("static", statics)
        json.member("dynamic", dynamic)
        json.member("extended", survey.sessions)
        json.member("peak", limit.peak)
      }
      json.member("outsideInterfaces", each: interfaces(.outside)) { $0.value($1) }
      json.member("insideInterfaces", each: interfaces(.inside)) { $0.value($1) }
      for counter in TranslationCounter.allCases { json.member("\(counter)", sum(counter)) }
      rules.write(to: &json)
      json.member("limit") { json in
        json.member("maximum", limit.maximum)
        json.member("used", limit.used)
        json.member("missed", limit.missed)
      }
      limits.writeStatistics(to: &json)
      json.member("insideDrops", drops(Self.outboundDrops))
      json.member("outsideDrops", drops(Self.inboundDrops))
      json.member("poolDrops", drops(Self.poolDrops))
      json.member("mappingDrops", drops([.mappingsExhausted]))
      json.member("limitDrops", drops(Self.limitDrops))
      json.member("doors") { json in
        json.member("application", doors.application)
        json.member("normal", doors.normal)
      }
    }
  }
}
