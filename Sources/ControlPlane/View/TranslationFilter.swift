package import Forwarding
package import WireFormats

/// Which rows a listing shows.
package struct TranslationFilter: Hashable, Sendable {
  /// Which names of a side a listing looks at.
  package enum SideFilter: Hashable, Sendable {
    /// Entries that translate the side.
    case translated
    /// Entries that show the address under either name.
    case either(IPv4Address)
    /// Entries with both names, in the order of the command: global and local inside, local and global outside.
    case both(local: IPv4Address, global: IPv4Address)

    func admits(_ names: TranslationRow.Names?) -> Bool {
      guard let names else { return false }
      switch self {
      case .translated: return names.areTranslated
      case .either(let address): return names.local.address == address || names.global.address == address
      case .both(let local, let global): return names.local.address == local && names.global.address == global
      }
    }
  }

  /// `filter range {inside|outside} {global|local} A B`.
  package struct AddressRange: Hashable, Sendable {
    package var isInside: Bool
    package var isGlobal: Bool
    package var addresses: ClosedRange<IPv4Address>

    package init(isInside: Bool, isGlobal: Bool, addresses: ClosedRange<IPv4Address>) {
      self.isInside = isInside
      self.isGlobal = isGlobal
      self.addresses = addresses
    }

    func admits(_ row: TranslationRow) -> Bool {
      guard let names = isInside ? row.inside : row.outside else { return false }
      return addresses.contains(isGlobal ? names.global.address : names.local.address)
    }
  }

  /// The TCP port of a PPTP server (RFC 2637).
  private static let pptpPort: UInt16 = 1723

  /// Nil for every protocol.
  package var protocolNumber: IPProtocol?
  /// Only TCP entries with the port of a PPTP server at one of their ends.
  package var isPPTP = false
  package var inside: SideFilter?
  package var outside: SideFilter?
  package var range: AddressRange?
  /// Only entries of the instance's inside hosts.
  package var instance: RoutingInstance?

  package init(
    protocolNumber: IPProtocol? = nil, inside: SideFilter? = nil, outside: SideFilter? = nil,
    range: AddressRange? = nil, instance: RoutingInstance? = nil
  ) {
    self.protocolNumber = protocolNumber
    self.inside = inside
    self.outside = outside
    self.range = range
    self.instance = instance
  }

  /// Whether the filter lets a row through.
  package func admits(_ row: TranslationRow) -> Bool {
    if let protocolNumber, row.protocolNumber != protocolNumber { return false }
    if isPPTP, !Self.isOfPPTP(row) { return false }
    if let inside, !inside.admits(row.inside) { return false }
    if let outside, !outside.admits(row.outside) { return false }
    if let range, !range.admits(row) { return false }
    return instance == nil || instance == row.instance
  }

  private static func isOfPPTP(_ row: TranslationRow) -> Bool {
    row.protocolNumber == .tcp
      && [row.inside, row.outside].contains { $0?.local.port == pptpPort || $0?.global.port == pptpPort }
  }
}
