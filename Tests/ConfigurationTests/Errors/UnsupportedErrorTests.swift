import Testing

@testable import Configuration

private let rejections = [
  Rejection(
    #"""
    ip nat service sip udp port 5060
    """#,
    #"""
    gw.conf:1:8: error: 'ip nat service' is not supported by this version
        ip nat service sip udp port 5060
               ^
    """#),
  Rejection(
    #"""
    no ip nat service all-algs
    """#,
    #"""
    gw.conf:1:11: error: 'no ip nat service' is not supported by this version
        no ip nat service all-algs
                  ^
    """#),
  Rejection(
    #"""
    ip nat outside source static 1.2.3.4 10.0.0.9
    """#,
    #"""
    gw.conf:1:8: error: 'ip nat outside' is not supported by this version
        ip nat outside source static 1.2.3.4 10.0.0.9
               ^
    """#),
  Rejection(
    #"""
    ip nat inside destination list 1 pool P
    """#,
    #"""
    gw.conf:1:15: error: 'ip nat inside destination' is not supported by this version
        ip nat inside destination list 1 pool P
                      ^
    """#),
  Rejection(
    #"""
    ip nat log translations syslog
    """#,
    #"""
    gw.conf:1:8: error: 'ip nat log' is not supported by this version
        ip nat log translations syslog
               ^
    """#),
  Rejection(
    #"""
    ip nat settings mode cgn
    """#,
    #"""
    gw.conf:1:8: error: 'ip nat settings' is not supported by this version
        ip nat settings mode cgn
               ^
    """#),
  Rejection(
    #"""
    ip nat portmap RTP
    """#,
    #"""
    gw.conf:1:8: error: 'ip nat portmap' is not supported by this version
        ip nat portmap RTP
               ^
    """#),
  Rejection(
    #"""
    ip nat create flow-entries
    """#,
    #"""
    gw.conf:1:8: error: 'ip nat create' is not supported by this version
        ip nat create flow-entries
               ^
    """#),
  Rejection(
    #"""
    ip vrf RED
     rd 1:1
    """#,
    #"""
    gw.conf:1:4: error: 'ip vrf' is not supported by this version
        ip vrf RED
           ^
    """#),
  Rejection(
    #"""
    vrf definition RED
     rd 1:1
     address-family ipv4
    """#,
    #"""
    gw.conf:1:1: error: 'vrf' is not supported by this version
        vrf definition RED
        ^
    """#),
  Rejection(
    #"""
    route-map RM permit 10
     match ip address 10
    """#,
    #"""
    gw.conf:1:1: error: 'route-map' is not supported by this version
        route-map RM permit 10
        ^
    """#),
  Rejection(
    #"""
    crypto ipsec nat-transparency spi-matching
    """#,
    #"""
    gw.conf:1:1: error: 'crypto' is not supported by this version
        crypto ipsec nat-transparency spi-matching
        ^
    """#),
  Rejection(
    #"""
    service timestamps debug datetime msec
    """#,
    #"""
    gw.conf:1:1: error: 'service' is not supported by this version
        service timestamps debug datetime msec
        ^
    """#),
  Rejection(
    #"""
    router ospf 1
     network 10.0.0.0 0.0.0.255 area 0
    frob
    """#,
    #"""
    gw.conf:1:1: error: 'router' is not supported by this version
        router ospf 1
        ^
    gw.conf:3:1: error: unknown statement 'frob'
        frob
        ^
        expected: hostname, control-socket, dataplane, interface, ip, access-list, version, exit, end
    """#),
]

@Test(arguments: rejections)
func `a statement that IOS has and this version has not is refused by name`(_ rejection: Rejection) {
  rejection.check()
}
