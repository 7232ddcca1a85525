import Testing

@testable import Configuration

private let refusals = [
  Refusal(
    #"""
    ip vrf
    """#,
    #"""
    1:7 the statement is incomplete
    """#),
  Refusal(
    #"""
    vrf RED
    """#,
    #"""
    1:5 unexpected 'RED'
    """#),
  Refusal(
    #"""
    no ip vrf RED
    """#,
    #"""
    1:11 there is no VRF 'RED' to remove
    """#),
  Refusal(
    #"""
    no vrf definition RED
    """#,
    #"""
    1:19 there is no VRF 'RED' to remove
    """#),
  Refusal(
    #"""
    vrf definition RED
     rd
    """#,
    #"""
    2:4 the statement is incomplete
    """#),
  Refusal(
    #"""
    vrf definition RED
     rd 65000
    """#,
    #"""
    2:5 '65000' is not a route distinguisher
    """#),
  Refusal(
    #"""
    vrf definition RED
     rd 65536:65536
    """#,
    #"""
    2:5 '65536:65536' is not a route distinguisher
    """#),
  Refusal(
    #"""
    vrf definition RED
     rd 10.0.0.1:65536
    """#,
    #"""
    2:5 '10.0.0.1:65536' is not a route distinguisher
    """#),
  Refusal(
    #"""
    vrf definition RED
     route-target both 1:1
    """#,
    #"""
    2:2 'route-target' is not supported: routes are not exchanged between routers or instances; 'ip nat route' and 'ip route vrf … global' lead on
    """#),
  Refusal(
    #"""
    ip vrf RED
     import map M
    """#,
    #"""
    2:2 'import' is not supported: routes are not exchanged between routers or instances; 'ip nat route' and 'ip route vrf … global' lead on
    """#),
  Refusal(
    #"""
    ip vrf RED
     export map M
    """#,
    #"""
    2:2 'export' is not supported: routes are not exchanged between routers or instances; 'ip nat route' and 'ip route vrf … global' lead on
    """#),
  Refusal(
    #"""
    ip vrf RED
     maximum routes 100 80
    """#,
    #"""
    2:2 'maximum' is not supported: routes are counted for the whole gateway
    """#),
  Refusal(
    #"""
    vrf definition RED
     address-family ipv6
    """#,
    #"""
    2:17 'ipv6' is not supported: Sallyport translates and forwards IPv4 only
    """#),
  Refusal(
    #"""
    vrf definition RED
     address-family ipv4 multicast
    """#,
    #"""
    2:22 'multicast' is not supported: Sallyport forwards unicast packets only
    """#),
  Refusal(
    #"""
    vrf definition RED
     vpn id 1:1
    """#,
    #"""
    2:2 'vpn' is not supported: routes are not exchanged between routers or instances; 'ip nat route' and 'ip route vrf … global' lead on
    """#),
  Refusal(
    #"""
    interface in0
     device tap t0
     ip vrf forwarding RED
    """#,
    #"""
    3:20 there is no VRF 'RED'
    """#),
  Refusal(
    #"""
    interface in0
     device tap t0
     ip vrf
    """#,
    #"""
    3:8 the statement is incomplete
    """#),
  Refusal(
    #"""
    vrf definition RED
    interface red0
     device tap t2
     vrf forwarding RED
     ip address 10.0.0.1 255.255.255.0
    interface blue0
     device tap t3
     vrf forwarding RED
     ip address 10.0.0.2 255.255.255.0
    """#,
    #"""
    9:13 10.0.0.0/24 overlaps with 10.0.0.0/24 of interface 'red0'
    """#),
]

@Test(arguments: refusals)
func `a VRF that is wrong is reported with its place and the reason`(_ refusal: Refusal) {
  refusal.check()
}
