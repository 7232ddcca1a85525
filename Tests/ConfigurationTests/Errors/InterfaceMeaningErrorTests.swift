import Testing

@testable import Configuration

private let rejections = [
  Rejection(
    #"""
    interface in0
     ip address 10.0.0.1 255.255.255.0
    """#,
    #"""
    gw.conf:1:11: error: interface 'in0' has no device
        interface in0
                  ^
        expected: a 'device tap' statement
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
     encapsulation dot1q 5
    """#,
    #"""
    gw.conf:4:22: error: only a sub-interface has an encapsulation
         encapsulation dot1q 5
                             ^
        expected: interface in0.5
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    interface in0.5
     ip address 10.5.0.1 255.255.255.0
    """#,
    #"""
    gw.conf:4:11: error: sub-interface 'in0.5' has no encapsulation
        interface in0.5
                  ^
        expected: an 'encapsulation dot1Q' statement
    """#),
  Rejection(
    #"""
    interface in0.5
     encapsulation dot1q 5
    """#,
    #"""
    gw.conf:1:11: error: sub-interface 'in0.5' has no interface 'in0' to belong to
        interface in0.5
                  ^
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    interface in0.5
     device tap t5
     encapsulation dot1q 5
     mtu 1400
     mac-address 0200.0000.0001
    """#,
    #"""
    gw.conf:5:13: error: a sub-interface has the device of 'in0', not one of its own
         device tap t5
                    ^
    gw.conf:7:6: error: a sub-interface has the MTU of 'in0', not one of its own
         mtu 1400
             ^
    gw.conf:8:14: error: a sub-interface has the Ethernet address of 'in0', not one of its own
         mac-address 0200.0000.0001
                     ^
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    interface in1
     device tap t0
    """#,
    #"""
    gw.conf:5:13: error: device 't0' already carries interface 'in0'
         device tap t0
                    ^
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    interface in0.5
     encapsulation dot1q 5
    interface in0.6
     encapsulation dot1q 5
    """#,
    #"""
    gw.conf:7:22: error: VLAN 5 of 'in0' already is sub-interface 'in0.5'
         encapsulation dot1q 5
                             ^
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    interface in1
     device tap t1
     ip address 10.0.0.2 255.255.255.0
    """#,
    #"""
    gw.conf:6:13: error: 10.0.0.0/24 overlaps with 10.0.0.0/24 of interface 'in0'
         ip address 10.0.0.2 255.255.255.0
                    ^
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    interface in1
     device tap t1
     ip address 10.0.3.1 255.255.0.0
    """#,
    #"""
    gw.conf:6:13: error: 10.0.0.0/16 overlaps with 10.0.0.0/24 of interface 'in0'
         ip address 10.0.3.1 255.255.0.0
                    ^
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
     mtu 1400
     ip mtu 1500
    """#,
    #"""
    gw.conf:5:9: error: the IP MTU 1500 is larger than the MTU of the device, 1400
         ip mtu 1500
                ^
    """#),
]

@Test(arguments: rejections)
func `interfaces that lack something or contradict each other are reported`(_ rejection: Rejection) {
  rejection.check()
}
