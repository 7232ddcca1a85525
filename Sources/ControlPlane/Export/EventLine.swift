import Forwarding
import Translation
import WireFormats

extension TranslationEvent {
  /// The line of the system log for the event, in the words of IOS XE: inside local, inside global, outside local and
  /// outside global endpoint, then the number of the inside host's routing instance. A mapping has no outside
  /// endpoints, for which zeros stand. Nil for a refusal, of which the log tells by itself.
  var logLine: String? {
    switch kind {
    case .sessionCreated, .bindingCreated, .addressBindingCreated: "%NAT-6-LOG_TRANSLATION: Created " + translation
    case .sessionDeleted, .bindingDeleted, .addressBindingDeleted: "%NAT-6-LOG_TRANSLATION: Deleted " + translation
    case .portBlockAllocated: "%NAT-6-LOG_PORT_BLOCK: Allocated " + block
    case .portBlockReleased: "%NAT-6-LOG_PORT_BLOCK: Released " + block
    case .addressesExhausted, .portsExhausted, .quotaExceeded: nil
    }
  }

  private var translation: String {
    "Translation \(protocolName) \(insideLocal):\(insideLocalPort) \(insideGlobal):\(insideGlobalPort) "
      + "\(outsideLocal):\(outsideLocalPort) \(outsideGlobal):\(outsideGlobalPort) \(insideInstance.rawValue)"
  }

  private var block: String {
    "Ports \(protocolName) \(insideLocal) \(insideGlobal):\(firstPort)-\(lastPort) step \(portStep) "
      + "\(insideInstance.rawValue)"
  }

  private var protocolName: String {
    switch protocolNumber {
    case .tcp: "TCP"
    case .udp: "UDP"
    case .icmp: "ICMP"
    case IPProtocol(rawValue: 47): "GRE"
    case IPProtocol(rawValue: 50): "ESP"
    case IPProtocol(rawValue: 0): "IP"
    default: String(protocolNumber.rawValue)
    }
  }

  /// Whether a log of this scope speaks of the event.
  func isIn(_ scope: TranslationLogging.Scope) -> Bool {
    switch kind {
    case .sessionCreated, .sessionDeleted: scope == .sessions
    default: true
    }
  }
}
