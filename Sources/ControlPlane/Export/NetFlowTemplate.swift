import Translation

/// The templates of our NetFlow records (RFC 3954 section 5.2), by their numbers; a field list for each kind of event
/// that RFC 8158 section 5.6 describes.
enum NetFlowTemplate: UInt16, CaseIterable {
  case session = 256
  case binding
  case addressBinding
  case portBlock
  case addressesExhausted
  case portsExhausted
  case sessionQuota
  case bindingQuota
  case hostQuota

  /// The template that an event's record has.
  init(for event: TranslationEvent) {
    switch event.kind {
    case .sessionCreated, .sessionDeleted: self = .session
    case .bindingCreated, .bindingDeleted: self = .binding
    case .addressBindingCreated, .addressBindingDeleted: self = .addressBinding
    case .portBlockAllocated, .portBlockReleased: self = .portBlock
    case .addressesExhausted: self = .addressesExhausted
    case .portsExhausted: self = .portsExhausted
    case .quotaExceeded:
      switch event.quota {
      case .mappings: self = .bindingQuota
      case .host, .rate: self = .hostQuota
      case .none, .sessions, .list, .instance: self = .sessionQuota
      }
    }
  }

  /// The fields, in the order of the record.
  var fields: [InformationElement] {
    switch self {
    case .session:
      [
        .observationTimeMilliseconds, .sourceIPv4Address, .postNATSourceIPv4Address, .destinationIPv4Address,
        .postNATDestinationIPv4Address, .sourceTransportPort, .postNAPTSourceTransportPort,
        .destinationTransportPort, .postNAPTDestinationTransportPort, .ingressVRFID, .egressVRFID,
        .protocolIdentifier, .natEvent,
      ]
    case .binding:
      [
        .observationTimeMilliseconds, .sourceIPv4Address, .postNATSourceIPv4Address, .sourceTransportPort,
        .postNAPTSourceTransportPort, .ingressVRFID, .protocolIdentifier, .natEvent,
      ]
    case .addressBinding:
      [.observationTimeMilliseconds, .sourceIPv4Address, .postNATSourceIPv4Address, .ingressVRFID, .natEvent]
    case .portBlock:
      [
        .observationTimeMilliseconds, .sourceIPv4Address, .postNATSourceIPv4Address, .portRangeStart, .portRangeEnd,
        .portRangeStepSize, .portRangeNumPorts, .ingressVRFID, .protocolIdentifier, .natEvent,
      ]
    case .addressesExhausted: [.observationTimeMilliseconds, .natPoolID, .ingressVRFID, .natEvent]
    case .portsExhausted:
      [
        .observationTimeMilliseconds, .postNATSourceIPv4Address, .natPoolID, .ingressVRFID, .protocolIdentifier,
        .natEvent,
      ]
    case .sessionQuota:
      [.observationTimeMilliseconds, .natQuotaExceededEvent, .maxSessionEntries, .ingressVRFID, .natEvent]
    case .bindingQuota: [.observationTimeMilliseconds, .natQuotaExceededEvent, .maxBIBEntries, .natEvent]
    case .hostQuota:
      [
        .observationTimeMilliseconds, .natQuotaExceededEvent, .maxEntriesPerUser, .sourceIPv4Address, .ingressVRFID,
        .natEvent,
      ]
    }
  }

  /// Its place among the templates.
  var place: Int { Int(rawValue - Self.session.rawValue) }

  /// The field lists by place, made once.
  static let fieldLists = allCases.map(\.fields)
  /// Octets of a record, by place.
  static let recordLengths = fieldLists.map { $0.reduce(0) { $0 + $1.length } }

  /// The template FlowSet that describes all of them (RFC 3954 section 5.2).
  static let flowSet: [UInt8] = {
    var set = NetFlowOctets()
    set.append(0, octets: 2)
    set.append(0, octets: 2)
    for template in allCases {
      set.append(UInt64(template.rawValue), octets: 2)
      set.append(UInt64(template.fields.count), octets: 2)
      for field in template.fields {
        set.append(UInt64(field.rawValue), octets: 2)
        set.append(UInt64(field.length), octets: 2)
      }
    }
    set.store(UInt16(set.octets.count), at: 2)
    return set.octets
  }()
}

/// Octets of a packet as they are put together, in network order.
struct NetFlowOctets {
  private(set) var octets: [UInt8] = []

  mutating func append(_ value: UInt64, octets count: Int) {
    for shift in (0..<count).reversed() { octets.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * shift))) }
  }

  mutating func append(contentsOf other: [UInt8]) { octets += other }

  mutating func store(_ value: UInt16, at offset: Int) {
    octets[offset] = UInt8(value >> 8)
    octets[offset + 1] = UInt8(truncatingIfNeeded: value)
  }

  mutating func removeAll() { octets.removeAll(keepingCapacity: true) }
}
