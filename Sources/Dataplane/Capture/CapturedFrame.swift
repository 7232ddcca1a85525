/// Which way a captured frame went, seen from the gateway.
package enum CaptureDirection: UInt8, Sendable {
  /// From the device into the gateway, before translation.
  case received = 1
  /// From the gateway to the device, after translation.
  case sent = 2
}

/// One frame that a capture recorded.
package struct CapturedFrame: Equatable, Sendable {
  /// When the worker had it, in nanoseconds of the worker's clock.
  package var timestamp: UInt64
  /// The interface's number, as the capture's mask counts.
  package var interface: Int
  /// Which way the frame went.
  package var direction: CaptureDirection
  /// The octets that the frame had on the wire.
  package var originalLength: Int
  /// The octets kept: the first `originalLength`, or as many as the capture's snap length.
  package var octets: [UInt8]

  /// A record of one frame; the fields say what each argument is.
  package init(
    timestamp: UInt64, interface: Int, direction: CaptureDirection, originalLength: Int, octets: [UInt8]
  ) {
    self.timestamp = timestamp
    self.interface = interface
    self.direction = direction
    self.originalLength = originalLength
    self.octets = octets
  }
}
