/// Statements of IOS that are recognised and refused by name: nothing is accepted and ignored.
enum UnsupportedStatements {
  static let global = [
    "ip nat inside source route-map", "ip nat inside destination", "ip nat outside",
    "ip nat service", "ip nat log", "ip nat settings", "ip nat portmap", "ip nat create", "ip nat switchover",
    "ip nat route", "ip nat source", "ip nat stateful",
    "ip access-list extended", "ip access-list resequence", "ip access-list logging",
    "ip vrf", "ip cef", "ip classless", "ip default-gateway", "ip dhcp", "ip domain", "ip domain-lookup",
    "ip domain-name", "ip finger", "ip forward-protocol", "ip ftp", "ip host", "ip http", "ip inspect", "ip local",
    "ip multicast-routing", "ip name-server", "ip prefix-list", "ip routing", "ip sla", "ip source-route", "ip ssh",
    "ip subnet-zero", "ip tcp", "ip tftp", "ip virtual-reassembly", "ip bootp",
    "aaa", "alias", "archive", "arp", "banner", "boot", "boot-end-marker", "boot-start-marker", "bridge", "card",
    "cdp", "class-map", "clock", "config-register", "control-plane", "controller", "crypto", "diagnostic",
    "dial-peer", "dot11", "enable", "event", "file", "flow", "gatekeeper", "ipv6", "key", "license", "line",
    "lldp", "logging", "login", "mgcp", "mmi", "multilink", "ntp", "parameter-map", "parser", "platform",
    "policy-map", "prompt", "redundancy", "route-map", "router", "scheduler", "security", "service",
    "snmp-server", "spanning-tree", "subscriber", "tftp-server", "track", "transport", "username", "vlan", "voice",
    "vpdn", "vrf", "zone", "zone-pair",
  ]

  static let interface = [
    "ip nat enable", "ip nat stick", "ip nat allow-static-host",
    "ip access-group", "ip directed-broadcast", "ip flow", "ip helper-address", "ip inspect", "ip ospf",
    "ip policy", "ip proxy-arp", "ip redirects", "ip rip", "ip route-cache", "ip summary-address", "ip tcp",
    "ip unnumbered", "ip unreachables", "ip verify", "ip virtual-reassembly", "ip vrf", "ip mask-reply",
    "arp", "bandwidth", "bridge-group", "cdp", "channel-group", "crypto", "delay", "duplex", "ipv6", "keepalive",
    "lldp", "load-interval", "media-type", "negotiation", "service-policy", "speed", "standby", "switchport",
    "tunnel", "vrf", "vrrp", "zone-member",
  ]

  static let accessList = ["dynamic", "evaluate", "default"]

  /// What IOS takes after the addresses of `ip route`.
  static let routeOptions = ["name", "permanent", "tag", "track", "global", "dhcp", "multicast"]
  /// What IOS takes after an entry of a standard access list.
  static let entryOptions = ["log", "smartlog"]
  /// What IOS takes after the tag of `encapsulation dot1Q`.
  static let encapsulationOptions = ["native", "second-dot1q"]
  /// What IOS takes after the mask of `ip address`.
  static let addressOptions = ["secondary", "vrf"]
}
