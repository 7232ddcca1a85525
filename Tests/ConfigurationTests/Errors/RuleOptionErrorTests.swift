import Testing

@testable import Configuration

private let refusals = [
  Refusal(
    #"""
    access-list 10 permit any
    ip nat pool P 203.0.113.9 203.0.113.19 prefix-length 24
    ip nat inside source list 10 pool P overload extended
    """#,
    #"""
    3:46 'extended' is not supported: a port of an address serves different outside hosts at once only with 'mapping address-and-port-dependent', which says so by RFC 4787's name
    """#),
  Refusal(
    #"""
    access-list 10 permit any
    ip nat pool P 203.0.113.9 203.0.113.19 prefix-length 24
    ip nat inside source list 10 pool P overload pap limit 60
    """#,
    #"""
    3:46 'pap' is not supported: it is set for all rules by 'ip nat settings pap'
    """#),
  Refusal(
    #"""
    access-list 10 permit any
    ip nat pool P 203.0.113.9 203.0.113.19 prefix-length 24
    ip nat inside source list 10 pool P overload oer
    """#,
    #"""
    3:46 'oer' is not supported: there is no performance routing to be told of the rule
    """#),
  Refusal(
    #"""
    access-list 10 permit any
    ip nat pool P 203.0.113.9 203.0.113.19 prefix-length 24
    ip nat inside source list 10 pool P overload portmap RTP
    """#,
    #"""
    3:46 'portmap' is not supported: a port map sets ports aside for RTP, and ports keep their parity and their place in a range without one
    """#),
  Refusal(
    #"""
    access-list 10 permit any
    ip nat pool P 203.0.113.9 203.0.113.19 prefix-length 24
    ip nat inside source list 10 pool P overload redundancy 1 mapping-id 5
    """#,
    #"""
    3:46 'redundancy' is not supported: there is no second gateway to keep in step; the tables survive a restart with 'state-directory'
    """#),
  Refusal(
    #"""
    access-list 10 permit any
    ip nat pool P 203.0.113.9 203.0.113.19 prefix-length 24
    ip nat inside source list 10 pool P overload mapping-id 5
    """#,
    #"""
    3:46 'mapping-id' is not supported: there is no second gateway to keep in step; the tables survive a restart with 'state-directory'
    """#),
  Refusal(
    #"""
    access-list 10 permit any
    ip nat pool P 203.0.113.9 203.0.113.19 prefix-length 24
    ip nat inside source list 10 pool P overload reversible
    """#,
    #"""
    3:46 'reversible' goes without 'overload': which of the hosts that share an address would a session be for
    """#),
  Refusal(
    #"""
    access-list 10 permit any
    ip nat pool P 203.0.113.9 203.0.113.19 prefix-length 24
    ip nat inside source list 10 pool P overload egress-interface out9
    """#,
    #"""
    3:63 there is no interface 'out9'
    """#),
  Refusal(
    #"""
    access-list 10 permit any
    ip nat pool P 203.0.113.9 203.0.113.19 prefix-length 24
    ip nat inside source list 10 pool P filtering endpoint-independent
    """#,
    #"""
    3:37 'filtering' goes with 'overload': a host with an address of its own keeps its ports
    """#),
  Refusal(
    #"""
    access-list 10 permit any
    ip nat pool P 203.0.113.9 203.0.113.19 prefix-length 24
    ip nat inside source list 10 pool P deterministic ports-per-host 100
    """#,
    #"""
    3:37 'deterministic' goes with 'overload': a host with an address of its own keeps its ports
    """#),
  Refusal(
    #"""
    access-list 10 permit any
    ip nat pool P 203.0.113.9 203.0.113.19 prefix-length 24
    ip nat inside source list 10 pool P overload mapping strict
    """#,
    #"""
    3:54 unexpected 'strict'
    """#),
  Refusal(
    #"""
    access-list 10 permit any
    ip nat pool P 203.0.113.9 203.0.113.19 prefix-length 24
    ip nat inside source list 10 pool P overload ports deterministic
    """#,
    #"""
    3:52 unexpected 'deterministic'
    """#),
  Refusal(
    #"""
    access-list 10 permit any
    ip nat pool P 203.0.113.9 203.0.113.19 prefix-length 24
    ip nat inside source list 10 pool P overload deterministic ports-per-host 0
    """#,
    #"""
    3:75 '0' is not in the range 1-64512
    """#),
  Refusal(
    #"""
    access-list 10 permit any
    ip nat pool P 203.0.113.9 203.0.113.19 prefix-length 24
    ip nat inside source list 10 pool P overload deterministic ports-per-host 64512 reserved 1
    """#,
    #"""
    3:90 '1' is not in the range 0-0
    """#),
  Refusal(
    #"""
    access-list 10 permit any
    ip nat pool P 203.0.113.9 203.0.113.19 prefix-length 24
    ip nat inside source list 10 pool P overload deterministic 100
    """#,
    #"""
    3:60 unexpected '100'
    """#),
  Refusal(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    interface out0
     device tap t1
     ip address 203.0.113.1 255.255.255.0
    access-list 10 permit any
    ip nat pool P 203.0.113.9 203.0.113.19 prefix-length 24
    ip nat inside source list 10 pool P overload
    ip nat inside source list 10 pool P overload egress-interface in0
    ip nat inside source list 10 pool P overload egress-interface in0
    """#,
    #"""
    11:27 access list '10' already has a rule in line 10, so this one can never apply
    """#),
  Refusal(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    interface out0
     device tap t1
     ip address 203.0.113.1 255.255.255.0
    access-list 10 permit any
    ip nat pool P 10.0.0.9 10.0.0.10 prefix-length 24 type rotary
    ip nat inside source list 10 pool P overload
    """#,
    #"""
    9:35 pool 'P' is of type rotary, which holds the hosts behind an inside destination
    """#),
  Refusal(
    #"""
    ip nat inside source static 10.0.0.5 203.0.113.5 redundancy G
    """#,
    #"""
    1:50 'redundancy' is not supported: there is no second gateway to keep in step; the tables survive a restart with 'state-directory'
    """#),
  Refusal(
    #"""
    ip nat inside source static 10.0.0.5 203.0.113.5 redundancy 1 mapping-id 5
    """#,
    #"""
    1:50 'redundancy' is not supported: there is no second gateway to keep in step; the tables survive a restart with 'state-directory'
    """#),
  Refusal(
    #"""
    ip nat inside source static 10.0.0.5 203.0.113.5 mapping-id 5
    """#,
    #"""
    1:50 'mapping-id' is not supported: there is no second gateway to keep in step; the tables survive a restart with 'state-directory'
    """#),
  Refusal(
    #"""
    ip nat inside source static 10.0.0.5 203.0.113.5 stateless
    """#,
    #"""
    1:50 'stateless' is not supported: there is no second gateway to keep in step; the tables survive a restart with 'state-directory'
    """#),
  Refusal(
    #"""
    ip nat inside source static 10.0.0.5 203.0.113.5 overload
    """#,
    #"""
    1:50 'overload' is not supported: a static entry joins one local and one global address, so there is nothing to share
    """#),
  Refusal(
    #"""
    ip nat inside source static 10.0.0.5 203.0.113.5 forced
    """#,
    #"""
    1:50 'forced' is not supported: a reload ends the sessions of an entry that is gone, so it has nothing to force
    """#),
  Refusal(
    #"""
    ip nat inside source static 10.0.0.5 203.0.113.5 reversible
    """#,
    #"""
    1:50 'reversible' goes with 'route-map': an entry without one translates sessions from both sides anyway
    """#),
  Refusal(
    #"""
    ip nat inside source static 10.0.0.5 203.0.113.5 route-map RM
    """#,
    #"""
    1:60 there is no route map 'RM'
    """#),
  Refusal(
    #"""
    ip nat inside source static 10.0.0.5 203.0.113.5 egress-interface out9
    """#,
    #"""
    1:67 there is no interface 'out9'
    """#),
  Refusal(
    #"""
    ip nat inside source static esp 10.0.0.5
    """#,
    #"""
    1:41 the statement is incomplete
    """#),
  Refusal(
    #"""
    ip nat inside source static esp 10.0.0.5 203.0.113.5
    ip nat inside source static esp 10.0.0.6 203.0.113.5
    """#,
    #"""
    2:42 esp of 203.0.113.5 is already translated to 10.0.0.5 in line 1
    """#),
  Refusal(
    #"""
    ip nat inside source static network 10.0.0.1 203.0.113.0 /24
    """#,
    #"""
    1:37 10.0.0.1 has bits outside of its mask
    """#),
  Refusal(
    #"""
    ip nat inside source static network 10.0.0.0 203.0.113.1 /24
    """#,
    #"""
    1:46 203.0.113.1 has bits outside of its mask
    """#),
  Refusal(
    #"""
    ip nat inside source static network 10.0.0.0 203.0.113.0 /33
    """#,
    #"""
    1:58 '/33' is not the length of a prefix
    """#),
  Refusal(
    #"""
    ip nat inside source static network 10.0.0.0 203.0.113.0 255.0.255.0
    """#,
    #"""
    1:58 '255.0.255.0' is not a network mask
    """#),
  Refusal(
    #"""
    ip nat inside source static network 10.0.0.0 203.0.113.0
    """#,
    #"""
    1:57 the statement is incomplete
    """#),
  Refusal(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    interface out0
     device tap t1
     ip address 203.0.113.1 255.255.255.0
    ip nat inside source static network 10.0.0.0 203.0.113.0 /24
    """#,
    #"""
    7:46 203.0.113.0/24 holds 203.0.113.1, the gateway's own address on interface 'out0'
    """#),
  Refusal(
    #"""
    ip nat inside source static network 10.0.0.0 203.0.113.0 /24
    ip nat inside source static 10.9.0.5 203.0.113.5
    """#,
    #"""
    2:38 these global addresses are already translated to those from 10.0.0.0 on, in line 1
    """#),
  Refusal(
    #"""
    ip nat inside source static network 10.0.0.0 203.0.113.0 /24
    ip nat inside source static network 10.1.0.0 203.0.0.0 /16
    """#,
    #"""
    2:46 these global addresses are already translated to those from 10.0.0.0 on, in line 1
    """#),
]

@Test(arguments: refusals)
func `an option of a rule or entry that is wrong, or that Sallyport has not, is refused with its place and the reason`(
  _ refusal: Refusal
) {
  refusal.check()
}
