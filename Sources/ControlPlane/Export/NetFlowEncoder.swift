import Translation

/// A moment by two clocks.
struct Moment {
  /// Nanoseconds of the monotonic clock, by which events and intervals are measured.
  var monotonic: UInt64
  /// Milliseconds since 1970.
  var unixMilliseconds: UInt64

  /// Milliseconds since 1970 of an earlier or later monotonic time.
  func unixMilliseconds(at nanoseconds: UInt64) -> UInt64 {
    let difference = Int64(bitPattern: nanoseconds &- monotonic) / 1_000_000
    return UInt64(clamping: Int64(clamping: unixMilliseconds) + difference)
  }
}

/// Puts events into NetFlow version 9 export packets for one collector (RFC 3954).
///
/// A packet is full, or is sent when its first record has waited for `longestWait`. Since UDP may lose any of them, the
/// templates go into the first packet and again after `packetsBetweenTemplates` packets or `secondsBetweenTemplates`
/// seconds, with or without records. Records are collected by template, so that a packet has one FlowSet for each.
struct NetFlowEncoder {
  /// UDP octets of a packet at most, so that it fits every usual path.
  static let maximumOctets = 1400
  static let packetsBetweenTemplates = 20
  static let secondsBetweenTemplates: UInt64 = 60
  /// Nanoseconds that a record waits for others at most.
  static let longestWait: UInt64 = 1_000_000_000
  static let headerLength = 20
  private static let flowSetHeaderLength = 4

  /// "Source ID": tells this exporter's packets from those of others at one address.
  let sourceID: UInt32
  private let limit: Int
  private let start: UInt64
  private var sequence: UInt32 = 0
  private var records = NetFlowTemplate.allCases.map { _ in NetFlowOctets() }
  private var recordCount = 0
  /// Whether the packet at hand carries the templates: decided with its first record, since they take room.
  private var carriesTemplates = false
  /// When the first of the records came.
  private var since: UInt64 = 0
  private var packetsSinceTemplates = 0
  private var lastTemplates: UInt64?
  /// Packets that carried the templates.
  private(set) var templateRefreshes: UInt64 = 0

  /// An encoder that has sent nothing.
  ///
  /// - Parameters:
  ///   - limit: UDP octets of a packet at most; at least 512, since the templates take more than three hundred.
  ///   - start: the monotonic time from which "sysUpTime" counts.
  init(sourceID: UInt32, limit: Int = NetFlowEncoder.maximumOctets, start: UInt64) {
    self.sourceID = sourceID
    self.limit = max(512, limit)
    self.start = start
  }

  /// Records that fit every packet, whatever they tell of.
  var guaranteedRecords: Int {
    let lists = NetFlowTemplate.allCases.count * (Self.flowSetHeaderLength + 3)
    let longest = NetFlowTemplate.recordLengths.max() ?? 1
    return max(1, (limit - Self.headerLength - NetFlowTemplate.flowSet.count - lists) / longest)
  }

  /// Adds a record. Returns the packet that had no room for it any more.
  mutating func add(_ event: TranslationEvent, pool: UInt32, at moment: Moment) -> [UInt8]? {
    let place = NetFlowTemplate(for: event).place
    var finished: [UInt8]?
    if length(adding: NetFlowTemplate.recordLengths[place], at: place) > limit { finished = packet(at: moment) }
    if recordCount == 0 {
      since = moment.monotonic
      carriesTemplates = areTemplatesDue(at: moment)
    }
    recordCount += 1
    let milliseconds = moment.unixMilliseconds(at: event.time)
    for field in NetFlowTemplate.fieldLists[place] {
      records[place].append(
        field.value(of: event, milliseconds: milliseconds, pool: pool), octets: field.length)
    }
    return finished
  }

  /// The packet at hand, if it has waited long enough or if the templates are due.
  mutating func due(at moment: Moment) -> [UInt8]? {
    if recordCount > 0 { return moment.monotonic &- since >= Self.longestWait ? packet(at: moment) : nil }
    guard areTemplatesDue(at: moment) else { return nil }
    carriesTemplates = true
    return packet(at: moment)
  }

  /// The packet at hand, if it has records.
  mutating func flush(at moment: Moment) -> [UInt8]? { recordCount > 0 ? packet(at: moment) : nil }

  private func areTemplatesDue(at moment: Moment) -> Bool {
    guard let lastTemplates else { return true }
    return packetsSinceTemplates >= Self.packetsBetweenTemplates
      || moment.monotonic &- lastTemplates >= Self.secondsBetweenTemplates * 1_000_000_000
  }

  /// Octets of the packet with another record.
  private func length(adding octets: Int, at place: Int) -> Int {
    var total = Self.headerLength + (carriesTemplates ? NetFlowTemplate.flowSet.count : 0)
    for other in records.indices {
      let data = records[other].octets.count + (other == place ? octets : 0)
      if data > 0 { total += Self.flowSetHeaderLength + (data + 3) / 4 * 4 }
    }
    return total
  }

  private mutating func packet(at moment: Moment) -> [UInt8] {
    var packet = NetFlowOctets()
    packet.append(9, octets: 2)
    packet.append(UInt64(recordCount + (carriesTemplates ? NetFlowTemplate.allCases.count : 0)), octets: 2)
    packet.append((moment.monotonic &- start) / 1_000_000, octets: 4)
    packet.append(moment.unixMilliseconds / 1000, octets: 4)
    packet.append(UInt64(sequence), octets: 4)
    packet.append(UInt64(sourceID), octets: 4)
    if carriesTemplates { packet.append(contentsOf: NetFlowTemplate.flowSet) }
    for template in NetFlowTemplate.allCases where !records[template.place].octets.isEmpty {
      let data = records[template.place].octets
      let padding = (4 - data.count % 4) % 4
      packet.append(UInt64(template.rawValue), octets: 2)
      packet.append(UInt64(Self.flowSetHeaderLength + data.count + padding), octets: 2)
      packet.append(contentsOf: data)
      packet.append(0, octets: padding)
      records[template.place].removeAll()
    }
    sequence &+= 1
    recordCount = 0
    if carriesTemplates {
      carriesTemplates = false
      templateRefreshes += 1
      packetsSinceTemplates = 0
      lastTemplates = moment.monotonic
    }
    packetsSinceTemplates += 1
    return packet.octets
  }
}
