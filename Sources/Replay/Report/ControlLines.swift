import Gateways
import Translation

/// Which lines of a control session carry addresses on purpose. A greeting that happens to name the host is not for a
/// gateway to change.
enum ControlLines {
  /// The words that begin such lines; gateways that are not here have addresses in any.
  private static let words: [GatewayID: [String]] = [FTPGateway.id: ["PORT", "EPRT", "227", "229"]]

  /// Fields of SIP that are never changed, whatever address they spell: a Call-ID is a name and no place, the digest is
  /// over the `uri` that stands beside it, and candidates may lead where no door does.
  private static let names = [
    "call-id", "i", "in-reply-to", "replaces", "authorization", "proxy-authorization", "www-authenticate",
    "proxy-authenticate", "a=candidate",
  ]

  static func mustBeTranslated(_ line: [UInt8], of gateway: GatewayID) -> Bool {
    if gateway == SIPGateway.id {
      let name = line.prefix { $0 != UInt8(ascii: ":") && $0 != 0x20 && $0 != 0x09 }.prefix(32)
      return !names.contains(String(decoding: name, as: UTF8.self).lowercased())
    }
    guard let words = words[gateway] else { return true }
    // Telnet commands before it are no part of a line.
    let text = String(decoding: line.drop { $0 >= 0xF0 || $0 == 0x20 }.prefix(4), as: UTF8.self).uppercased()
    return words.contains { text.hasPrefix($0) }
  }
}
