import Forwarding
import Translation
import WireFormats

/// A binding that an inside host asks a registrar outside for: an address of record at a contact.
struct SIPRegistrationKey: Hashable {
  var host: SIPHostKey
  var contact: Endpoint
  var transport: IPProtocol
  /// The hash of the user: an exchange registers many at one contact.
  var user: UInt64
}

/// A registration and its door, by which calls come in while the registrar knows of it.
struct SIPRegistration: Hashable {
  /// Seconds that a REGISTER waits for its answer (timer F of RFC 3261).
  static let patience: UInt32 = 40
  /// Seconds that a door stays behind the end of its registration, for calls on their way.
  static let grace: UInt32 = 32
  /// Seconds of a registration that names none (RFC 3261 section 10.2.1.1 leaves them to the registrar).
  static let ordinary: UInt32 = 3600
  static let longest: UInt32 = 7 * 86_400

  var door: SIPDoor
  /// The request that waits: the hash of its Call-ID, and its CSeq.
  var name: UInt64
  var sequence: UInt64
  /// What was asked for: 0 to end it.
  var requested: UInt32
  var isActive = false
  var began: UInt32
  var deadline: UInt32
}
