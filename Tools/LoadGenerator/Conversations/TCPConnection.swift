import WireFormats

/// One end of a TCP connection as the generator plays it: in order, with every segment answered at once, and without
/// a timer. In a conversation a lost segment shall be seen as a failure and not be mended.
struct TCPConnection {
  enum State {
    case synSent
    case synReceived
    case established
  }

  let pair: EndpointPair
  var state: State
  /// What the connection belongs to, for the profile.
  var tag: Int
  /// SND.NXT, SND.UNA and RCV.NXT of RFC 9293.
  var sendNext: UInt32
  var sendUnacknowledged: UInt32
  /// The highest SND.NXT so far: more than SND.NXT when something is sent again.
  var sendHighest: UInt32
  var receiveNext: UInt32 = 0
  /// What the peer has room for behind `sendUnacknowledged`: SND.WND, in octets.
  var sendWindow: UInt32 = 0
  /// By how much the peer's windows are shifted, outside of its handshake.
  var peerShift: UInt8 = 0
  var hasSentFIN = false
  var hasReceivedFIN = false
  /// Whether something has come that no segment of ours has acknowledged yet.
  var owesAcknowledgment = false

  /// Octets sent and not acknowledged.
  var inFlight: UInt32 { sendNext &- sendUnacknowledged }
  /// Whether both directions are closed and all of ours is acknowledged.
  var isOver: Bool { hasSentFIN && hasReceivedFIN && sendUnacknowledged == sendNext }
}

/// What a segment meant for its connection.
struct TCPEvent {
  /// The connection's place in the stack.
  var connection: Int
  /// What the connection belongs to.
  var tag: Int
  /// The handshake is done.
  var opened = false
  /// Fresh payload in order, where it lies in the frame.
  var payload: Range<Int> = 0..<0
  /// The peer sends no more.
  var finished = false
  /// Both directions are closed; the connection is forgotten.
  var closed = false
  /// The peer refused or broke the connection, which is forgotten.
  var reset = false
  /// Octets that the segment acknowledged.
  var acknowledged: UInt32 = 0
  /// The segment brought nothing new and acknowledged nothing.
  var isDuplicate = false
}
