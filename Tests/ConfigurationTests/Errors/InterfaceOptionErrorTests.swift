import Testing

@testable import Configuration

private let refusals = [
  Refusal(
    #"""
    interface a
     device tap t
     ip virtual-reassembly out
    """#,
    #"""
    3:24 'out' is not supported: fragments are followed where they arrive, so that limits belong to the other interface
    """#),
  Refusal(
    #"""
    interface a
     device tap t
     ip virtual-reassembly in percentage 10
    """#,
    #"""
    3:27 'percentage' is not supported: the limits are numbers of datagrams and fragments, and hold for every kind of traffic
    """#),
  Refusal(
    #"""
    interface a
     device tap t
     no ip virtual-reassembly in
    """#,
    #"""
    3:27 'no ip virtual-reassembly' is not supported: only first fragments have ports, so the others cannot be translated without following them; without limits the statement brings the defaults back
    """#),
  Refusal(
    #"""
    interface a
     device tap t
     ip virtual-reassembly max-reassemblies 1025
    """#,
    #"""
    3:41 '1025' is not in the range 1-1024
    """#),
  Refusal(
    #"""
    interface a
     device tap t
     ip virtual-reassembly max-fragments 0
    """#,
    #"""
    3:38 '0' is not in the range 1-64
    """#),
  Refusal(
    #"""
    interface a
     device tap t
     ip virtual-reassembly timeout 61
    """#,
    #"""
    3:32 '61' is not in the range 1-60
    """#),
  Refusal(
    #"""
    interface a
     device tap t
     ip tcp adjust-mss 499
    """#,
    #"""
    3:20 '499' is not in the range 500-1460
    """#),
  Refusal(
    #"""
    interface a
     device tap t
     ip tcp adjust-mss 1461
    """#,
    #"""
    3:20 '1461' is not in the range 500-1460
    """#),
  Refusal(
    #"""
    interface a
     device tap t
     ip tcp mss 1400
    """#,
    #"""
    3:9 unexpected 'mss'
    """#),
  Refusal(
    #"""
    interface a
     device tap t
     ip nat stick
    """#,
    #"""
    3:9 'ip nat stick' is not supported: a session keeps the interface that its address belongs to in any case
    """#),
  Refusal(
    #"""
    interface a
     device tap t
     ip nat allow-static-host
    """#,
    #"""
    3:9 'ip nat allow-static-host' is not supported: it is for hosts of wireless networks that bring addresses of their own along; list them in a rule's access list
    """#),
  Refusal(
    #"""
    interface a
     device tap t
     ip access-group 10 in
    """#,
    #"""
    3:5 'ip access-group' is not supported: Sallyport translates, and admits what belongs to a translation; filter with the system's own firewall
    """#),
  Refusal(
    #"""
    interface a
     device tap t
     ip redirects
    """#,
    #"""
    3:5 'ip redirects' is not supported: the gateway sends no ICMP redirects or mask replies
    """#),
  Refusal(
    #"""
    interface a
     device tap t
     ip proxy-arp
    """#,
    #"""
    3:5 'ip proxy-arp' is not supported: ARP is answered for the gateway's own and its global addresses, and for no others
    """#),
  Refusal(
    #"""
    interface a
     device tap t
     ip helper-address 10.0.0.9
    """#,
    #"""
    3:5 'ip helper-address' is not supported: broadcasts are not relayed; run a relay of the system beside the gateway
    """#),
  Refusal(
    #"""
    interface a
     device tap t
     ip unnumbered a
    """#,
    #"""
    3:5 'ip unnumbered' is not supported: an interface has its own address or carries sub-interfaces only
    """#),
  Refusal(
    #"""
    interface a
     device tap t
     ip policy route-map RM
    """#,
    #"""
    3:5 'ip policy' is not supported: routes are static or connected
    """#),
  Refusal(
    #"""
    interface a
     device tap t
     ip verify unicast source reachable-via rx
    """#,
    #"""
    3:5 'ip verify' is not supported: Sallyport translates, and admits what belongs to a translation; filter with the system's own firewall
    """#),
  Refusal(
    #"""
    interface a
     device tap t
     ip directed-broadcast
    """#,
    #"""
    3:5 'ip directed-broadcast' is not supported: directed broadcasts are never forwarded (RFC 2644)
    """#),
  Refusal(
    #"""
    interface a
     device tap t
     ip flow ingress
    """#,
    #"""
    3:5 'ip flow' is not supported: what is exported of flows is said by 'ip nat log translations flow-export'
    """#),
  Refusal(
    #"""
    interface a
     device tap t
     service-policy input P
    """#,
    #"""
    3:2 'service-policy' is not supported: Sallyport forwards in the order of arrival, without classes or queues
    """#),
  Refusal(
    #"""
    interface a
     device tap t
     standby 1 ip 10.0.0.9
    """#,
    #"""
    3:2 'standby' is not supported: there is no second gateway to keep in step; the tables survive a restart with 'state-directory'
    """#),
  Refusal(
    #"""
    interface a
     device tap t
     speed 1000
    """#,
    #"""
    3:2 'speed' is not supported: it describes hardware, and the devices here are the kernel's TAP devices
    """#),
  Refusal(
    #"""
    interface a
     device tap t
     cdp enable
    """#,
    #"""
    3:2 'cdp' is not supported: Sallyport does not announce itself to neighbours
    """#),
  Refusal(
    #"""
    interface a
     device tap t
     crypto map M
    """#,
    #"""
    3:2 'crypto' is not supported: Sallyport neither ends tunnels nor encrypts; it translates what passes
    """#),
  Refusal(
    #"""
    interface a
     device tap t
     ipv6 enable
    """#,
    #"""
    3:7 'ipv6 enable' is not supported: Sallyport routes IPv6 between interfaces with 'ipv6 address', by 'ipv6 route', and does no more with it
    """#),
  Refusal(
    #"""
    interface a
     device tap t
     zone-member security Z
    """#,
    #"""
    3:2 'zone-member' is not supported: Sallyport translates, and admits what belongs to a translation; filter with the system's own firewall
    """#),
  Refusal(
    #"""
    interface a
     device tap t
     tunnel source a
    """#,
    #"""
    3:2 'tunnel' is not supported: Sallyport neither ends tunnels nor encrypts; it translates what passes
    """#),
  Refusal(
    #"""
    interface a
     device tap t
     switchport
    """#,
    #"""
    3:2 'switchport' is not supported: Sallyport routes and translates; bridge in the kernel, below the TAP device
    """#),
  Refusal(
    #"""
    interface a
     device tap t
     arp timeout 60
    """#,
    #"""
    3:2 'arp' is not supported: neighbours are learned, and asked again before they age out
    """#),
]

@Test(arguments: refusals)
func `a statement of an interface that is wrong, or that Sallyport has not, is refused with its place and the reason`(
  _ refusal: Refusal
) {
  refusal.check()
}
