import Testing

@testable import Configuration

private let refusals = [
  Refusal(
    #"""
    ip nat source list 10 interface out0
    """#,
    #"""
    1:8 'ip nat source' is not supported: without an inside and an outside a packet has no direction to be translated in; use 'ip nat inside' and 'ip nat outside' at interfaces
    """#),
  Refusal(
    #"""
    ip nat source static 10.0.0.1 203.0.113.5
    """#,
    #"""
    1:8 'ip nat source' is not supported: without an inside and an outside a packet has no direction to be translated in; use 'ip nat inside' and 'ip nat outside' at interfaces
    """#),
  Refusal(
    #"""
    ip nat portmap RTP
    """#,
    #"""
    1:8 'ip nat portmap' is not supported: a port map sets ports aside for RTP, and ports keep their parity and their place in a range without one
    """#),
  Refusal(
    #"""
    ip nat switchover replication http
    """#,
    #"""
    1:8 'ip nat switchover' is not supported: there is no second gateway to keep in step; the tables survive a restart with 'state-directory'
    """#),
  Refusal(
    #"""
    ip nat stateful id 1
    """#,
    #"""
    1:8 'ip nat stateful' is not supported: there is no second gateway to keep in step; the tables survive a restart with 'state-directory'
    """#),
  Refusal(
    #"""
    no ip nat create flow-entries
    """#,
    #"""
    1:18 'no ip nat create flow-entries' is not supported: every session has an entry, without which neither its state nor its end could be known
    """#),
  Refusal(
    #"""
    crypto ipsec nat-transparency spi-matching
    """#,
    #"""
    1:1 'crypto' is not supported: Sallyport neither ends tunnels nor encrypts; it translates what passes
    """#),
  Refusal(
    #"""
    no crypto ipsec nat-transparency udp-encapsulation
    """#,
    #"""
    1:4 'no crypto' is not supported: Sallyport neither ends tunnels nor encrypts; it translates what passes
    """#),
  Refusal(
    #"""
    service timestamps debug datetime msec
    """#,
    #"""
    1:1 'service' is not supported: it switches services of IOS's own; those of translation are 'ip nat service'
    """#),
  Refusal(
    #"""
    router ospf 1
     network 10.0.0.0 0.0.0.255 area 0
    """#,
    #"""
    1:1 'router' is not supported: routes are static or connected
    """#),
  Refusal(
    #"""
    ip access-list logging interval 5
    """#,
    #"""
    1:16 'ip access-list logging' is not supported: lines of access lists are not logged, so there is nothing to set
    """#),
  Refusal(
    #"""
    ip virtual-reassembly
    """#,
    #"""
    1:4 'ip virtual-reassembly' is not supported: fragments and the size of segments are set at an interface
    """#),
  Refusal(
    #"""
    ip tcp mss 1400
    """#,
    #"""
    1:4 'ip tcp' is not supported: fragments and the size of segments are set at an interface
    """#),
  Refusal(
    #"""
    ip cef
    """#,
    #"""
    1:4 'ip cef' is not supported: every look-up takes the one fast path
    """#),
  Refusal(
    #"""
    ip source-route
    """#,
    #"""
    1:4 'ip source-route' is not supported: packets go where their destination says, and source routes are not followed
    """#),
  Refusal(
    #"""
    no ip http server
    """#,
    #"""
    1:7 'no ip http' is not supported: Sallyport offers no such service; run one of the system beside it
    """#),
  Refusal(
    #"""
    ip domain name example.net
    """#,
    #"""
    1:4 'ip domain' is not supported: Sallyport offers no such service; run one of the system beside it
    """#),
  Refusal(
    #"""
    logging host 10.0.0.9
    """#,
    #"""
    1:1 'logging' is not supported: the daemon logs to its standard error, and the system's journal keeps it
    """#),
  Refusal(
    #"""
    snmp-server community x
    """#,
    #"""
    1:1 'snmp-server' is not supported: Sallyport offers no such service; run one of the system beside it
    """#),
  Refusal(
    #"""
    ntp server 10.0.0.9
    """#,
    #"""
    1:1 'ntp' is not supported: Sallyport offers no such service; run one of the system beside it
    """#),
  Refusal(
    #"""
    line vty 0 4
     login local
    """#,
    #"""
    1:1 'line' is not supported: there is no command line to log in to; the control socket's owner and mode say who may
    """#),
  Refusal(
    #"""
    class-map type inspect C
    """#,
    #"""
    1:1 'class-map' is not supported: Sallyport translates, and admits what belongs to a translation; filter with the system's own firewall
    """#),
  Refusal(
    #"""
    policy-map P
    """#,
    #"""
    1:1 'policy-map' is not supported: Sallyport forwards in the order of arrival, without classes or queues
    """#),
  Refusal(
    #"""
    zone security Z
    """#,
    #"""
    1:1 'zone' is not supported: Sallyport translates, and admits what belongs to a translation; filter with the system's own firewall
    """#),
  Refusal(
    #"""
    parameter-map type inspect P
    """#,
    #"""
    1:1 'parameter-map' is not supported: Sallyport translates, and admits what belongs to a translation; filter with the system's own firewall
    """#),
  Refusal(
    #"""
    redundancy
    """#,
    #"""
    1:1 'redundancy' is not supported: there is no second gateway to keep in step; the tables survive a restart with 'state-directory'
    """#),
  Refusal(
    #"""
    flow exporter E
    """#,
    #"""
    1:1 'flow' is not supported: what is exported of flows is said by 'ip nat log translations flow-export'
    """#),
  Refusal(
    #"""
    arp 10.0.0.5 0200.0000.0001 arpa
    """#,
    #"""
    1:1 'arp' is not supported: neighbours are learned; a static one belongs to the host that does not answer
    """#),
  Refusal(
    #"""
    spanning-tree mode mst
    """#,
    #"""
    1:1 'spanning-tree' is not supported: Sallyport routes and translates; bridge in the kernel, below the TAP device
    """#),
  Refusal(
    #"""
    cdp run
    """#,
    #"""
    1:1 'cdp' is not supported: Sallyport does not announce itself to neighbours
    """#),
  Refusal(
    #"""
    clock timezone UTC 0
    """#,
    #"""
    1:1 'clock' is not supported: the clock is the system's
    """#),
  Refusal(
    #"""
    dial-peer voice 1 voip
    """#,
    #"""
    1:1 'dial-peer' is not supported: Sallyport translates calls that pass, and makes none
    """#),
  Refusal(
    #"""
    archive
    """#,
    #"""
    1:1 'archive' is not supported: the file is the configuration, and your version control keeps its history
    """#),
  Refusal(
    #"""
    aaa new-model
    """#,
    #"""
    1:1 'aaa' is not supported: there is no command line to log in to; the control socket's owner and mode say who may
    """#),
  Refusal(
    #"""
    license udi
    """#,
    #"""
    1:1 'license' is not supported: it describes hardware, and the devices here are the kernel's TAP devices
    """#),
  Refusal(
    #"""
    ip prefix-list P permit 10.0.0.0/8
    """#,
    #"""
    1:4 'ip prefix-list' is not supported: routes are static or connected
    """#),
  Refusal(
    #"""
    ip default-gateway 10.0.0.1
    """#,
    #"""
    1:4 'ip default-gateway' is not supported: a default route says it: 'ip route 0.0.0.0 0.0.0.0 GATEWAY'
    """#),
  Refusal(
    #"""
    ip classless
    """#,
    #"""
    1:4 'ip classless' is not supported: routes have their longest prefix and nothing to fall back to
    """#),
  Refusal(
    #"""
    ip forward-protocol nd
    """#,
    #"""
    1:4 'ip forward-protocol' is not supported: directed broadcasts are not forwarded
    """#),
  Refusal(
    #"""
    ip inspect name X tcp
    """#,
    #"""
    1:4 'ip inspect' is not supported: Sallyport translates, and admits what belongs to a translation; filter with the system's own firewall
    """#),
]

@Test(arguments: refusals)
func `a statement that IOS has and Sallyport has not is refused with the reason`(_ refusal: Refusal) {
  refusal.check()
}
