import Forwarding

// The table of all statements. To add one, write a function that reads it and name it here, in the mode it belongs to;
// what IOS has and Sallyport has not is named in UnsupportedStatements.swift.
extension Grammar {
  /// The grammar of a mode.
  static func of(_ mode: Mode) -> Grammar {
    switch mode {
    case .global: global
    case .dataplane: dataplane
    case .interface: interface
    case .accessList(_, let isExtended): isExtended ? extendedAccessList : standardAccessList
    case .ipv6AccessList: ipv6AccessList
    case .routeMap: routeMap
    case .pool: pool
    case .instance: instance
    case .addressFamily: addressFamily
    }
  }

  static let global = Grammar(
    [
      Statement("hostname", readHostname),
      Statement("control-socket", readControlSocket),
      Statement("conformance", readConformance),
      Statement("dataplane", readDataplane),
      Statement("interface", readInterface),
      Statement("ip vrf", readInstance),
      Statement("vrf definition", readInstance),
      Statement("ip route", readRoute),
      Statement("ipv6 unicast-routing", readIPv6Routing),
      Statement("ipv6 route", readIPv6Route),
      Statement("ipv6 access-list", readIPv6AccessList),
      Statement("access-list", readNumberedAccessList),
      Statement("ip access-list standard", readNamedAccessList(isExtended: false)),
      Statement("ip access-list extended", readNamedAccessList(isExtended: true)),
      Statement("ip access-list resequence", readResequence),
      Statement("route-map", readRouteMap),
      Statement("ip nat pool", readPool),
      Statement("ip nat inside source list", readListRule),
      Statement("ip nat inside source route-map", readRouteMapRule),
      Statement("ip nat inside source static", readStaticTranslation),
      Statement("ip nat inside destination list", readDestinationRule),
      Statement("ip nat outside source list", readOutsideListRule),
      Statement("ip nat outside source route-map", readOutsideRouteMapRule),
      Statement("ip nat outside source static", readOutsideStatic),
      Statement("ip nat route vrf", readLeakingRoute),
      Statement("ip nat translation", readTranslationSetting),
      Statement("ip nat settings", readSettings),
      Statement("ip nat service", readService),
      Statement("ip nat log translations syslog", readSyslog),
      Statement("ip nat log translations flow-export", readFlowExport),
      Statement("ip nat create flow-entries", readFlowEntries),
      Statement("version", negatable: false, readVersion),
      Statement("exit", negatable: false, readGlobalExit),
      Statement("end", negatable: false, readEnd),
    ],
    unsupported: UnsupportedStatements.global)

  static let dataplane = Grammar([
    Statement("worker-cores", readWorkerCores),
    Statement("alg-cores", readALGCores),
    Statement("alg-memory", readALGMemory),
    Statement("alg-host-memory", readALGHostMemory),
    Statement("alg-overflow", readALGOverflow),
    Statement("ring-entries", readRingEntries),
    Statement("burst", readBurst),
    Statement("poll", readPoll),
    Statement("offload", readOffload),
    Statement("memory", readMemory),
    Statement("state-directory", readStateDirectory),
    Statement("exit", negatable: false, readExit),
  ])

  static let interface = Grammar(
    [
      Statement("description", readDescription),
      Statement("device tap", readTapDevice),
      Statement("mac-address", readHardwareAddress),
      Statement("encapsulation dot1Q", readEncapsulation),
      Statement("mtu", readMTU),
      Statement("ip address", readInterfaceAddress),
      Statement("ip mtu", readIPMTU),
      Statement("ipv6 address", readIPv6Address),
      Statement("ipv6 nd ra suppress", readAdvertisementSuppression),
      Statement("ip vrf forwarding", readForwarding),
      Statement("vrf forwarding", readForwarding),
      Statement("ip virtual-reassembly", readReassembly),
      Statement("ip tcp adjust-mss", readSegmentSize),
      Statement("ip unreachables", readUnreachables),
      Statement("ip nat inside", readRealm(.inside)),
      Statement("ip nat outside", readRealm(.outside)),
      Statement("shutdown", readShutdown),
      Statement("exit", negatable: false, readExit),
    ],
    unsupported: UnsupportedStatements.interface)

  static let standardAccessList = accessList(isExtended: false)
  static let extendedAccessList = accessList(isExtended: true)

  private static func accessList(isExtended: Bool) -> Grammar {
    Grammar(
      [
        Statement("permit", readListedEntry(permits: true, isExtended: isExtended)),
        Statement("deny", readListedEntry(permits: false, isExtended: isExtended)),
        Statement("remark", readListedRemark(isExtended: isExtended)),
        Statement("exit", negatable: false, readExit),
      ],
      unsupported: UnsupportedStatements.accessList,
      numbered: Statement("SEQUENCE", readSequencedEntry(isExtended: isExtended)))
  }

  static let ipv6AccessList = Grammar(
    [
      Statement("permit", readIPv6Entry(permits: true)),
      Statement("deny", readIPv6Entry(permits: false)),
      Statement("sequence", readSequencedIPv6Entry),
      Statement("remark", readIPv6Remark),
      Statement("exit", negatable: false, readExit),
    ],
    unsupported: UnsupportedStatements.accessList)

  static let routeMap = Grammar(
    [
      Statement("description", readRouteMapDescription),
      Statement("match ip address", readMatchAddress),
      Statement("match ip next-hop", readMatchNextHop),
      Statement("match interface", readMatchInterface),
      Statement("exit", negatable: false, readExit),
    ],
    unsupported: UnsupportedStatements.routeMap)

  static let pool = Grammar([
    Statement("address", readPoolAddress),
    Statement("exclude", readPoolExclusion),
    Statement("exit", negatable: false, readExit),
  ])

  static let instance = Grammar(
    [
      Statement("description", readInstanceDescription),
      Statement("rd", readRouteDistinguisher),
      Statement("address-family", negatable: false, readAddressFamily),
      Statement("exit", negatable: false, readExit),
    ],
    unsupported: UnsupportedStatements.instance)

  static let addressFamily = Grammar(
    [
      Statement("exit-address-family", negatable: false, readExitAddressFamily),
      Statement("exit", negatable: false, readExitAddressFamily),
    ],
    unsupported: UnsupportedStatements.instance)
}
