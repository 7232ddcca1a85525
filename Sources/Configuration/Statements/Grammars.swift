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
    case .accessList: accessList
    case .pool: pool
    }
  }

  static let global = Grammar(
    [
      Statement("hostname", readHostname),
      Statement("control-socket", readControlSocket),
      Statement("dataplane", readDataplane),
      Statement("interface", readInterface),
      Statement("ip route", readRoute),
      Statement("access-list", readNumberedAccessList),
      Statement("ip access-list standard", readNamedAccessList),
      Statement("ip nat pool", readPool),
      Statement("ip nat inside source list", readDynamicRule),
      Statement("ip nat inside source static", readStaticTranslation),
      Statement("ip nat translation", readTranslationSetting),
      Statement("version", negatable: false, readVersion),
      Statement("exit", negatable: false, readGlobalExit),
      Statement("end", negatable: false, readEnd),
    ],
    unsupported: UnsupportedStatements.global)

  static let dataplane = Grammar([
    Statement("worker-cores", readWorkerCores),
    Statement("alg-cores", readALGCores),
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
      Statement("ip nat inside", readRealm(.inside)),
      Statement("ip nat outside", readRealm(.outside)),
      Statement("shutdown", readShutdown),
      Statement("exit", negatable: false, readExit),
    ],
    unsupported: UnsupportedStatements.interface)

  static let accessList = Grammar(
    [
      Statement("permit", readListedEntry(permits: true)),
      Statement("deny", readListedEntry(permits: false)),
      Statement("remark", readListedRemark),
      Statement("exit", negatable: false, readExit),
    ],
    unsupported: UnsupportedStatements.accessList,
    numbered: Statement("SEQUENCE", readSequencedEntry))

  static let pool = Grammar([
    Statement("address", readPoolAddress),
    Statement("exit", negatable: false, readExit),
  ])
}
