import Testing

@testable import Configuration

private let rejections = [
  Rejection(
    #"""
    ip route
    """#,
    #"""
    gw.conf:1:9: error: the statement is incomplete
        ip route
                ^
        expected: NETWORK (A.B.C.D)
    """#),
  Rejection(
    #"""
    ip route vrf RED 0.0.0.0 0.0.0.0 10.0.0.2
    """#,
    #"""
    gw.conf:1:14: error: there is no VRF 'RED'
        ip route vrf RED 0.0.0.0 0.0.0.0 10.0.0.2
                     ^
    """#),
  Rejection(
    #"""
    ip route 10.1.0.1 255.255.0.0 10.0.0.2
    """#,
    #"""
    gw.conf:1:10: error: 10.1.0.1 has bits outside of its mask
        ip route 10.1.0.1 255.255.0.0 10.0.0.2
                 ^
        expected: 10.1.0.0 for this mask
    """#),
  Rejection(
    #"""
    ip route 10.1.0.0 255.255.0.255 10.0.0.2
    """#,
    #"""
    gw.conf:1:19: error: '255.255.0.255' is not a network mask
        ip route 10.1.0.0 255.255.0.255 10.0.0.2
                          ^
        expected: MASK (such as 255.255.255.0)
    """#),
  Rejection(
    #"""
    ip route 224.0.0.0 240.0.0.0 10.0.0.2
    """#,
    #"""
    gw.conf:1:10: error: 224.0.0.0/4 is not a network that packets are routed to
        ip route 224.0.0.0 240.0.0.0 10.0.0.2
                 ^
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    ip route 0.0.0.0 0.0.0.0
    """#,
    #"""
    gw.conf:4:25: error: the statement is incomplete
        ip route 0.0.0.0 0.0.0.0
                                ^
        expected: GATEWAY (A.B.C.D), INTERFACE
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    ip route 0.0.0.0 0.0.0.0 10.0.0.300
    """#,
    #"""
    gw.conf:4:26: error: '10.0.0.300' is not an IPv4 address
        ip route 0.0.0.0 0.0.0.0 10.0.0.300
                                 ^
        expected: GATEWAY (A.B.C.D)
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    ip route 0.0.0.0 0.0.0.0 10.0.0.2 5
    """#,
    #"""
    gw.conf:4:35: error: an administrative distance is not supported: a network has one route, with nothing to compare
        ip route 0.0.0.0 0.0.0.0 10.0.0.2 5
                                          ^
        expected: end of line
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    ip route 0.0.0.0 0.0.0.0 10.0.0.2 track 1
    """#,
    #"""
    gw.conf:4:35: error: 'track' is not supported: nothing watches whether a gateway can be reached
        ip route 0.0.0.0 0.0.0.0 10.0.0.2 track 1
                                          ^
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    ip route 0.0.0.0 0.0.0.0 Null0
    """#,
    #"""
    gw.conf:4:26: error: 'Null0' is not supported: what has no route is refused anyway
        ip route 0.0.0.0 0.0.0.0 Null0
                                 ^
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    ip route 0.0.0.0 0.0.0.0 10.9.0.2
    """#,
    #"""
    gw.conf:4:26: error: the gateway 10.9.0.2 is not in the network of any interface
        ip route 0.0.0.0 0.0.0.0 10.9.0.2
                                 ^
        expected: an address in 10.0.0.0/24
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    ip route 0.0.0.0 0.0.0.0 10.0.0.1
    """#,
    #"""
    gw.conf:4:26: error: 10.0.0.1 is the gateway's own address on interface 'in0'
        ip route 0.0.0.0 0.0.0.0 10.0.0.1
                                 ^
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    ip route 0.0.0.0 0.0.0.0 10.0.0.255
    """#,
    #"""
    gw.conf:4:26: error: 10.0.0.255 is the network or broadcast address of 10.0.0.0/24
        ip route 0.0.0.0 0.0.0.0 10.0.0.255
                                 ^
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    ip route 0.0.0.0 0.0.0.0 in9
    """#,
    #"""
    gw.conf:4:26: error: there is no interface 'in9'
        ip route 0.0.0.0 0.0.0.0 in9
                                 ^
        expected: in0
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    interface in1
     device tap t1
    ip route 10.1.0.0 255.255.0.0 in1 10.0.0.2
    """#,
    #"""
    gw.conf:6:31: error: interface 'in1' has no address to ask for neighbours with
        ip route 10.1.0.0 255.255.0.0 in1 10.0.0.2
                                      ^
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    ip route 10.0.0.0 255.255.255.0 10.0.0.2
    """#,
    #"""
    gw.conf:4:10: error: 10.0.0.0/24 is the network of interface 'in0'
        ip route 10.0.0.0 255.255.255.0 10.0.0.2
                 ^
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    ip route 10.1.0.0 255.255.0.0 10.0.0.2
    ip route 10.1.0.0 255.255.0.0 10.0.0.3
    """#,
    #"""
    gw.conf:5:10: error: line 4 already has a route to 10.1.0.0/16; a network has one route, because nothing watches gateways
        ip route 10.1.0.0 255.255.0.0 10.0.0.3
                 ^
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    no ip route 10.1.0.0 255.255.0.0 10.0.0.2
    """#,
    #"""
    gw.conf:4:13: error: there is no such route to 10.1.0.0/16 to remove
        no ip route 10.1.0.0 255.255.0.0 10.0.0.2
                    ^
    """#),
]

@Test(arguments: rejections)
func `a route that is wrong is reported with its place and what was expected`(_ rejection: Rejection) {
  rejection.check()
}
