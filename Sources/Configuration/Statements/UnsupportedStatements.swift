/// Statements of IOS that are recognised and refused by name, with the reason: nothing is accepted and ignored.
enum UnsupportedStatements {
  static let noRedundancy =
    "there is no second gateway to keep in step; the tables survive a restart with 'state-directory'"
  static let noPortMaps =
    "a port map sets ports aside for RTP, and ports keep their parity and their place in a range without one"
  private static let vtcp =
    "without an inside and an outside a packet has no direction to be translated in; use 'ip nat inside' and "
    + "'ip nat outside' at interfaces"
  private static let noServer = "Sallyport offers no such service; run one of the system beside it"
  private static let noRouting = "routes are static or connected"
  private static let noAccess = "there is no command line to log in to; the control socket's owner and mode say who may"
  private static let noHardware = "it describes hardware, and the devices here are the kernel's TAP devices"
  private static let noQuality = "Sallyport forwards in the order of arrival, without classes or queues"
  private static let noFirewall =
    "Sallyport translates, and admits what belongs to a translation; filter with the system's own firewall"
  private static let noTunnels = "Sallyport neither ends tunnels nor encrypts; it translates what passes"
  private static let noBridging = "Sallyport routes and translates; bridge in the kernel, below the TAP device"
  private static let noTelephony = "Sallyport translates calls that pass, and makes none"
  private static let noIPv6 =
    "Sallyport routes IPv6 between interfaces with 'ipv6 address', by 'ipv6 route', and does no more with it"

  static let global = [
    RefusedStatements(vtcp, ["ip nat source"]),
    RefusedStatements(noPortMaps, ["ip nat portmap"]),
    RefusedStatements(noRedundancy, ["ip nat switchover", "ip nat stateful", "redundancy", "track"]),
    RefusedStatements(
      "lines of access lists are not logged, so there is nothing to set", ["ip access-list logging"]),
    RefusedStatements("every look-up takes the one fast path", ["ip cef"]),
    RefusedStatements(
      "fragments and the size of segments are set at an interface", ["ip virtual-reassembly", "ip tcp"]),
    RefusedStatements(
      "routes have their longest prefix and nothing to fall back to", ["ip classless", "ip subnet-zero"]),
    RefusedStatements("a default route says it: 'ip route 0.0.0.0 0.0.0.0 GATEWAY'", ["ip default-gateway"]),
    RefusedStatements(
      noServer,
      [
        "ip bootp", "ip dhcp", "ip domain", "ip domain-lookup", "ip domain-name", "ip finger", "ip ftp", "ip host",
        "ip http", "ip name-server", "ip sla", "ip ssh", "ip tftp", "ntp", "snmp-server", "tftp-server", "event",
      ]),
    RefusedStatements("directed broadcasts are not forwarded", ["ip forward-protocol"]),
    RefusedStatements(noFirewall, ["class-map", "ip inspect", "parameter-map", "zone", "zone-pair"]),
    RefusedStatements(
      noRouting,
      ["ip local", "ip multicast-routing", "ip prefix-list", "ip routing", "key", "router"]),
    RefusedStatements(
      "packets go where their destination says, and source routes are not followed", ["ip source-route"]),
    RefusedStatements(
      noAccess, ["aaa", "alias", "banner", "enable", "line", "login", "parser", "prompt", "security", "username"]),
    RefusedStatements(
      "the file is the configuration, and your version control keeps its history", ["archive", "file"]),
    RefusedStatements(
      noHardware,
      [
        "boot", "boot-end-marker", "boot-start-marker", "card", "config-register", "control-plane", "controller",
        "diagnostic", "dot11", "license", "mmi", "platform", "scheduler", "transport",
      ]),
    RefusedStatements(
      "neighbours are learned; a static one belongs to the host that does not answer", ["arp"]),
    RefusedStatements(noBridging, ["bridge", "spanning-tree", "vlan"]),
    RefusedStatements(
      "Sallyport does not announce itself to neighbours", ["cdp", "lldp"]),
    RefusedStatements("the clock is the system's", ["clock"]),
    RefusedStatements(noTunnels, ["crypto", "multilink", "subscriber", "vpdn"]),
    RefusedStatements(noTelephony, ["dial-peer", "gatekeeper", "mgcp", "voice"]),
    RefusedStatements(
      "what is exported of flows is said by 'ip nat log translations flow-export'", ["flow"]),
    RefusedStatements(
      noIPv6,
      [
        "ipv6 cef", "ipv6 dhcp", "ipv6 general-prefix", "ipv6 hop-limit", "ipv6 host", "ipv6 icmp",
        "ipv6 local", "ipv6 nat", "ipv6 nd", "ipv6 neighbor", "ipv6 prefix-list", "ipv6 router", "ipv6 source-route",
      ]),
    RefusedStatements("the daemon logs to its standard error, and the system's journal keeps it", ["logging"]),
    RefusedStatements(noQuality, ["policy-map"]),
    RefusedStatements(
      "it switches services of IOS's own; those of translation are 'ip nat service'", ["service"]),
  ]

  static let interface = [
    RefusedStatements(vtcp, ["ip nat enable"]),
    RefusedStatements(
      "a session keeps the interface that its address belongs to in any case", ["ip nat stick"]),
    RefusedStatements(
      "it is for hosts of wireless networks that bring addresses of their own along; list them in a rule's access list",
      ["ip nat allow-static-host"]),
    RefusedStatements(noFirewall, ["ip access-group", "ip inspect", "ip verify", "zone-member"]),
    RefusedStatements("directed broadcasts are never forwarded (RFC 2644)", ["ip directed-broadcast"]),
    RefusedStatements(
      "what is exported of flows is said by 'ip nat log translations flow-export'", ["ip flow", "ip route-cache"]),
    RefusedStatements(
      "broadcasts are not relayed; run a relay of the system beside the gateway", ["ip helper-address"]),
    RefusedStatements(noRouting, ["ip ospf", "ip policy", "ip rip", "ip summary-address"]),
    RefusedStatements(
      "ARP is answered for the gateway's own and its global addresses, and for no others", ["ip proxy-arp"]),
    RefusedStatements("the gateway sends no ICMP redirects or mask replies", ["ip redirects", "ip mask-reply"]),
    RefusedStatements("an interface has its own address or carries sub-interfaces only", ["ip unnumbered"]),
    RefusedStatements("neighbours are learned, and asked again before they age out", ["arp"]),
    RefusedStatements(
      noHardware,
      ["bandwidth", "delay", "duplex", "keepalive", "load-interval", "media-type", "negotiation", "speed"]),
    RefusedStatements(noBridging, ["bridge-group", "channel-group", "switchport"]),
    RefusedStatements("Sallyport does not announce itself to neighbours", ["cdp", "lldp"]),
    RefusedStatements(noTunnels, ["crypto", "tunnel"]),
    RefusedStatements(
      noIPv6,
      [
        "ipv6 dhcp", "ipv6 enable", "ipv6 eigrp", "ipv6 flow", "ipv6 mtu", "ipv6 nat", "ipv6 nd managed-config-flag",
        "ipv6 nd other-config-flag", "ipv6 nd prefix", "ipv6 nd ra interval", "ipv6 nd ra lifetime", "ipv6 ospf",
        "ipv6 policy", "ipv6 redirects", "ipv6 rip", "ipv6 tcp", "ipv6 traffic-filter", "ipv6 unnumbered",
        "ipv6 unreachables", "ipv6 verify", "ipv6 virtual-reassembly",
      ]),
    RefusedStatements(noQuality, ["service-policy"]),
    RefusedStatements(noRedundancy, ["standby", "vrrp"]),
  ]

  static let accessList = [
    RefusedStatements("sessions are remembered by translation itself", ["dynamic", "evaluate"]),
    RefusedStatements("write 'no' and the statement", ["default"]),
  ]

  static let routeMap = [
    RefusedStatements(
      "translation asks a route map only whether a packet matches, so what it would set would be ignored", ["set"]),
    RefusedStatements("the first entry that matches decides; repeat its matches in the other", ["continue"]),
    RefusedStatements(
      "routes are static or connected, and have neither a source protocol nor attributes",
      [
        "match as-path", "match community", "match extcommunity", "match local-preference", "match metric",
        "match mpls-label", "match policy-list", "match route-type", "match source-protocol", "match tag",
        "match ip route-source", "match ip redistribution-source", "match ip flowspec",
      ]),
    RefusedStatements(
      "rules do not look at the size of packets; a session has packets of many sizes", ["match length"]),
    RefusedStatements("Sallyport translates IPv4 only, and IPv6 is routed without asking a rule", ["match ipv6"]),
    RefusedStatements(noBridging, ["match clns", "match vlan"]),
  ]

  static let instance = [
    RefusedStatements(
      "routes are not exchanged between routers or instances; 'ip nat route' and 'ip route vrf … global' lead on",
      ["route-target", "export", "import", "vpn", "bgp", "mdt", "inter-as-hybrid"]),
    RefusedStatements("routes are counted for the whole gateway", ["maximum"]),
    RefusedStatements("there is no SNMP agent to name it to", ["snmp"]),
  ]

  /// What IOS takes after the addresses of `ip route`.
  static let routeOptions: Refusals = [
    "name": "a comment says it: begin a word with '!'",
    "permanent": "a static route stays as long as it is configured anyway",
    "tag": "routes are not handed to a routing protocol that would read tags",
    "track": "nothing watches whether a gateway can be reached",
    "dhcp": "interfaces get their addresses from the configuration",
    "multicast": "only unicast packets are forwarded",
  ]
  /// What IOS takes after an entry of a standard access list.
  static let entryOptions: Refusals = [
    "log": "translation asks a list about every new session, and a line of a log for each would drown it",
    "smartlog": "translation asks a list about every new session, and a record of each would drown the log",
  ]
  /// What IOS takes in place of an address in an access list.
  static let addressGroups: Refusals = ["object-group": "write a line for each address or network"]
  /// What IOS takes after the tag of `encapsulation dot1Q`.
  static let encapsulationOptions: Refusals = [
    "native": "frames without a tag belong to the interface itself, without a sub-interface",
    "second-dot1q": "frames with two tags are not taken apart",
  ]
  /// What IOS takes after the mask of `ip address`.
  static let addressOptions: Refusals = [
    "secondary": "an interface has one address; static entries and pools hold the others",
    "vrf": "say it as 'vrf forwarding' of the interface",
  ]
  /// What IOS takes in place of the address of an interface.
  static let addressSources: Refusals = [
    "dhcp": "interfaces get their addresses from the configuration",
    "negotiated": "there is no PPP to negotiate an address with",
    "pool": "interfaces get their addresses from the configuration",
  ]
}
