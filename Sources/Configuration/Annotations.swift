package import Forwarding

/// What an operator wrote for other operators: it changes nothing, but the running configuration shows it again.
package struct Annotations: Hashable, Sendable {
  /// A `remark` of an access list.
  package struct Remark: Hashable, Sendable {
    package var text: String
    /// The index of the entry that the remark stands before; the number of entries for one at the list's end.
    package var beforeEntry: Int

    package init(text: String, beforeEntry: Int) {
      self.text = text
      self.beforeEntry = beforeEntry
    }
  }

  /// Unicode scalars of a description or remark.
  package static let maximumLength = 240

  /// The `description` of interfaces.
  package var descriptions: [InterfaceID: String] = [:]
  /// The remarks of access lists, by the list's name.
  package var remarks: [String: [Remark]] = [:]
  /// The same of IPv6 access lists.
  package var ipv6Remarks: [String: [Remark]] = [:]

  /// The `description` of routing instances.
  package var instanceDescriptions: [RoutingInstance: String] = [:]
  /// The `rd` of routing instances, which tells VRFs apart between routers that share routes. This one shares none.
  package var routeDistinguishers: [RoutingInstance: String] = [:]
  /// The `description` of route maps' entries, by the map's name and the entry's sequence number.
  package var routeMaps: [String: [UInt32: String]] = [:]

  package init() {}
}
