import Testing

@testable import Configuration

private let rejections = [
  Rejection(
    #"""
    ip nat inside source
    """#,
    #"""
    gw.conf:1:21: error: the statement is incomplete
        ip nat inside source
                            ^
        expected: list, route-map, static
    """#),
  Rejection(
    #"""
    ip nat inside source list
    """#,
    #"""
    gw.conf:1:26: error: the statement is incomplete
        ip nat inside source list
                                 ^
        expected: LIST (1-199, 1300-2699 or NAME)
    """#),
  Rejection(
    #"""
    ip nat inside source list 10
    """#,
    #"""
    gw.conf:1:29: error: the statement is incomplete
        ip nat inside source list 10
                                    ^
        expected: pool, interface
    """#),
  Rejection(
    #"""
    ip nat inside source list 150 pool P
    """#,
    #"""
    gw.conf:1:27: error: there is no access list '150'
        ip nat inside source list 150 pool P
                                  ^
    gw.conf:1:36: error: there is no pool 'P'
        ip nat inside source list 150 pool P
                                           ^
    """#),
  Rejection(
    #"""
    ip nat inside source list 10 pool P overlord
    """#,
    #"""
    gw.conf:1:37: error: unexpected 'overlord'
        ip nat inside source list 10 pool P overlord
                                            ^
        expected: vrf, match-in-vrf, egress-interface, overload, reversible, mapping, filtering, pooling, ports, deterministic, end of line
    """#),
  Rejection(
    #"""
    ip nat inside source list 10 pool P vrf RED
    """#,
    #"""
    gw.conf:1:27: error: there is no access list '10'
        ip nat inside source list 10 pool P vrf RED
                                  ^
    gw.conf:1:41: error: there is no VRF 'RED'
        ip nat inside source list 10 pool P vrf RED
                                                ^
    """#),
  Rejection(
    #"""
    ip nat inside source route-map RM pool P
    """#,
    #"""
    gw.conf:1:32: error: there is no route map 'RM'
        ip nat inside source route-map RM pool P
                                       ^
    gw.conf:1:40: error: there is no pool 'P'
        ip nat inside source route-map RM pool P
                                               ^
    """#),
  Rejection(
    #"""
    ip nat inside source list 10 pool P overload
    """#,
    #"""
    gw.conf:1:27: error: there is no access list '10'
        ip nat inside source list 10 pool P overload
                                  ^
    gw.conf:1:35: error: there is no pool 'P'
        ip nat inside source list 10 pool P overload
                                          ^
    """#),
  Rejection(
    #"""
    access-list 10 permit any
    ip nat inside source list 10 interface out9
    """#,
    #"""
    gw.conf:2:40: error: there is no interface 'out9'
        ip nat inside source list 10 interface out9
                                               ^
    """#),
  Rejection(
    #"""
    access-list 10 permit any
    interface out0
     device tap t1
    ip nat inside source list 10 interface out0
    """#,
    #"""
    gw.conf:4:40: error: interface 'out0' has no address to translate to
        ip nat inside source list 10 interface out0
                                               ^
    """#),
  Rejection(
    #"""
    access-list 10 permit any
    ip nat pool P 10.0.0.1 10.0.0.9 prefix-length 24
    ip nat pool Q 10.1.0.1 10.1.0.9 prefix-length 24
    ip nat inside source list 10 pool P
    ip nat inside source list 10 pool Q
    """#,
    #"""
    gw.conf:5:27: error: access list '10' already has a rule in line 4, so this one can never apply
        ip nat inside source list 10 pool Q
                                  ^
    """#),
  Rejection(
    #"""
    access-list 10 permit any
    access-list 11 permit any
    ip nat pool P 10.0.0.1 10.0.0.9 prefix-length 24
    ip nat inside source list 10 pool P
    ip nat inside source list 11 pool P overload
    """#,
    #"""
    gw.conf:5:35: error: pool 'P' is used with and without 'overload' (line 4)
        ip nat inside source list 11 pool P overload
                                          ^
    """#),
  Rejection(
    #"""
    no ip nat inside source list 10 pool P
    """#,
    #"""
    gw.conf:1:30: error: there is no such rule to remove
        no ip nat inside source list 10 pool P
                                     ^
    """#),
]

@Test(arguments: rejections)
func `a dynamic rule that is wrong is reported with its place and what was expected`(_ rejection: Rejection) {
  rejection.check()
}
