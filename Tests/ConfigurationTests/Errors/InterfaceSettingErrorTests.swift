import Testing

@testable import Configuration

private let rejections = [
  Rejection(
    #"""
    interface in0
     device tap t0
     ip address dhcp
    """#,
    #"""
    gw.conf:3:13: error: 'dhcp' is not supported: interfaces get their addresses from the configuration
         ip address dhcp
                    ^
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1
    """#,
    #"""
    gw.conf:3:21: error: the statement is incomplete
         ip address 10.0.0.1
                            ^
        expected: MASK (such as 255.255.255.0)
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1/24
    """#,
    #"""
    gw.conf:3:13: error: '10.0.0.1/24' is not an IPv4 address
         ip address 10.0.0.1/24
                    ^
        expected: ADDRESS (A.B.C.D)
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1 255.0.255.0
    """#,
    #"""
    gw.conf:3:22: error: '255.0.255.0' is not a network mask
         ip address 10.0.0.1 255.0.255.0
                             ^
        expected: MASK (such as 255.255.255.0)
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1 0.0.0.0
    """#,
    #"""
    gw.conf:3:22: error: the mask 0.0.0.0 leaves no network part
         ip address 10.0.0.1 0.0.0.0
                             ^
        expected: MASK (such as 255.255.255.0)
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.0 255.255.255.0
    """#,
    #"""
    gw.conf:3:13: error: 10.0.0.0 is the network or broadcast address of 10.0.0.0/24
         ip address 10.0.0.0 255.255.255.0
                    ^
        expected: ADDRESS (the address of a host)
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.255 255.255.255.0
    """#,
    #"""
    gw.conf:3:13: error: 10.0.0.255 is the network or broadcast address of 10.0.0.0/24
         ip address 10.0.0.255 255.255.255.0
                    ^
        expected: ADDRESS (the address of a host)
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip address 224.0.0.1 255.255.255.0
    """#,
    #"""
    gw.conf:3:13: error: 224.0.0.1 is not an address that a host can have
         ip address 224.0.0.1 255.255.255.0
                    ^
        expected: ADDRESS (A.B.C.D)
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0 secondary
    """#,
    #"""
    gw.conf:3:36: error: 'secondary' is not supported: an interface has one address; static entries and pools hold the others
         ip address 10.0.0.1 255.255.255.0 secondary
                                           ^
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     no ip address 10.0.0.1 255.255.255.0
    """#,
    #"""
    gw.conf:3:16: error: interface 'in0' has no address 10.0.0.1
         no ip address 10.0.0.1 255.255.255.0
                       ^
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     mtu 67
    """#,
    #"""
    gw.conf:3:6: error: '67' is not in the range 68-65521
         mtu 67
             ^
        expected: OCTETS (68-65521)
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     mtu 65522
    """#,
    #"""
    gw.conf:3:6: error: '65522' is not in the range 68-65521
         mtu 65522
             ^
        expected: OCTETS (68-65521)
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     mac-address 02:00:00:00:00:01
    """#,
    #"""
    gw.conf:3:14: error: '02:00:00:00:00:01' is not an Ethernet address
         mac-address 02:00:00:00:00:01
                     ^
        expected: ADDRESS (H.H.H, such as 0200.0000.0001)
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     mac-address 0100.0000.0001
    """#,
    #"""
    gw.conf:3:14: error: '0100.0000.0001' is not the Ethernet address of one station
         mac-address 0100.0000.0001
                     ^
        expected: ADDRESS (H.H.H, such as 0200.0000.0001)
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     mac-address 0.0.0
    """#,
    #"""
    gw.conf:3:14: error: '0.0.0' is not the Ethernet address of one station
         mac-address 0.0.0
                     ^
        expected: ADDRESS (H.H.H, such as 0200.0000.0001)
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     description
    """#,
    #"""
    gw.conf:3:13: error: the statement is incomplete
         description
                    ^
        expected: TEXT
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     shutdown
    """#,
    #"""
    gw.conf:3:2: error: 'shutdown' is not supported: leave the interface out of the configuration instead
         shutdown
         ^
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip nat enable
    """#,
    #"""
    gw.conf:3:9: error: 'ip nat enable' is not supported: without an inside and an outside a packet has no direction to be translated in; use 'ip nat inside' and 'ip nat outside' at interfaces
         ip nat enable
                ^
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip access-group 10 in
    """#,
    #"""
    gw.conf:3:5: error: 'ip access-group' is not supported: Sallyport translates, and admits what belongs to a translation; filter with the system's own firewall
         ip access-group 10 in
            ^
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip vrf forwarding RED
    """#,
    #"""
    gw.conf:3:20: error: there is no VRF 'RED'
         ip vrf forwarding RED
                           ^
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    interface in0.1
     encapsulation dot1q 0
    """#,
    #"""
    gw.conf:5:22: error: '0' is not in the range 1-4094
         encapsulation dot1q 0
                             ^
        expected: VLAN (1-4094)
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    interface in0.1
     encapsulation dot1q 4095
    """#,
    #"""
    gw.conf:5:22: error: '4095' is not in the range 1-4094
         encapsulation dot1q 4095
                             ^
        expected: VLAN (1-4094)
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    interface in0.1
     encapsulation dot1q 5 native
    """#,
    #"""
    gw.conf:5:24: error: 'native' is not supported: frames without a tag belong to the interface itself, without a sub-interface
         encapsulation dot1q 5 native
                               ^
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    interface in0.1
     encapsulation isl 5
    """#,
    #"""
    gw.conf:5:16: error: unexpected 'isl'
         encapsulation isl 5
                       ^
        expected: dot1Q
    """#),
]

@Test(arguments: rejections)
func `a setting of an interface that is wrong is reported with its place and what was expected`(_ rejection: Rejection)
{
  rejection.check()
}
