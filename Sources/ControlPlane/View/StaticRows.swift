package import Configuration
import Forwarding
import Translation
import WireFormats

/// The rows of static entries: those for inside hosts, then those for outside hosts, in the configuration's order. A row
/// is made when it is asked for, since there may be a million.
package struct StaticRows: Sendable, RandomAccessCollection {
  private let inside: [StaticTranslation]
  private let outside: [OutsideStatic]
  private let addresses: [InterfaceID: IPv4Address]

  package init(_ configuration: GatewayConfiguration) {
    inside = configuration.translation.staticTranslations
    outside = configuration.translation.outsideStatics
    addresses = Dictionary(
      uniqueKeysWithValues: configuration.interfaces.compactMap { interface in
        interface.address.map { (interface.id, $0) }
      })
  }

  package var startIndex: Int { 0 }
  package var endIndex: Int { inside.count + outside.count }

  package subscript(position: Int) -> TranslationRow {
    position < inside.count ? row(of: inside[position]) : row(of: outside[position - inside.count])
  }

  private func row(of entry: StaticTranslation) -> TranslationRow {
    let global =
      switch entry.global {
      case .address(let address): address
      case .interface(let interface): addresses[interface] ?? .unspecified
      }
    return TranslationRow(
      kind: .static, protocolNumber: entry.ports?.transport,
      inside: Self.names(entry.local, global, entry.ports, entry.prefixLength), instance: entry.instance)
  }

  private func row(of entry: OutsideStatic) -> TranslationRow {
    TranslationRow(
      kind: .static, protocolNumber: entry.ports?.transport, inside: nil,
      outside: Self.names(entry.local, entry.global, entry.ports, entry.prefixLength), instance: entry.instance,
      marks: [.outside])
  }

  private static func names(
    _ local: IPv4Address, _ global: IPv4Address, _ ports: StaticTranslation.Ports?, _ length: UInt8
  ) -> TranslationRow.Names {
    func endpoint(_ address: IPv4Address, _ port: UInt16?) -> ListedEndpoint {
      ListedEndpoint(address, port: port, prefixLength: length == 32 ? nil : length)
    }
    // An entry for ESP names a protocol that has no ports.
    guard let ports, ports.transport == .tcp || ports.transport == .udp else {
      return TranslationRow.Names(local: endpoint(local, nil), global: endpoint(global, nil))
    }
    return TranslationRow.Names(local: endpoint(local, ports.local), global: endpoint(global, ports.global))
  }
}
