import WireFormats

/// The outside servers of a lane's TFTP transfers (RFC 1350): each transfer has a port of its own, from which the server
/// sends, so that no gateway lets it in who has not read the request.
final class TFTPServer {
  static let port: UInt16 = 69
  /// "Transfer identifiers" of servers.
  private static let identifiers: ClosedRange<UInt16> = 20_000...59_999

  private let side: Side
  private let file: TFTPFile
  /// Who reads from which endpoint of a server; endpoints are taken again when their turn comes.
  private var readers: [Endpoint: Endpoint] = [:]
  private var nextIdentifier = TFTPServer.identifiers.lowerBound

  init(_ side: Side, _ file: TFTPFile) {
    self.side = side
    self.file = file
  }

  func forgetAll() { readers.removeAll(keepingCapacity: true) }

  func arrived(_ packet: Arrival, _ tally: inout Tally) {
    guard packet.payload.count >= TFTPMessage.headerLength else {
      tally.unexpected += 1
      return
    }
    let code = packet.frame.load16(at: packet.payload.lowerBound)
    if packet.destination.port == Self.port, code == TFTPMessage.readRequest {
      let own = Endpoint(packet.destination.address, nextIdentifier)
      nextIdentifier = nextIdentifier == Self.identifiers.upperBound ? Self.identifiers.lowerBound : nextIdentifier + 1
      readers[own] = packet.source
      send(block: 1, EndpointPair(local: own, remote: packet.source))
      return
    }
    guard code == TFTPMessage.acknowledgment, let reader = readers[packet.destination] else {
      tally.unexpected += 1
      return
    }
    // The request and what follows come from one endpoint, or the gateway has given the client a second one.
    if reader != packet.source { tally.wrongTranslations += 1 }
    let block = Int(packet.frame.load16(at: packet.payload.lowerBound + 2))
    guard block < file.blocks else {
      readers[packet.destination] = nil
      return
    }
    send(block: block + 1, packet.pair)
  }

  private func send(block: Int, _ pair: EndpointPair) {
    let length = file.length(of: block)
    let frame = side.room(FrameWriter.udpPayload + TFTPMessage.headerLength + length)
    frame.store16(TFTPMessage.data, at: FrameWriter.udpPayload)
    frame.store16(UInt16(block), at: FrameWriter.udpPayload + 2)
    file.write(block, to: frame, at: FrameWriter.udpPayload + TFTPMessage.headerLength)
    FrameWriter.finishUDP(frame, side.link, pair)
  }
}

/// The messages of RFC 1350 section 5, as far as a transfer without faults has them.
enum TFTPMessage {
  static let readRequest: UInt16 = 1
  static let data: UInt16 = 3
  static let acknowledgment: UInt16 = 4
  /// "Opcode" and "Block #".
  static let headerLength = 4
  /// What follows the opcode of a request: a name and a mode.
  static let request: [UInt8] = Array("load\0octet\0".utf8)
}

/// The file that is read: octets that say where in it they are.
struct TFTPFile {
  static let blockSize = 512
  /// The largest file whose blocks can be numbered.
  static let maximumSize = 65_535 * blockSize - 1

  /// Octets of the file.
  let size: Int

  /// The blocks of a transfer; the last is shorter than the others, empty if need be.
  var blocks: Int { size / Self.blockSize + 1 }

  /// Octets of a block, numbered from 1.
  func length(of block: Int) -> Int { min(Self.blockSize, size - (block - 1) * Self.blockSize) }

  func write(_ block: Int, to frame: PacketOctets, at start: Int) {
    for place in 0..<length(of: block) { frame.store8(Self.octet(block, place), at: start + place) }
  }

  /// Whether a frame's octets from `start` on are those of a block.
  func holds(_ block: Int, _ frame: PacketOctets, at start: Int) -> Bool {
    (0..<length(of: block)).allSatisfy { frame.load8(at: start + $0) == Self.octet(block, $0) }
  }

  private static func octet(_ block: Int, _ place: Int) -> UInt8 { UInt8(truncatingIfNeeded: block &* 31 &+ place) }
}
