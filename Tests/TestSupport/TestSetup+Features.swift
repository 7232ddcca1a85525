import Forwarding
package import Translation
package import WireFormats

// Rules with everything that can be configured at once, for tests that look for what nobody thought of.
extension TestSetup {
  /// What carol is called inside: 10.99.0.1.
  package static let carolLocal = IPv4Address(0x0A63_0001)
  /// What mallory and others may be called inside: 10.99.0.16 and 10.99.0.17.
  package static let outsideLocals = IPv4Address(0x0A63_0010)...IPv4Address(0x0A63_0011)
  /// A virtual host, behind which are the inside hosts 0 and 1: 203.0.113.80.
  package static let virtualHost = IPv4Address(0xCB00_7150)
  /// What red's bob is called outside: 203.0.113.60.
  package static let redGlobal = IPv4Address(0xCB00_713C)

  /// Two inside instances with the same addresses, twice NAT, a virtual host, static entries, and the pool.
  package static var everything: Self {
    overloadedPool.withStatic(.bob, Place.bobGlobal).withRed(matchInVRF: false).with {
      $0.translation.outsideStatics = [OutsideStatic(global: Host.carol.address, local: carolLocal)]
      $0.translation.outsideStatics[0].addRoute = true
      $0.translation.accessLists["M"] = AccessList(
        name: "M", entries: [AccessList.Entry(permits: true, address: Host.mallory.address, wildcard: 0)])
      $0.translation.pools["LOCALS"] = AddressPool(name: "LOCALS", ranges: [outsideLocals], prefixLength: 24)
      $0.translation.outsideRules = [OutsideRule(condition: .accessList("M"), pool: "LOCALS")]
      $0.translation.outsideRules[0].addRoute = true
      $0.translation.accessLists["V"] = AccessList(
        name: "V", entries: [AccessList.Entry(permits: true, address: virtualHost, wildcard: 0)])
      let real = Host.inside(0).address...Host.inside(1).address
      $0.translation.pools["REAL"] = AddressPool(
        name: "REAL", ranges: [real], prefixLength: 24, selection: .rotary)
      $0.translation.destinationRules = [DestinationRule(accessList: "V", pool: "REAL")]
    }
  }

  /// The setup with the red instance, whose hosts use the pool too and whose bob has a static entry; outside hosts are
  /// in the instance itself, or in the global one.
  package func withRed(matchInVRF: Bool) -> Self {
    with {
      $0.hasRed = true
      $0.redHasOutside = matchInVRF
      var entry = StaticTranslation(
        local: Host.bob.address, global: .address(Self.redGlobal), instance: Place.redInstance)
      entry.matchInVRF = matchInVRF
      $0.translation.staticTranslations.append(entry)
      for var rule in $0.translation.dynamicRules {
        rule.instance = Place.redInstance
        rule.matchInVRF = matchInVRF
        $0.translation.dynamicRules.append(rule)
      }
    }
  }

  /// The setup with all of its dynamic rules changed.
  package func withRules(_ change: (inout DynamicRule) -> Void) -> Self {
    with { for index in $0.translation.dynamicRules.indices { change(&$0.translation.dynamicRules[index]) } }
  }

  /// The setup with the limits on sessions that there are, all of them low.
  package var withLimits: Self {
    with {
      $0.translation.limits.allHosts = 12
      $0.translation.limits.hosts = [Host.alice.address: 5]
      $0.translation.limits.newSessionsPerSecond = 8
      $0.translation.limits.allInstances = 15
      $0.translation.limits.lists = [EntryLimits.ListLimit(accessList: "10", maximum: 30)]
      $0.translation.maximumEntries = 40
    }
  }

  /// The setup with port sets of `size` ports for each host, at most `hosts` of them at an address, and ports that rest.
  package func withPortSets(of size: UInt16, step: UInt16 = 1, hosts: Int) -> Self {
    with {
      var blocks = PortBlocks()
      (blocks.setSize, blocks.stepSize) = (size, step)
      $0.translation.settings.portBlocks = blocks
      $0.translation.settings.hostsPerAddress = hosts
      $0.translation.settings.holdDown = 7
    }
  }
}
