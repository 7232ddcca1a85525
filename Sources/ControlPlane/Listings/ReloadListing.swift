/// The answer to `reload`.
struct ReloadListing {
  let report: ReloadReport

  /// What happened, in one line.
  var sentence: String {
    "configuration reloaded in \(report.milliseconds) ms: \(report.sessionsKept) sessions kept, "
      + "\(report.sessionsCleared) cleared"
  }

  var text: String { sentence + "\n" }

  func write(to json: inout JSONText) {
    json.object { json in
      json.member("milliseconds", report.milliseconds)
      json.member("sessionsKept", report.sessionsKept)
      json.member("sessionsCleared", report.sessionsCleared)
    }
  }
}
