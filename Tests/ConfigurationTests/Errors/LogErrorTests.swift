import Testing

@testable import Configuration

private let refusals = [
  Refusal(
    #"""
    ip nat log translations
    """#,
    #"""
    1:24 the statement is incomplete
    """#),
  Refusal(
    #"""
    ip nat log translations syslog verbose
    """#,
    #"""
    1:32 unexpected 'verbose'
    """#),
  Refusal(
    #"""
    ip nat log translations flow-export v5 udp destination 10.0.0.9 2055 source out0
    """#,
    #"""
    1:37 unexpected 'v5'
    """#),
  Refusal(
    #"""
    ip nat log translations flow-export v9 udp ipv6-destination 2001:db8::1 2055 source out0
    """#,
    #"""
    1:44 'ipv6-destination' is not supported: the gateway has IPv4 addresses only to send from
    """#),
  Refusal(
    #"""
    ip nat log translations flow-export v9 udp destination 10.0.0.9 2055 vrf RED source out0
    """#,
    #"""
    1:70 'vrf' is not supported: records are sent in the global instance, where collectors have to be
    """#),
  Refusal(
    #"""
    ip nat log translations flow-export v9 udp destination 10.0.0.9 0 source out0
    """#,
    #"""
    1:65 '0' is not in the range 1-65535
    """#),
  Refusal(
    #"""
    ip nat log translations flow-export v9 udp destination 10.0.0.9 2055 source out9
    """#,
    #"""
    1:77 there is no interface 'out9'
    """#),
  Refusal(
    #"""
    interface out0
     device tap t0
    ip nat log translations flow-export v9 udp destination 10.0.0.9 2055 source out0
    """#,
    #"""
    3:77 interface 'out0' has no address to send from
    """#),
  Refusal(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    interface out0
     device tap t1
     ip address 203.0.113.1 255.255.255.0
    ip nat log translations flow-export v9 udp destination 10.0.0.1 2055 source out0
    """#,
    #"""
    7:56 10.0.0.1 is the gateway's own address on interface 'in0'
    """#),
  Refusal(
    #"""
    vrf definition RED
    interface red0
     device tap t2
     vrf forwarding RED
     ip address 10.0.0.1 255.255.255.0
    ip nat log translations flow-export v9 udp destination 192.0.2.9 2055 source red0
    """#,
    #"""
    6:78 interface 'red0' is in VRF 'RED'; records are sent in the global instance
    """#),
  Refusal(
    #"""
    no ip nat log translations flow-export v9 udp destination 192.0.2.1 2055
    """#,
    #"""
    1:59 there is no such collector to remove
    """#),
]

@Test(arguments: refusals)
func `a log that is wrong, or that Sallyport has not, is refused with its place and the reason`(_ refusal: Refusal) {
  refusal.check()
}
