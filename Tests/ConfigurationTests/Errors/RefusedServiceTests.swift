import Testing

@testable import Configuration

private let refusals = [
  Refusal(
    #"""
    ip nat service
    """#,
    #"""
    1:15 the statement is incomplete
    """#),
  Refusal(
    #"""
    ip nat service dns-v6 list V6
    """#,
    #"""
    1:1 without 'ipv6 unicast-routing' no IPv6 packet is forwarded
    1:28 there is no IPv6 access list 'V6'
    """#),
  Refusal(
    #"""
    ipv6 unicast-routing
    ip nat service dns-v6 list 10
    """#,
    #"""
    2:28 '10' is not the name of an IPv6 access list
    """#),
  Refusal(
    #"""
    ipv6 unicast-routing
    ip nat service dns-v6 udp
    """#,
    #"""
    2:23 unexpected 'udp'
    """#),
  Refusal(
    #"""
    ipv6 unicast-routing
    ipv6 access-list V6
     permit icmp any any
     permit udp any any log
     permit udp any range 1 2 any
     permit udp 10.0.0.1 any
     permit udp 2001:db8::1/64 any
     permit udp host 2001:db8::g any
     permit ipv6 any eq 53 any
     deny tcp any eq 70000 any
     sequence 0 permit ipv6 any any
     no sequence 7
     no permit ipv6 any any
     permit ipv6 any
    """#,
    #"""
    3:9 'icmp' is not supported: gateways look into TCP and UDP only
    4:21 'log' is not supported: a list is asked about every packet, and a line of a log for each would drown it
    5:17 unexpected 'range'
    6:13 unexpected '10.0.0.1'
    7:13 2001:db8::1 has bits outside of its prefix
    8:18 '2001:db8::g' is not an IPv6 address
    9:18 unexpected 'eq'
    10:18 '70000' is not in the range 0-65535
    11:11 '0' is not in the range 1-2147483647
    12:14 access list 'V6' has no entry 7 to remove
    13:2 access list 'V6' has no such entry to remove
    14:17 the statement is incomplete
    """#),
  Refusal(
    #"""
    ip nat service gatekeeper
    """#,
    #"""
    1:16 'gatekeeper' is not supported: packets that are not translated need no cache here
    """#),
  Refusal(
    #"""
    ip nat service modify-in-progress drop
    """#,
    #"""
    1:16 'modify-in-progress' is not supported: rules change between two packets, so no packet meets an entry that is being changed
    """#),
  Refusal(
    #"""
    ip nat service multi-wan-link
    """#,
    #"""
    1:16 'multi-wan-link' is not supported: an entry belongs to the outside interface that its address is on; use 'egress-interface'
    """#),
  Refusal(
    #"""
    ip nat service nbar
    """#,
    #"""
    1:16 'nbar' is not supported: ports and access lists say what a session carries; there is no classification beyond them
    """#),
  Refusal(
    #"""
    ip nat service enable-mib
    """#,
    #"""
    1:16 'enable-mib' is not supported: there is no SNMP agent; the metrics say what its tables would
    """#),
  Refusal(
    #"""
    ip nat service enable-sym-port
    """#,
    #"""
    1:16 'enable-sym-port' is not supported: mappings are endpoint-independent unless 'mapping' says otherwise, so a port is symmetric already
    """#),
  Refusal(
    #"""
    ip nat service sip udp port 0
    """#,
    #"""
    1:29 '0' is not in the range 1-65535
    """#),
  Refusal(
    #"""
    ip nat service sip sctp port 5060
    """#,
    #"""
    1:20 unexpected 'sctp'
    """#),
  Refusal(
    #"""
    ip nat service skinny udp port 2000
    """#,
    #"""
    1:23 unexpected 'udp'
    """#),
  Refusal(
    #"""
    ip nat service skinny tcp port
    """#,
    #"""
    1:31 the statement is incomplete
    """#),
  Refusal(
    #"""
    ip nat service fullrange tcp port 512
    """#,
    #"""
    1:35 '512' is not in the range 1-511
    """#),
  Refusal(
    #"""
    ip nat service fullrange icmp port 5
    """#,
    #"""
    1:26 unexpected 'icmp'
    """#),
  Refusal(
    #"""
    ip nat service list 10 ftp tcp port 2021
    """#,
    #"""
    1:21 there is no access list '10'
    """#),
  Refusal(
    #"""
    ip nat service list 10 tftp
    """#,
    #"""
    1:24 unexpected 'tftp'
    """#),
  Refusal(
    #"""
    ip nat service list X ESP enable
    """#,
    #"""
    1:27 unexpected 'enable'
    """#),
  Refusal(
    #"""
    ip nat service ftp tcp port 2021
    """#,
    #"""
    1:20 unexpected 'tcp'
    """#),
  Refusal(
    #"""
    ip nat service allow
    """#,
    #"""
    1:16 'allow' is ambiguous
    """#),
  Refusal(
    #"""
    ip nat service ras 5
    """#,
    #"""
    1:20 unexpected '5'
    """#),
  Refusal(
    #"""
    ip nat service alg tcp ftp
    """#,
    #"""
    1:24 unexpected 'ftp'
    """#),
  Refusal(
    #"""
    ip nat service msrpc udp
    """#,
    #"""
    1:22 unexpected 'udp'
    """#),
  Refusal(
    #"""
    ip nat service ipsec-esp
    """#,
    #"""
    1:25 the statement is incomplete
    """#),
  Refusal(
    #"""
    access-list 17 permit any
    access-list 18 permit any
    ip nat service list 17 ftp tcp port 2021
    ip nat service list 18 ftp tcp port 2021
    """#,
    #"""
    4:21 service "ftp tcp port 2021" is already configured for access-list 17
    """#),
  Refusal(
    #"""
    access-list 17 permit any
    access-list 18 permit any
    ip nat service list 17 skinny tcp port 2001
    ip nat service list 18 skinny tcp port 2001
    """#,
    #"""
    4:21 service "skinny tcp port 2001" is already configured for access-list 17
    """#),
  Refusal(
    #"""
    ip nat service preserve-port
    ip nat service port-randomization
    """#,
    #"""
    2:1 ports are either random or preserved, and line 1 says the other
    """#),
]

@Test(arguments: refusals)
func `a service that is wrong, or that Sallyport has not, is refused with its place and the reason`(_ refusal: Refusal)
{
  refusal.check()
}
