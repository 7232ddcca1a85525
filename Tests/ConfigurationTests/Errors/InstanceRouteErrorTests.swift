import Testing

@testable import Configuration

private let refusals = [
  Refusal(
    #"""
    ip route vrf RED 10.1.0.0 255.255.0.0 10.0.0.9
    """#,
    #"""
    1:14 there is no VRF 'RED'
    """#),
  Refusal(
    #"""
    vrf definition RED
    interface red0
     device tap t2
     vrf forwarding RED
     ip address 10.0.0.1 255.255.255.0
    ip route vrf RED 10.1.0.0 255.255.0.0 203.0.113.9
    """#,
    #"""
    6:39 the gateway 203.0.113.9 is not in the network of any interface in VRF 'RED'
    """#),
  Refusal(
    #"""
    vrf definition RED
    interface red0
     device tap t2
     vrf forwarding RED
     ip address 10.0.0.1 255.255.255.0
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    interface out0
     device tap t1
     ip address 203.0.113.1 255.255.255.0
    ip route vrf RED 10.1.0.0 255.255.0.0 203.0.113.9
    """#,
    #"""
    12:39 the gateway 203.0.113.9 is not in the network of any interface in VRF 'RED'
    """#),
  Refusal(
    #"""
    vrf definition RED
    interface red0
     device tap t2
     vrf forwarding RED
     ip address 10.0.0.1 255.255.255.0
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    interface out0
     device tap t1
     ip address 203.0.113.1 255.255.255.0
    ip route vrf RED 10.1.0.0 255.255.0.0 10.0.0.9 global track 1
    """#,
    #"""
    12:55 unexpected 'track'
    """#),
  Refusal(
    #"""
    vrf definition RED
    interface red0
     device tap t2
     vrf forwarding RED
     ip address 10.0.0.1 255.255.255.0
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    interface out0
     device tap t1
     ip address 203.0.113.1 255.255.255.0
    ip route vrf RED 10.1.0.0 255.255.0.0 out0
    """#,
    #"""
    12:39 interface 'out0' is in the global instance, not in VRF 'RED'
    """#),
  Refusal(
    #"""
    vrf definition RED
    interface red0
     device tap t2
     vrf forwarding RED
     ip address 10.0.0.1 255.255.255.0
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    interface out0
     device tap t1
     ip address 203.0.113.1 255.255.255.0
    ip route vrf RED 10.1.0.0 255.255.0.0 out0 global
    """#,
    #"""
    12:44 'global' says where the gateway of a VRF's route is
    """#),
  Refusal(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    interface out0
     device tap t1
     ip address 203.0.113.1 255.255.255.0
    ip route 10.1.0.0 255.255.0.0 203.0.113.9 global
    """#,
    #"""
    7:43 'global' says where the gateway of a VRF's route is
    """#),
  Refusal(
    #"""
    vrf definition RED
    interface red0
     device tap t2
     vrf forwarding RED
     ip address 10.0.0.1 255.255.255.0
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    interface out0
     device tap t1
     ip address 203.0.113.1 255.255.255.0
    ip route 10.1.0.0 255.255.0.0 red0
    """#,
    #"""
    12:31 interface 'red0' is in VRF 'RED', not in the global instance
    """#),
  Refusal(
    #"""
    vrf definition RED
    interface red0
     device tap t2
     vrf forwarding RED
     ip address 10.0.0.1 255.255.255.0
    ip route vrf RED 10.0.0.0 255.255.255.0 10.0.0.9
    """#,
    #"""
    6:18 10.0.0.0/24 is the network of interface 'red0'
    """#),
  Refusal(
    #"""
    vrf definition RED
    interface red0
     device tap t2
     vrf forwarding RED
     ip address 10.0.0.1 255.255.255.0
    ip route vrf RED 10.1.0.0 255.255.0.0 10.0.0.9
    ip nat route vrf RED 10.1.0.0 255.255.0.0 global
    """#,
    #"""
    7:22 line 6 already has a route to 10.1.0.0/16; a network has one route, because nothing watches gateways
    """#),
  Refusal(
    #"""
    ip nat route vrf RED 10.1.0.0 255.255.0.0
    """#,
    #"""
    1:42 the statement is incomplete
    """#),
  Refusal(
    #"""
    ip nat route vrf RED 10.1.0.1 255.255.0.0 global
    """#,
    #"""
    1:22 10.1.0.1 has bits outside of its mask
    """#),
  Refusal(
    #"""
    ip nat route vrf RED 10.1.0.0 255.255.0.0 global
    """#,
    #"""
    1:18 there is no VRF 'RED'
    """#),
  Refusal(
    #"""
    no ip nat route vrf RED 10.1.0.0 255.255.0.0 global
    """#,
    #"""
    1:25 there is no such route to 10.1.0.0/16 to remove
    """#),
  Refusal(
    #"""
    access-list 10 permit any
    ip nat pool P 203.0.113.9 203.0.113.19 prefix-length 24
    ip nat inside source list 10 pool P overload vrf RED
    """#,
    #"""
    3:50 there is no VRF 'RED'
    """#),
  Refusal(
    #"""
    access-list 10 permit any
    ip nat pool P 203.0.113.9 203.0.113.19 prefix-length 24
    ip nat inside source list 10 pool P overload match-in-vrf
    """#,
    #"""
    3:46 'match-in-vrf' goes with 'vrf'
    """#),
  Refusal(
    #"""
    vrf definition RED
    interface red0
     device tap t2
     vrf forwarding RED
     ip address 10.0.0.1 255.255.255.0
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    interface out0
     device tap t1
     ip address 203.0.113.1 255.255.255.0
    access-list 10 permit any
    ip nat inside source list 10 interface red0 vrf RED
    """#,
    #"""
    13:40 interface 'red0' is in VRF 'RED', but the addresses are of the global instance
    """#),
  Refusal(
    #"""
    vrf definition RED
    interface red0
     device tap t2
     vrf forwarding RED
     ip address 10.0.0.1 255.255.255.0
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    interface out0
     device tap t1
     ip address 203.0.113.1 255.255.255.0
    access-list 10 permit any
    ip nat inside source list 10 interface out0 vrf RED match-in-vrf
    """#,
    #"""
    13:40 interface 'out0' is in the global instance, but the addresses are of VRF 'RED'
    """#),
  Refusal(
    #"""
    vrf definition RED
    interface red0
     device tap t2
     vrf forwarding RED
     ip address 10.0.0.1 255.255.255.0
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    interface out0
     device tap t1
     ip address 203.0.113.1 255.255.255.0
    ip nat inside source static 10.0.0.5 interface red0
    """#,
    #"""
    12:48 interface 'red0' is in VRF 'RED', but the addresses are of the global instance
    """#),
  Refusal(
    #"""
    vrf definition RED
    interface red0
     device tap t2
     vrf forwarding RED
     ip address 10.0.0.1 255.255.255.0
    ip nat inside source static 10.0.0.1 203.0.113.5 vrf RED
    """#,
    #"""
    6:29 10.0.0.1 is the gateway's own address on interface 'red0'
    """#),
  Refusal(
    #"""
    vrf definition RED
    interface red0
     device tap t2
     vrf forwarding RED
     ip address 10.0.0.1 255.255.255.0
    ip nat inside source static 10.0.0.5 203.0.113.5 match-in-vrf
    """#,
    #"""
    6:50 'match-in-vrf' goes with 'vrf'
    """#),
  Refusal(
    #"""
    ip nat outside source static 192.0.2.1 10.9.0.1 vrf RED
    """#,
    #"""
    1:53 there is no VRF 'RED'
    """#),
  Refusal(
    #"""
    ip nat outside source static 192.0.2.1 10.9.0.1 match-in-vrf
    """#,
    #"""
    1:49 'match-in-vrf' goes with 'vrf'
    """#),
]

@Test(arguments: refusals)
func `a route or rule of a VRF is reported with its place when it is wrong`(_ refusal: Refusal) {
  refusal.check()
}
