import Forwarding
import WireFormats

// The sequence numbers of TCP sessions whose gateway has stepped aside. What it had added to the streams stays added, so
// numbers are moved by a constant from then on, without the slow path. The constant is kept in the region, in a record
// beside the mappings, so that it survives the daemon.

extension SessionRecord {
  /// The number of the record with the shift, where `isShifted`; it takes the place of what was acknowledged, which is in
  /// that record then.
  var shiftRecord: UInt32 {
    get { UInt32(acknowledgedByInside) << 16 | UInt32(acknowledgedByOutside) }
    set {
      acknowledgedByInside = UInt16(truncatingIfNeeded: newValue >> 16)
      acknowledgedByOutside = UInt16(truncatingIfNeeded: newValue)
    }
  }
}

extension MappingRecord {
  /// Of a record of kind `shift`: by how much numbers are moved.
  var shift: SequenceShift {
    get {
      SequenceShift(
        outbound: Int32(bitPattern: insideLocal.rawValue), inbound: Int32(bitPattern: insideGlobal.rawValue))
    }
    set {
      insideLocal = IPv4Address(UInt32(bitPattern: newValue.outbound))
      insideGlobal = IPv4Address(UInt32(bitPattern: newValue.inbound))
    }
  }
}

extension Translator {
  /// How far a session's numbers are moved.
  mutating func shift(of session: UInt32) -> SequenceShift {
    let record = shard.sessions[session]
    guard record.isShifted, record.shiftRecord < shard.mappings.highWater else { return SequenceShift() }
    return shard.mappings[record.shiftRecord].shift
  }

  /// Sets how far a session's numbers are moved; false when the table has no room to note it.
  mutating func setShift(of session: UInt32, to shift: SequenceShift) -> Bool {
    let record = shard.sessions[session]
    if record.isShifted {
      guard shift.isZero else {
        shard.mappings[record.shiftRecord].shift = shift
        return true
      }
      let kept = shard.mappings[record.shiftRecord]
      shard.sessions[session].isShifted = false
      shard.sessions[session].acknowledgedByInside = kept.insideLocalPort
      shard.sessions[session].acknowledgedByOutside = kept.insideGlobalPort
      shard.removeMapping(record.shiftRecord)
      return true
    }
    if shift.isZero { return true }
    var kept = MappingRecord(kind: .shift)
    kept.shift = shift
    kept.users = session
    kept.word = now
    (kept.insideLocalPort, kept.insideGlobalPort) = (record.acknowledgedByInside, record.acknowledgedByOutside)
    guard let number = shard.insert(kept) else { return false }
    shard.sessions[session].shiftRecord = number
    shard.sessions[session].isShifted = true
    return true
  }

  // MARK: On the packet path

  /// What `translate` does last, for a session whose numbers are moved or whose packets come from the slow path: for an
  /// ordinary segment one call for all of it, and one update of the checksum.
  @inline(never)
  mutating func translateMoved(_ packet: inout Packet, _ session: UInt32, to state: NeighborState) {
    guard packet.protocolNumber == .tcp, packet.tcpFlags.intersection([.syn, .fin, .rst, .ack]) == .ack,
      !packet.passage.contains(.inspected)
    else {
      translateMovedCarefully(&packet, session, to: state)
      return
    }
    noteUse(&packet, session)
    noteProgress(of: session, by: .ack, packet.direction)
    let change = numbersMoved(&packet, session, flags: .ack, isFinished: false)
    rewrite(&packet, session, numbersChange: change, isSegment: true)
    packet.verdict = .forward(state)
  }

  /// The same for any packet.
  @inline(never)
  private mutating func translateMovedCarefully(_ packet: inout Packet, _ session: UInt32, to state: NeighborState) {
    track(&packet, session)
    moveNumbers(&packet, session)
    rewrite(&packet, session)
    packet.verdict = .forward(state)
  }

  /// Moves a segment's numbers.
  @inline(never)
  mutating func moveNumbers(_ packet: inout Packet, _ session: UInt32) {
    guard shard.sessions[session].isShifted, packet.kind == .flow, packet.protocolNumber == .tcp else { return }
    // What comes from the slow path has the numbers that its receiver knows.
    let isFinished = packet.passage.contains(.inspected)
    let change = numbersMoved(&packet, session, flags: packet.tcpFlags, isFinished: isFinished)
    // A checksum that waits for its payload's sum covers no field of the header yet.
    guard change != 0, !packet.offload.partialChecksum else { return }
    let place = Int(packet.transportOffset) + TCPField.checksum
    packet.octets.store16(InternetChecksum.update(packet.octets.load16(at: place), by: change), at: place)
  }

  /// Moves a segment's numbers: its own by what was added to its direction's stream, what it acknowledges by what was
  /// added to the other's (RFC 9293 section 3.1, RFC 2018 section 3). Keeps the upper half of what it acknowledges, as
  /// the numbers are behind the gateway: the number of a reset from there is compared with it before it is moved.
  /// Answers what that adds to the sum under the segment's checksum.
  @inline(__always)
  private mutating func numbersMoved(
    _ packet: inout Packet, _ session: UInt32, flags: TCPFlags, isFinished: Bool
  ) -> UInt16 {
    let number = shard.sessions[session].shiftRecord
    guard number < shard.mappings.highWater else { return 0 }
    let isOutbound = packet.direction == .outbound
    let shift = shard.mappings[number].shift
    let own = isFinished ? 0 : UInt32(bitPattern: isOutbound ? shift.outbound : shift.inbound)
    let other = isFinished ? 0 : UInt32(bitPattern: isOutbound ? shift.inbound : shift.outbound)
    let transport = Int(packet.transportOffset)
    let old = packet.octets.load64(at: transport + TCPField.sequence)
    let sequence = UInt32(truncatingIfNeeded: old >> 32) &+ own
    var acknowledgment = UInt32(truncatingIfNeeded: old)
    if flags.contains(.ack) {
      acknowledgment &-= other
      if !flags.contains(.rst) { keep(acknowledgment, isOutbound, number, session) }
    }
    if isFinished { return 0 }
    let new = UInt64(sequence) << 32 | UInt64(acknowledgment)
    packet.octets.store64(new, at: transport + TCPField.sequence)
    var change = InternetChecksum.fold(
      (~old >> 32) &+ (~old & 0xFFFF_FFFF) &+ UInt64(sequence) &+ UInt64(acknowledgment))
    if packet.transportHeaderLength > 20, other != 0, flags.contains(.ack) {
      moveBlocks(packet, by: 0 &- other, &change)
    }
    return change
  }

  /// Keeps what a side has acknowledged, which changes once in 64 KB.
  @inline(__always)
  private mutating func keep(_ acknowledgment: UInt32, _ isByInside: Bool, _ number: UInt32, _ session: UInt32) {
    let acknowledged = UInt16(truncatingIfNeeded: acknowledgment >> 16)
    let known = isByInside ? shard.mappings[number].insideLocalPort : shard.mappings[number].insideGlobalPort
    let bit: UInt16 = isByInside ? 1 : 2
    guard known == acknowledged, shard.sessions[session].acknowledged & bit != 0 else {
      keepAnew(acknowledged, isByInside, number, session)
      return
    }
  }

  @inline(never)
  private mutating func keepAnew(_ acknowledged: UInt16, _ isByInside: Bool, _ number: UInt32, _ session: UInt32) {
    if isByInside {
      shard.mappings[number].insideLocalPort = acknowledged
    } else {
      shard.mappings[number].insideGlobalPort = acknowledged
    }
    shard.sessions[session].acknowledged |= isByInside ? 1 : 2
  }

  @inline(__always)
  private func move(_ packet: Packet, _ offset: Int, by amount: UInt32, _ change: inout UInt16) {
    let old = packet.octets.load32(at: offset)
    packet.octets.store32(old &+ amount, at: offset)
    // A field at an odd place contributes with its octets exchanged.
    let difference = InternetChecksum.difference(from: old, to: old &+ amount)
    let isOdd = (offset - Int(packet.transportOffset)) & 1 == 1
    change = InternetChecksum.add(change, isOdd ? difference.byteSwapped : difference)
  }

  /// Moves the edges of selective acknowledgements.
  @inline(never)
  private func moveBlocks(_ packet: Packet, by amount: UInt32, _ change: inout UInt16) {
    var at = Int(packet.transportOffset) + 20
    let end = Int(packet.transportOffset) + Int(packet.transportHeaderLength)
    while at + 1 < end {
      let kind = packet.octets.load8(at: at)
      if kind == 0 { return }
      if kind == 1 {
        at += 1
        continue
      }
      let length = Int(packet.octets.load8(at: at + 1))
      guard length >= 2, at + length <= end else { return }
      if kind == 5 {
        var edge = at + 2
        while edge + 4 <= at + length {
          move(packet, edge, by: amount, &change)
          edge += 4
        }
      }
      at += length
    }
  }

  /// Gives the numbers of a segment that an ICMP error quotes back what the gateway had done to them, so that their
  /// sender knows them.
  mutating func moveQuotedNumbers(_ packet: Packet, _ quoted: IPv4Header, _ session: UInt32, quotationEnd: Int) {
    guard quoted.protocolNumber == .tcp, quoted.fragmentField & IPv4Field.offsetMask == 0,
      !packet.passage.contains(.inspected)
    else { return }
    let shift = self.shift(of: session)
    // An error from outside quotes what went out.
    let wasOutbound = packet.direction == .inbound
    let own = UInt32(bitPattern: wasOutbound ? shift.outbound : shift.inbound)
    let other = UInt32(bitPattern: wasOutbound ? shift.inbound : shift.outbound)
    let transport = quoted.payload
    var change: UInt16 = 0
    for (field, amount) in [(TCPField.sequence, 0 &- own), (TCPField.acknowledgment, other)]
    where transport + field + 4 <= quotationEnd {
      let old = packet.octets.load32(at: transport + field)
      packet.octets.store32(old &+ amount, at: transport + field)
      change = InternetChecksum.add(change, InternetChecksum.difference(from: old, to: old &+ amount))
    }
    guard transport + TCPField.checksum + 2 <= quotationEnd else { return }
    let old = packet.octets.load16(at: transport + TCPField.checksum)
    packet.octets.store16(InternetChecksum.update(old, by: change), at: transport + TCPField.checksum)
  }

  // MARK: What was acknowledged

  /// What the receiver of a direction of a shifted session has acknowledged, the upper half.
  @inline(never)
  mutating func acknowledgedBesideShift(byReceiverOf direction: Direction, _ session: UInt32) -> UInt16 {
    let number = shard.sessions[session].shiftRecord
    guard number < shard.mappings.highWater else { return 0 }
    return direction == .outbound ? shard.mappings[number].insideGlobalPort : shard.mappings[number].insideLocalPort
  }
}
