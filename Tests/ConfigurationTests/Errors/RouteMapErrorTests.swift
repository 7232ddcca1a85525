import Testing

@testable import Configuration

private let refusals = [
  Refusal(
    #"""
    route-map
    """#,
    #"""
    1:10 the statement is incomplete
    """#),
  Refusal(
    #"""
    route-map RM allow 10
    """#,
    #"""
    1:14 unexpected 'allow'
    """#),
  Refusal(
    #"""
    route-map RM permit 65536
    """#,
    #"""
    1:21 '65536' is not in the range 0-65535
    """#),
  Refusal(
    #"""
    route-map RM permit 10 extra
    """#,
    #"""
    1:24 unexpected 'extra'
    """#),
  Refusal(
    #"""
    no route-map RM
    """#,
    #"""
    1:14 there is no route map 'RM' to remove
    """#),
  Refusal(
    #"""
    route-map RM permit 10
    no route-map RM permit 20
    """#,
    #"""
    2:14 route map 'RM' has no entry 20 to remove
    """#),
  Refusal(
    #"""
    route-map RM
     match ip address
    """#,
    #"""
    2:18 the statement is incomplete
    """#),
  Refusal(
    #"""
    route-map RM
     match ip address 10
    """#,
    #"""
    2:19 there is no access list '10'
    """#),
  Refusal(
    #"""
    route-map RM
     match ip address prefix-list X
    """#,
    #"""
    2:19 'prefix-list' is not supported: write the networks as an access list
    """#),
  Refusal(
    #"""
    route-map RM
     match ip address 700
    """#,
    #"""
    2:19 '700' is not the number of an IPv4 access list
    """#),
  Refusal(
    #"""
    route-map RM
     match interface out9
    """#,
    #"""
    2:18 there is no interface 'out9'
    """#),
  Refusal(
    #"""
    route-map RM
     match ip next-hop HOPS
    """#,
    #"""
    2:20 there is no access list 'HOPS'
    """#),
  Refusal(
    #"""
    route-map RM
     match ip next-hop prefix-list X
    """#,
    #"""
    2:20 'prefix-list' is not supported: write the networks as an access list
    """#),
  Refusal(
    #"""
    route-map RM
     match ip route-source 10
    """#,
    #"""
    2:11 'match ip route-source' is not supported: routes are static or connected, and have neither a source protocol nor attributes
    """#),
  Refusal(
    #"""
    route-map RM
     match length 0 100
    """#,
    #"""
    2:8 'match length' is not supported: rules do not look at the size of packets; a session has packets of many sizes
    """#),
  Refusal(
    #"""
    route-map RM
     match tag 5
    """#,
    #"""
    2:8 'match tag' is not supported: routes are static or connected, and have neither a source protocol nor attributes
    """#),
  Refusal(
    #"""
    route-map RM
     match as-path 1
    """#,
    #"""
    2:8 'match as-path' is not supported: routes are static or connected, and have neither a source protocol nor attributes
    """#),
  Refusal(
    #"""
    route-map RM
     match community 1
    """#,
    #"""
    2:8 'match community' is not supported: routes are static or connected, and have neither a source protocol nor attributes
    """#),
  Refusal(
    #"""
    route-map RM
     match metric 5
    """#,
    #"""
    2:8 'match metric' is not supported: routes are static or connected, and have neither a source protocol nor attributes
    """#),
  Refusal(
    #"""
    route-map RM
     match ipv6 address X
    """#,
    #"""
    2:8 'match ipv6' is not supported: Sallyport translates IPv4 only, and IPv6 is routed without asking a rule
    """#),
  Refusal(
    #"""
    route-map RM
     set interface out0
    """#,
    #"""
    2:2 'set' is not supported: translation asks a route map only whether a packet matches, so what it would set would be ignored
    """#),
  Refusal(
    #"""
    route-map RM
     set ip next-hop 10.0.0.9
    """#,
    #"""
    2:2 'set' is not supported: translation asks a route map only whether a packet matches, so what it would set would be ignored
    """#),
  Refusal(
    #"""
    route-map RM
     continue 20
    """#,
    #"""
    2:2 'continue' is not supported: the first entry that matches decides; repeat its matches in the other
    """#),
  Refusal(
    #"""
    ip nat inside source route-map RM pool P
    """#,
    #"""
    1:32 there is no route map 'RM'
    1:40 there is no pool 'P'
    """#),
  Refusal(
    #"""
    route-map RM
    ip nat pool P 203.0.113.9 203.0.113.19 prefix-length 24
    ip nat inside source route-map RM pool P overload
    ip nat inside source route-map RM pool P overload
    """#,
    #"""
    4:32 route map 'RM' already has a rule in line 3, so this one can never apply
    """#),
]

@Test(arguments: refusals)
func `a route map that is wrong is reported with its place and the reason`(_ refusal: Refusal) {
  refusal.check()
}
