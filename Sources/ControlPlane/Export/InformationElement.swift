import Forwarding
import Translation
import WireFormats

/// The fields of a NetFlow record that tell of address translation, by their numbers in IANA's registry of IPFIX
/// information elements, which NetFlow version 9 shares (RFC 8158 section 5).
enum InformationElement: UInt16, CaseIterable {
  case protocolIdentifier = 4
  case sourceTransportPort = 7
  case sourceIPv4Address = 8
  case destinationTransportPort = 11
  case destinationIPv4Address = 12
  case postNATSourceIPv4Address = 225
  case postNATDestinationIPv4Address = 226
  case postNAPTSourceTransportPort = 227
  case postNAPTDestinationTransportPort = 228
  case natEvent = 230
  case ingressVRFID = 234
  case egressVRFID = 235
  case natPoolID = 283
  case observationTimeMilliseconds = 323
  case portRangeStart = 361
  case portRangeEnd = 362
  case portRangeStepSize = 363
  case portRangeNumPorts = 364
  case natQuotaExceededEvent = 466
  case maxSessionEntries = 471
  case maxBIBEntries = 472
  case maxEntriesPerUser = 473

  /// Octets of the field.
  var length: Int {
    switch self {
    case .protocolIdentifier, .natEvent: 1
    case .sourceTransportPort, .destinationTransportPort, .postNAPTSourceTransportPort,
      .postNAPTDestinationTransportPort, .portRangeStart, .portRangeEnd, .portRangeStepSize, .portRangeNumPorts:
      2
    case .observationTimeMilliseconds: 8
    default: 4
    }
  }

  /// The field's value for an event at `milliseconds` since 1970 under pool `pool`.
  func value(of event: TranslationEvent, milliseconds: UInt64, pool: UInt32) -> UInt64 {
    switch self {
    case .protocolIdentifier: UInt64(event.protocolNumber.rawValue)
    case .sourceTransportPort: UInt64(event.insideLocalPort)
    case .sourceIPv4Address: UInt64(event.insideLocal.rawValue)
    case .destinationTransportPort: UInt64(event.outsideLocalPort)
    case .destinationIPv4Address: UInt64(event.outsideLocal.rawValue)
    case .postNATSourceIPv4Address: UInt64(event.insideGlobal.rawValue)
    case .postNATDestinationIPv4Address: UInt64(event.outsideGlobal.rawValue)
    case .postNAPTSourceTransportPort: UInt64(event.insideGlobalPort)
    case .postNAPTDestinationTransportPort: UInt64(event.outsideGlobalPort)
    case .natEvent: UInt64(event.kind.natEvent)
    case .ingressVRFID: UInt64(event.insideInstance.rawValue)
    case .egressVRFID: UInt64(event.outsideInstance.rawValue)
    case .natPoolID: UInt64(pool)
    case .observationTimeMilliseconds: milliseconds
    case .portRangeStart: UInt64(event.firstPort)
    case .portRangeEnd: UInt64(event.lastPort)
    case .portRangeStepSize: UInt64(event.portStep)
    case .portRangeNumPorts: UInt64(event.portCount)
    case .natQuotaExceededEvent: UInt64(event.quota.natQuotaExceededEvent)
    case .maxSessionEntries, .maxBIBEntries, .maxEntriesPerUser: UInt64(event.limit)
    }
  }
}

extension TranslationEvent.Kind {
  /// The value of "natEvent" (RFC 8158 section 4.1's registry).
  var natEvent: UInt8 {
    switch self {
    case .addressesExhausted: 3
    case .sessionCreated: 4
    case .sessionDeleted: 5
    case .bindingCreated: 8
    case .bindingDeleted: 9
    case .portsExhausted: 12
    case .quotaExceeded: 13
    case .addressBindingCreated: 14
    case .addressBindingDeleted: 15
    case .portBlockAllocated: 16
    case .portBlockReleased: 17
    }
  }
}

extension TranslationQuota {
  /// The value of "natQuotaExceededEvent" (RFC 8158 section 4.2's registry). A list's and an instance's limit are
  /// limits of sessions; the rate of a host's new sessions, for which the registry has no number, is one of a user's.
  var natQuotaExceededEvent: UInt32 {
    switch self {
    case .none: 0
    case .sessions, .list, .instance: 1
    case .mappings: 2
    case .host, .rate: 3
    }
  }
}
