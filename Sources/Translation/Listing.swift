import Forwarding
import WireFormats

/// What an operator clears: `clear ip nat translation …`.
package struct ClearRequest: Hashable, Sendable {
  /// Nil for every protocol.
  package var protocolNumber: UInt8?
  /// Inside global and local address; nil for any.
  package var insideGlobal: UInt32?
  package var insideLocal: UInt32?
  /// Inside global and local port; nil for any.
  package var insideGlobalPort: UInt16?
  package var insideLocalPort: UInt16?
  /// Outside local and global address and port; nil for any.
  package var outsideLocal: UInt32?
  package var outsideGlobal: UInt32?
  package var outsideLocalPort: UInt16?
  package var outsideGlobalPort: UInt16?
  /// The instance of the inside hosts; nil for any.
  package var instance: UInt16?
  /// Only entries that no session uses; sessions stay (a `clear` without `forced`).
  package var sparesSessions = false

  /// Everything: `clear ip nat translation *`.
  package init() {}

  func matches(_ record: SessionRecord) -> Bool {
    func fits<T: Equatable>(_ wanted: T?, _ value: T) -> Bool { wanted == nil || wanted == value }
    return fits(protocolNumber, record.protocolNumber.rawValue) && fits(instance, record.insideInstance.rawValue)
      && fits(insideGlobal, record.insideGlobal.rawValue) && fits(insideLocal, record.insideLocal.rawValue)
      && fits(insideGlobalPort, record.insideGlobalPort) && fits(insideLocalPort, record.insideLocalPort)
      && fits(outsideLocal, record.outsideLocal.rawValue) && fits(outsideGlobal, record.outsideGlobal.rawValue)
      && fits(outsideLocalPort, record.outsideLocalPort) && fits(outsideGlobalPort, record.outsideGlobalPort)
  }
}

extension ClearRequest {
  func matches(_ record: MappingRecord) -> Bool {
    let namesAddresses =
      protocolNumber == nil && insideGlobalPort == nil && insideLocalPort == nil && outsideLocal == nil
      && outsideGlobal == nil && outsideLocalPort == nil && outsideGlobalPort == nil
    return namesAddresses && (instance ?? record.instance.rawValue) == record.instance.rawValue
      && (insideGlobal ?? record.insideGlobal.rawValue) == record.insideGlobal.rawValue
      && (insideLocal ?? record.insideLocal.rawValue) == record.insideLocal.rawValue
  }
}

extension ClearRequest {
  /// Whether it names an outside host's local address, or everything. A request that names a protocol, a port or an
  /// inside host names sessions only.
  package func matches(_ binding: OutsideBinding) -> Bool {
    let namesAddresses =
      protocolNumber == nil && insideGlobal == nil && insideLocal == nil && insideGlobalPort == nil
      && insideLocalPort == nil && outsideLocalPort == nil && outsideGlobalPort == nil
    return namesAddresses && (instance ?? binding.inside.rawValue) == binding.inside.rawValue
      && (outsideLocal ?? binding.local.rawValue) == binding.local.rawValue
      && (outsideGlobal ?? binding.global.rawValue) == binding.global.rawValue
      && (!sparesSessions || binding.users == 0)
  }
}

extension Translator {
  /// Copies live sessions from record `cursor` on, at most `limit` of them and over at most `slice` records; returns
  /// the record to go on with, or nil at the end of the table.
  package func listSessions(
    from cursor: UInt32, slice: UInt32, limit: Int, into result: inout [SessionRecord]
  ) -> UInt32? {
    listSessions(from: cursor, slice: slice, limit: limit) { result.append($1) }
  }

  /// As above, but gives each record with its number to `body`.
  package func listSessions(
    from cursor: UInt32, slice: UInt32, limit: Int, _ body: (UInt32, SessionRecord) -> Void
  ) -> UInt32? {
    var count = 0
    return Self.walk(from: cursor, slice: slice, end: shard.sessions.highWater) { number in
      guard count < limit else { return false }
      let record = shard.sessions[number]
      guard record.flags.contains(.live) else { return true }
      body(number, record)
      count += 1
      return true
    }
  }

  /// As `listSessions`, for the address mappings of rules without `overload`, which IOS shows as rows of their own.
  package func listAddressMappings(
    from cursor: UInt32, slice: UInt32, limit: Int, into result: inout [MappingRecord]
  ) -> UInt32? {
    listAddressMappings(from: cursor, slice: slice, limit: limit) { result.append($1) }
  }

  /// As above, but gives each record with its number to `body`.
  package func listAddressMappings(
    from cursor: UInt32, slice: UInt32, limit: Int, _ body: (UInt32, MappingRecord) -> Void
  ) -> UInt32? {
    listMappings(.address, from: cursor, slice: slice, limit: limit, body)
  }

  /// As `listSessions`, for the inside hosts that are known because something limits their sessions: each record's
  /// `users` are its host's sessions, its `refusals` those that it was refused.
  package func listHosts(
    from cursor: UInt32, slice: UInt32, limit: Int, _ body: (UInt32, MappingRecord) -> Void
  ) -> UInt32? {
    listMappings(.host, from: cursor, slice: slice, limit: limit, body)
  }

  private func listMappings(
    _ kind: MappingRecord.Kind, from cursor: UInt32, slice: UInt32, limit: Int,
    _ body: (UInt32, MappingRecord) -> Void
  ) -> UInt32? {
    var count = 0
    return Self.walk(from: cursor, slice: slice, end: shard.mappings.highWater) { number in
      guard count < limit else { return false }
      let record = shard.mappings[number]
      guard record.kind == kind else { return true }
      body(number, record)
      count += 1
      return true
    }
  }

  /// Ends the sessions that a request names, over `slice` records from `cursor` on; adds to `cleared`. One that spares
  /// sessions ends none: they are counted in `cleared` all the same, for whoever asks why something was not cleared.
  /// Returns the record to go on with, or nil at the end of the table.
  package mutating func clear(
    _ request: ClearRequest, from cursor: UInt32, slice: UInt32, cleared: inout Int
  ) -> UInt32? {
    Self.walk(from: cursor, slice: slice, end: shard.sessions.highWater) { number in
      let record = shard.sessions[number]
      guard record.flags.contains(.live), request.matches(record) else { return true }
      cleared += 1
      if request.sparesSessions { return true }
      end(session: number)
      counters.add(to: .sessionsCleared)
      let mapping = record.mapping
      if mapping != SessionRecord.noMapping, shard.mappings[mapping].kind == .address,
        shard.mappings[mapping].users == 0
      {
        end(mapping: mapping)
      }
      return true
    }
  }

  /// Ends the address mappings without sessions that a request names, over `slice` records from `cursor` on. A request
  /// that names a protocol, a port or an outside host names sessions only.
  package mutating func clearIdleMappings(
    _ request: ClearRequest, from cursor: UInt32, slice: UInt32, cleared: inout Int
  ) -> UInt32? {
    Self.walk(from: cursor, slice: slice, end: shard.mappings.highWater) { number in
      let record = shard.mappings[number]
      guard record.kind == .address, record.users == 0, request.matches(record) else { return true }
      end(mapping: number)
      cleared += 1
      return true
    }
  }

  /// Visits records from `cursor` on, at most `slice` of them and none beyond `end`, until `visit` does not want one.
  static func walk(
    from cursor: UInt32, slice: UInt32, end: UInt32, _ visit: (UInt32) -> Bool
  ) -> UInt32? {
    var number = cursor
    let stop = min(end, cursor &+ slice)
    while number < stop, visit(number) { number += 1 }
    return number < end ? number : nil
  }
}
