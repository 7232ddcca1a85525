package import Translation
import VirtualTCP

/// A proxied TCP connection, for `show vtcp`.
package struct ConnectionRow: Sendable {
  package var session: ControlSession
  /// The gateway's name, while it looks.
  package var gateway: String
  /// Why the gateway stepped aside, if it did.
  package var steppedAside: StepAsideReason?
  package var shift: SequenceShift
  package var bufferedOctets: Int
  package var isEstablished: Bool

  package init(
    session: ControlSession, gateway: String, steppedAside: StepAsideReason?, shift: SequenceShift,
    bufferedOctets: Int, isEstablished: Bool
  ) {
    self.session = session
    self.gateway = gateway
    self.steppedAside = steppedAside
    self.shift = shift
    self.bufferedOctets = bufferedOctets
    self.isEstablished = isEstablished
  }
}

extension GatewayEngine {
  /// The proxied connections, at most `limit` of them.
  package func connections(limit: Int) -> [ConnectionRow] {
    streams.values.prefix(limit).map { stream in
      ConnectionRow(
        session: stream.session, gateway: GatewayCatalog.gateway(stream.session.gateway)?.name ?? "-",
        steppedAside: stream.steppedAside, shift: stream.connection.shift,
        bufferedOctets: stream.connection.bufferedOctets, isEstablished: stream.connection.isEstablished)
    }
  }
}
