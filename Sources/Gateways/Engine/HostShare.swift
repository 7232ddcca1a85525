import Forwarding
import Translation
import WireFormats

/// What the TCP connections of one inside host hold together.
///
/// An object, since each of the connections has it at hand and changes it with every segment.
final class HostShare {
  /// An inside host.
  enum Host: Hashable {
    /// As its instance knows it.
    case address(IPv4Address, RoutingInstance)
    /// By its network of 64 bits, in which a host has as many IPv6 addresses as it likes.
    case network(UInt64)
  }

  let host: Host
  fileprivate(set) var octets = 0
  fileprivate(set) var connections = 0
  /// Octets that connections may hold beyond what each may.
  fileprivate(set) var growth = 0

  fileprivate init(_ host: Host) { self.host = host }
}

/// The octets that connections hold: those of each inside host, and all of them.
struct HeldOctets {
  private var hosts: [HostShare.Host: HostShare] = [:]
  private(set) var total = 0
  private(set) var growth = 0

  /// The share of a connection that begins.
  mutating func join(_ session: ControlSession) -> HostShare {
    let host =
      session.ipv6.map { HostShare.Host.network($0.inside.high) }
      ?? .address(session.insideLocal.address, session.insideInstance)
    let share = hosts[host] ?? HostShare(host)
    hosts[host] = share
    share.connections += 1
    return share
  }

  /// A connection holds so many octets more than before.
  mutating func change(_ share: HostShare, by octets: Int) {
    share.octets += octets
    total += octets
  }

  /// Lets a connection hold so many octets more than each may, unless what was granted so would go beyond a quarter of its
  /// host's bound, or of that of all: so nobody's gateway steps aside because somebody else is fast.
  mutating func grant(_ octets: Int, to share: HostShare, _ settings: EngineSettings) -> Bool {
    guard share.growth + octets <= settings.octetsPerHost / 4, growth + octets <= settings.maximumOctets / 4 else {
      return false
    }
    share.growth += octets
    growth += octets
    return true
  }

  /// A connection that has been closed needs no room any more.
  mutating func giveBack(_ granted: Int, of share: HostShare) {
    share.growth -= granted
    growth -= granted
  }

  /// A connection has ended that held so many octets, and was granted so many beyond what each may hold.
  mutating func leave(_ share: HostShare, with octets: Int, granted: Int) {
    change(share, by: -octets)
    giveBack(granted, of: share)
    share.connections -= 1
    if share.connections == 0 { hosts[share.host] = nil }
  }
}

/// How much of a bound is used up.
enum Fullness: Comparable {
  case below
  /// From three quarters on: what grows loses its gateway, and holds octets only until their receiver has them.
  case near
  /// Not even what goes on without a gateway has room.
  case reached

  init(_ octets: Int, of bound: Int) {
    self = octets > bound ? .reached : octets > bound - bound / 4 ? .near : .below
  }
}
