import Gateways
import Translation
import WireFormats

/// What one message brought about, as `sallyport trace` tells it: a line an edit, a line a door, a line a remark.
struct TraceLine {
  let entry: LedgerEntry
  /// Microseconds since 1970.
  let time: UInt64

  private var start: String {
    let session = entry.session
    let isOutbound = entry.direction == .outbound
    let from = isOutbound ? session.insideLocalName : session.outsideGlobalName
    let to = isOutbound ? session.outsideLocalName : session.insideGlobalName
    let kind = entry.kind.isEmpty ? "-" : Self.escaped(Array(entry.kind.utf8))
    return "\(TimeOfDay.clock(microseconds: time)) \(entry.gateway) \(kind) \(from) -> \(to)"
      + (entry.isDryRun ? " (dry run)" : "")
  }

  var text: String {
    var lines: [String] = entry.edits.map {
      "\(start)  \($0.field) \(Self.escaped($0.before)) => \(Self.escaped($0.after))"
    }
    lines += entry.doors.map { "\(start)  door \(Self.description(of: $0))" }
    lines += entry.remarks.map { "\(start)  \(Self.escaped(Array($0.utf8)))" }
    if let reason = entry.steppedAside { lines.append("\(start)  stepped aside: \(reason.name)") }
    return lines.map { $0 + "\n" }.joined()
  }

  private static func description(of door: TranslationAgent.OpenedDoor) -> String {
    let request = door.request
    let transport = request.protocolNumber == .udp ? "udp" : "tcp"
    let local = Endpoint(request.insideLocal, request.insideLocalPort)
    let remote = request.remote.map { "\($0)" } ?? "any"
    let port = request.remotePort == 0 ? "" : ":\(request.remotePort)"
    let way =
      request.direction == .inbound
      ? "\(remote)\(port) -> \(Endpoint(door.grant.insideGlobal, door.grant.insideGlobalPort)) (\(local))"
      : "\(request.insideLocal) (\(door.grant.insideGlobal)) -> \(remote)\(port)"
    let uses = request.isSingleUse ? "once" : "permanent"
    let life = request.lifetime == 0 ? "while the session lives" : "\(request.lifetime) s"
    return "\(transport) \(way) \(uses), \(life)\(request.isActive ? "" : ", waiting")"
  }

  /// Octets as text: what is not printable ASCII as `\xHH`.
  static func escaped(_ octets: [UInt8]) -> String {
    octets.map { octet in
      if (0x20...0x7E).contains(octet), octet != UInt8(ascii: "\\") { return String(UnicodeScalar(octet)) }
      let digits = String(octet, radix: 16, uppercase: true)
      return "\\x" + (digits.count == 1 ? "0" : "") + digits
    }.joined()
  }

  func write(to json: inout JSONText) {
    json.object { json in
      json.member("time", time)
      json.member("gateway", entry.gateway)
      json.member("kind", entry.kind)
      json.member("direction", entry.direction == .outbound ? "outbound" : "inbound")
      json.member("insideLocal", entry.session.insideLocalName)
      json.member("insideGlobal", entry.session.insideGlobalName)
      json.member("outsideGlobal", entry.session.outsideGlobalName)
      json.member("isDryRun", entry.isDryRun)
      json.member("edits", each: entry.edits) { json, edit in
        json.object { json in
          json.member("field", edit.field)
          json.member("before", Self.escaped(edit.before))
          json.member("after", Self.escaped(edit.after))
        }
      }
      json.member("doors", each: entry.doors) { $0.value(Self.description(of: $1)) }
      json.member("remarks", each: entry.remarks) { $0.value($1) }
      json.member("steppedAside", entry.steppedAside?.name)
    }
  }
}
