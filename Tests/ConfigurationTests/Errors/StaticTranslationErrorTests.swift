import Testing

@testable import Configuration

private let rejections = [
  Rejection(
    #"""
    ip nat inside source static
    """#,
    #"""
    gw.conf:1:28: error: the statement is incomplete
        ip nat inside source static
                                   ^
        expected: tcp, udp, esp, network, LOCAL-ADDRESS (A.B.C.D)
    """#),
  Rejection(
    #"""
    ip nat inside source static sctp 10.0.0.5 80 203.0.113.5 80
    """#,
    #"""
    gw.conf:1:29: error: unexpected 'sctp'
        ip nat inside source static sctp 10.0.0.5 80 203.0.113.5 80
                                    ^
        expected: tcp, udp, esp, network, LOCAL-ADDRESS (A.B.C.D)
    """#),
  Rejection(
    #"""
    ip nat inside source static 10.0.0.5
    """#,
    #"""
    gw.conf:1:37: error: the statement is incomplete
        ip nat inside source static 10.0.0.5
                                            ^
        expected: interface, GLOBAL-ADDRESS (A.B.C.D)
    """#),
  Rejection(
    #"""
    ip nat inside source static 10.0.0.5 203.0.113.256
    """#,
    #"""
    gw.conf:1:38: error: '203.0.113.256' is not an IPv4 address
        ip nat inside source static 10.0.0.5 203.0.113.256
                                             ^
        expected: GLOBAL-ADDRESS (A.B.C.D)
    """#),
  Rejection(
    #"""
    ip nat inside source static tcp 10.0.0.5 0 203.0.113.5 80
    """#,
    #"""
    gw.conf:1:42: error: '0' is not in the range 1-65535
        ip nat inside source static tcp 10.0.0.5 0 203.0.113.5 80
                                                 ^
        expected: LOCAL-PORT (1-65535)
    """#),
  Rejection(
    #"""
    ip nat inside source static tcp 10.0.0.5 80 203.0.113.5
    """#,
    #"""
    gw.conf:1:56: error: the statement is incomplete
        ip nat inside source static tcp 10.0.0.5 80 203.0.113.5
                                                               ^
        expected: GLOBAL-PORT (1-65535)
    """#),
  Rejection(
    #"""
    ip nat inside source static tcp 10.0.0.5 80 203.0.113.5 65536
    """#,
    #"""
    gw.conf:1:57: error: '65536' is not in the range 1-65535
        ip nat inside source static tcp 10.0.0.5 80 203.0.113.5 65536
                                                                ^
        expected: GLOBAL-PORT (1-65535)
    """#),
  Rejection(
    #"""
    ip nat inside source static 10.0.0.5 203.0.113.5 vrf RED
    """#,
    #"""
    gw.conf:1:54: error: there is no VRF 'RED'
        ip nat inside source static 10.0.0.5 203.0.113.5 vrf RED
                                                             ^
    """#),
  Rejection(
    #"""
    ip nat inside source static 10.0.0.5 203.0.113.5 no
    """#,
    #"""
    gw.conf:1:50: error: 'no' is ambiguous
        ip nat inside source static 10.0.0.5 203.0.113.5 no
                                                         ^
        expected: no-alias, no-payload
    """#),
  Rejection(
    #"""
    ip nat inside source static 10.0.0.5 203.0.113.5 forever
    """#,
    #"""
    gw.conf:1:50: error: unexpected 'forever'
        ip nat inside source static 10.0.0.5 203.0.113.5 forever
                                                         ^
        expected: vrf, match-in-vrf, extendable, no-alias, no-payload, route-map, reversible, egress-interface, end of line
    """#),
  Rejection(
    #"""
    ip nat inside source static 127.0.0.1 203.0.113.5
    """#,
    #"""
    gw.conf:1:29: error: 127.0.0.1 is not an address that a host can have
        ip nat inside source static 127.0.0.1 203.0.113.5
                                    ^
        expected: LOCAL-ADDRESS (A.B.C.D)
    """#),
  Rejection(
    #"""
    ip nat inside source static 10.0.0.5 interface out9
    """#,
    #"""
    gw.conf:1:48: error: there is no interface 'out9'
        ip nat inside source static 10.0.0.5 interface out9
                                                       ^
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    ip nat inside source static 10.0.0.1 203.0.113.5
    """#,
    #"""
    gw.conf:4:29: error: 10.0.0.1 is the gateway's own address on interface 'in0'
        ip nat inside source static 10.0.0.1 203.0.113.5
                                    ^
    """#),
  Rejection(
    #"""
    interface out0
     device tap t1
     ip address 203.0.113.1 255.255.255.0
    ip nat inside source static 10.0.0.5 203.0.113.1
    """#,
    #"""
    gw.conf:4:38: error: 203.0.113.1 is the gateway's own address on interface 'out0'
        ip nat inside source static 10.0.0.5 203.0.113.1
                                             ^
        expected: interface out0
    """#),
  Rejection(
    #"""
    ip nat inside source static 10.0.0.5 203.0.113.5
    ip nat inside source static 10.0.0.6 203.0.113.5
    """#,
    #"""
    gw.conf:2:38: error: 203.0.113.5 is already translated to 10.0.0.5 in line 1
        ip nat inside source static 10.0.0.6 203.0.113.5
                                             ^
    """#),
  Rejection(
    #"""
    ip nat inside source static 10.0.0.5 203.0.113.5
    ip nat inside source static 10.0.0.5 203.0.113.6
    """#,
    #"""
    gw.conf:2:29: error: 10.0.0.5 already has a static translation in line 1
        ip nat inside source static 10.0.0.5 203.0.113.6
                                    ^
        expected: 'extendable' on both
    """#),
  Rejection(
    #"""
    interface out0
     device tap t1
     ip address 203.0.113.1 255.255.255.0
    ip nat inside source static tcp 10.0.0.5 80 203.0.113.1 80
    ip nat inside source static tcp 10.0.0.6 80 interface out0 80
    """#,
    #"""
    gw.conf:5:55: error: tcp port 80 of 203.0.113.1 is already translated to 10.0.0.5 in line 4
        ip nat inside source static tcp 10.0.0.6 80 interface out0 80
                                                              ^
    """#),
  Rejection(
    #"""
    no ip nat inside source static 10.0.0.5 203.0.113.5
    """#,
    #"""
    gw.conf:1:32: error: there is no such static translation to remove
        no ip nat inside source static 10.0.0.5 203.0.113.5
                                       ^
    """#),
]

@Test(arguments: rejections)
func `a static translation that is wrong is reported with its place and what was expected`(_ rejection: Rejection) {
  rejection.check()
}
