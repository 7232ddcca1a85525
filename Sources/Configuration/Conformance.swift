package import Gateways
package import Translation
import WireFormats

/// Whose defaults hold for what a configuration leaves open.
package enum Conformance: String, CaseIterable, Sendable {
  /// IOS's.
  case ios
  /// Those that RFC 4787, RFC 5382, RFC 5508 and RFC 6888 ask for where IOS does otherwise.
  case rfc
}

/// How the mappings of a dynamic rule behave.
package struct RuleBehavior: Hashable, Sendable {
  package var mapping = MappingBehavior.endpointIndependent
  package var filtering = FilteringBehavior.addressAndPortDependent
  package var pooling = PoolingBehavior.paired
  package var ports = PortAssignment.preserve

  package init() {}
}

extension Conformance {
  /// Idle times: RFC 5382 REQ-5 asks for four minutes at least while a connection opens or closes.
  package var timeouts: Timeouts {
    var timeouts = Timeouts()
    if self == .rfc {
      timeouts.syn = 240
      timeouts.finRst = 240
    }
    return timeouts
  }

  /// Settings: a SYN waits for six seconds (RFC 5382 REQ-4), a freed port rests for two minutes (RFC 6888 REQ-8), and
  /// whoever meets a limit is told that the host is unreachable (RFC 6888 REQ-11).
  package var settings: TranslationSettings {
    var settings = TranslationSettings()
    if self == .rfc {
      settings.unsolicitedSYN = 6
      settings.holdDown = 120
      settings.refusalCode = 1
    }
    return settings
  }

  /// Sessions of one inside host: a limit there has to be (RFC 6888 REQ-4).
  package var sessionsPerHost: Int? { self == .rfc ? 4096 : nil }

  /// The behavior of dynamic rules: endpoint-independent filtering is what RFC 4787 REQ-8 recommends for the most
  /// transparent NAT.
  package var rules: RuleBehavior {
    var behavior = RuleBehavior()
    if self == .rfc { behavior.filtering = .endpointIndependent }
    return behavior
  }

  /// Sessions that no gateway looks into unless a statement asks for it: RFC 4787 REQ-10 wants gateways of protocols
  /// over UDP off.
  package var servicesOff: Set<DefaultService> {
    self == .ios ? [] : Set(GatewayCatalog.all.flatMap { $0.services }.filter { $0.transport == .udp })
  }
}
