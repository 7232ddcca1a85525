import ArgumentParser
import Glibc

/// An IPv4 address on the command line, in dotted decimal.
struct AddressArgument: ExpressibleByArgument {
  /// The address in network order, as the socket calls want it.
  let networkOrder: in_addr

  init?(argument: String) {
    var address = in_addr()
    guard unsafe inet_pton(AF_INET, argument, &address) == 1 else { return nil }
    networkOrder = address
  }
}

/// An IPv4 address and a UDP port on the command line, written `A:P`.
struct DestinationArgument: ExpressibleByArgument {
  let address: AddressArgument
  let port: UInt16

  init?(argument: String) {
    let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let address = AddressArgument(argument: String(parts[0])), let port = UInt16(parts[1]),
      port != 0
    else { return nil }
    self.address = address
    self.port = port
  }
}

/// Consecutive ports on the command line, written `BASE+N`.
struct PortsArgument: ExpressibleByArgument {
  let base: UInt16
  let count: Int

  init?(argument: String) {
    let parts = argument.split(separator: "+", omittingEmptySubsequences: false)
    guard parts.count == 2, let base = UInt16(parts[0]), let count = Int(parts[1]), base != 0,
      (1...Limits.ports).contains(count), Int(base) + count <= 65_536
    else { return nil }
    self.base = base
    self.count = count
  }

  /// The port at `index`, counted from the base.
  subscript(index: Int) -> UInt16 { base + UInt16(index) }
}

/// How fast to send: a number of packets a second, or `max` for as fast as the socket takes them.
enum RateArgument: ExpressibleByArgument {
  case unlimited
  case packetsPerSecond(Double)

  init?(argument: String) {
    if argument == "max" {
      self = .unlimited
      return
    }
    guard let rate = Double(argument), rate.isFinite, rate >= 1, rate <= 1e9 else { return nil }
    self = .packetsPerSecond(rate)
  }
}
