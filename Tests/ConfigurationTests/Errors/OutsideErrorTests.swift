import Testing

@testable import Configuration

private let refusals = [
  Refusal(
    #"""
    ip nat outside
    """#,
    #"""
    1:15 the statement is incomplete
    """#),
  Refusal(
    #"""
    ip nat outside source list 10 pool P
    """#,
    #"""
    1:28 there is no access list '10'
    1:36 there is no pool 'P'
    """#),
  Refusal(
    #"""
    access-list 10 permit any
    ip nat pool P 203.0.113.9 203.0.113.19 prefix-length 24
    ip nat outside source list 10 pool P overload
    """#,
    #"""
    3:38 'overload' is not supported: outside hosts that share an outside local address could not be told apart by inside hosts
    """#),
  Refusal(
    #"""
    access-list 10 permit any
    ip nat pool P 203.0.113.9 203.0.113.19 prefix-length 24
    ip nat outside source list 10 pool P mapping-id 5
    """#,
    #"""
    3:38 'mapping-id' is not supported: there is no second gateway to keep in step; the tables survive a restart with 'state-directory'
    """#),
  Refusal(
    #"""
    access-list 10 permit any
    ip nat outside source list 10 interface out0
    """#,
    #"""
    2:31 'interface' is not supported: outside hosts get addresses of their own, from a pool
    """#),
  Refusal(
    #"""
    access-list 10 permit any
    ip nat pool P 203.0.113.9 203.0.113.19 prefix-length 24
    ip nat outside source list 10 pool P
    ip nat outside source list 10 pool P add-route
    """#,
    #"""
    4:28 access list '10' already has a rule in line 3, so this one can never apply
    """#),
  Refusal(
    #"""
    no ip nat outside source list 10 pool P
    """#,
    #"""
    1:31 there is no such rule to remove
    """#),
  Refusal(
    #"""
    ip nat outside source route-map RM pool P
    """#,
    #"""
    1:33 there is no route map 'RM'
    1:41 there is no pool 'P'
    """#),
  Refusal(
    #"""
    ip nat outside source static 192.0.2.1 10.9.0.1 mapping-id 5
    """#,
    #"""
    1:49 'mapping-id' is not supported: there is no second gateway to keep in step; the tables survive a restart with 'state-directory'
    """#),
  Refusal(
    #"""
    ip nat outside source static 192.0.2.1 10.9.0.1 redundancy G
    """#,
    #"""
    1:49 'redundancy' is not supported: there is no second gateway to keep in step; the tables survive a restart with 'state-directory'
    """#),
  Refusal(
    #"""
    ip nat outside source static 192.0.2.1 10.9.0.1
    ip nat outside source static 192.0.2.2 10.9.0.1
    """#,
    #"""
    2:40 10.9.0.1 already stands for 192.0.2.1, in line 1
    """#),
  Refusal(
    #"""
    ip nat outside source static 192.0.2.1 10.9.0.1
    ip nat outside source static 192.0.2.1 10.9.0.2
    """#,
    #"""
    2:30 192.0.2.1 already has a static translation in line 1
    """#),
  Refusal(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    interface out0
     device tap t1
     ip address 203.0.113.1 255.255.255.0
    ip nat outside source static 192.0.2.1 10.0.0.1
    """#,
    #"""
    7:40 10.0.0.1 is the gateway's own address on interface 'in0'
    """#),
  Refusal(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    interface out0
     device tap t1
     ip address 203.0.113.1 255.255.255.0
    ip nat outside source static 203.0.113.1 10.0.0.7
    """#,
    #"""
    7:30 203.0.113.1 is the gateway's own address on interface 'out0'
    """#),
  Refusal(
    #"""
    ip nat outside source static tcp 192.0.2.1 80 10.9.0.1
    """#,
    #"""
    1:55 the statement is incomplete
    """#),
  Refusal(
    #"""
    ip nat outside source static esp 192.0.2.1 10.9.0.1
    """#,
    #"""
    1:30 unexpected 'esp'
    """#),
  Refusal(
    #"""
    no ip nat outside source static 192.0.2.1 10.9.0.1
    """#,
    #"""
    1:33 there is no such static translation to remove
    """#),
  Refusal(
    #"""
    ip nat inside destination list 10 pool P
    """#,
    #"""
    1:32 there is no access list '10'
    1:40 there is no pool 'P'
    """#),
  Refusal(
    #"""
    access-list 10 permit any
    ip nat pool P 203.0.113.9 203.0.113.19 prefix-length 24
    ip nat inside destination list 10 pool P
    """#,
    #"""
    3:40 pool 'P' is not of type rotary, whose hosts take connections in turn
    """#),
  Refusal(
    #"""
    access-list 10 permit any
    ip nat pool P 10.0.0.9 10.0.0.10 prefix-length 24 type rotary
    ip nat inside destination list 10 pool P redundancy 1 mapping-id 1
    """#,
    #"""
    3:42 'redundancy' is not supported: there is no second gateway to keep in step; the tables survive a restart with 'state-directory'
    """#),
  Refusal(
    #"""
    access-list 10 permit any
    ip nat pool P 10.0.0.9 10.0.0.10 prefix-length 24 type rotary
    ip nat inside destination list 10 pool P
    ip nat inside destination list 10 pool P
    """#,
    #"""
    4:32 access list '10' already has a rule in line 3, so this one can never apply
    """#),
  Refusal(
    #"""
    no ip nat inside destination list 10 pool P
    """#,
    #"""
    1:35 there is no such rule to remove
    """#),
]

@Test(arguments: refusals)
func `a rule or entry for outside hosts or destinations that is wrong is reported with its place and the reason`(
  _ refusal: Refusal
) {
  refusal.check()
}
