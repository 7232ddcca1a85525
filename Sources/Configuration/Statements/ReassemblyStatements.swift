import Forwarding

/// The limits of `ip virtual-reassembly`.
private enum ReassemblyOption: String, KeywordSet {
  case inbound = "in"
  case maximumDatagrams = "max-reassemblies"
  case maximumFragments = "max-fragments"
  case timeout
  case dropFragments = "drop-fragments"

  static var unsupported: Refusals {
    [
      "out": "fragments are followed where they arrive, so that limits belong to the other interface",
      "percentage": "the limits are numbers of datagrams and fragments, and hold for every kind of traffic",
    ]
  }
}

/// `ip virtual-reassembly [in] [max-reassemblies N] [max-fragments N] [timeout SECONDS] [drop-fragments]`: the limits
/// of fragments that arrive; those that are not named get their defaults.
@Sendable func readReassembly(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  var limits = ReassemblyLimits()
  while let option = try reader.option(ReassemblyOption.self) {
    switch option {
    case .inbound: break
    case .maximumDatagrams: limits.maximumDatagrams = try reader.number("DATAGRAMS", in: UInt16(1)...1024).value
    case .maximumFragments: limits.maximumFragments = try reader.number("FRAGMENTS", in: UInt16(1)...64).value
    case .timeout: limits.timeout = try reader.number("SECONDS", in: UInt8(1)...60).value
    case .dropFragments: limits.dropsFragments = true
    }
  }
  guard !reader.isNegated else {
    throw reader.unsupported(
      "ip virtual-reassembly",
      because: "only first fragments have ports, so the others cannot be translated without following them; without "
        + "limits the statement brings the defaults back")
  }
  return assigning(\.reassembly, limits, reader)
}
