package import Forwarding
package import WireFormats

/// A door, as listings show it.
package struct DoorRow: Hashable, Sendable {
  package var id: DoorID
  package var request: DoorRequest
  package var insideGlobal: IPv4Address
  package var insideGlobalPort: UInt16
  package var insideInstance: RoutingInstance
  package var outsideInstance: RoutingInstance
  package var isActive: Bool
  /// Seconds until it closes unused; nil for as long as its parent lives.
  package var secondsLeft: UInt32?
  /// Sessions that came through it.
  package var uses: UInt32

  package init(
    id: DoorID, request: DoorRequest, insideGlobal: IPv4Address, insideGlobalPort: UInt16,
    insideInstance: RoutingInstance, outsideInstance: RoutingInstance, isActive: Bool, secondsLeft: UInt32?,
    uses: UInt32
  ) {
    self.id = id
    self.request = request
    self.insideGlobal = insideGlobal
    self.insideGlobalPort = insideGlobalPort
    self.insideInstance = insideInstance
    self.outsideInstance = outsideInstance
    self.isActive = isActive
    self.secondsLeft = secondsLeft
    self.uses = uses
  }
}

extension Translator {
  /// Gives the doors from place `cursor` on to `body`, over at most `slice` places; returns the place to go on with, or nil
  /// at the end.
  package mutating func listDoors(from cursor: UInt32, slice: UInt32, _ body: (DoorRow) -> Void) -> UInt32? {
    Self.walk(from: cursor, slice: slice, end: UInt32(doors.limit)) { place in
      guard let door = doors[place] else { return true }
      body(
        DoorRow(
          id: doors.id(of: place, worker: worker), request: door.request, insideGlobal: door.insideGlobal,
          insideGlobalPort: door.insideGlobalPort, insideInstance: door.insideInstance,
          outsideInstance: door.outsideInstance, isActive: door.isActive,
          secondsLeft: door.deadline.map { $0 > now ? $0 - now : 0 }, uses: door.uses))
      return true
    }
  }
}
