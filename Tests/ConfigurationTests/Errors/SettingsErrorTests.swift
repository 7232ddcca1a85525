import Testing

@testable import Configuration

private let refusals = [
  Refusal(
    #"""
    ip nat settings
    """#,
    #"""
    1:16 the statement is incomplete
    """#),
  Refusal(
    #"""
    ip nat settings mode cgn
    """#,
    #"""
    1:17 'mode' is not supported: what carrier-grade mode is on a router is said by single settings here, or all at once by 'conformance rfc'
    """#),
  Refusal(
    #"""
    ip nat settings mode default
    """#,
    #"""
    1:17 'mode' is not supported: what carrier-grade mode is on a router is said by single settings here, or all at once by 'conformance rfc'
    """#),
  Refusal(
    #"""
    ip nat settings gatekeeper-size 1024
    """#,
    #"""
    1:17 'gatekeeper-size' is not supported: packets that are not translated need no cache here, so there is none to size
    """#),
  Refusal(
    #"""
    ip nat settings nonpatdrop
    """#,
    #"""
    1:17 'nonpatdrop' is not supported: a host that no address is left for is refused and counted in any case
    """#),
  Refusal(
    #"""
    ip nat settings high-performance
    """#,
    #"""
    1:17 'high-performance' is not supported: there is one way through the gateway, and it is the fast one
    """#),
  Refusal(
    #"""
    ip nat settings nonpatlog-disable
    """#,
    #"""
    1:17 'nonpatlog-disable' is not supported: 'ip nat log translations' says what is logged
    """#),
  Refusal(
    #"""
    ip nat settings trans-err-limit per-ip-pool 10
    """#,
    #"""
    1:17 'trans-err-limit' is not supported: refused translations are counted by reason, and not logged one by one
    """#),
  Refusal(
    #"""
    ip nat settings pool watermark high 90
    """#,
    #"""
    1:17 'pool' is not supported: 'show ip nat pool' and the metrics say how full pools are; watermarks belong into what watches them
    """#),
  Refusal(
    #"""
    ip nat settings scale bind
    """#,
    #"""
    1:17 'scale' is not supported: tables are sized by 'ip nat translation max-entries'
    """#),
  Refusal(
    #"""
    ip nat settings support mapping outside
    """#,
    #"""
    1:17 'support' is not supported: outside translations work in every mode, so there is nothing to switch on
    """#),
  Refusal(
    #"""
    ip nat settings central-policy
    """#,
    #"""
    1:17 'central-policy' is not supported: there is one policy, and every worker has it
    """#),
  Refusal(
    #"""
    ip nat settings cfg-check static-map-removal
    """#,
    #"""
    1:17 'cfg-check' is not supported: a reload is checked as a whole before anything changes
    """#),
  Refusal(
    #"""
    ip nat settings pap limit 31
    """#,
    #"""
    1:27 31 is not one of 30, 60, 120, 250, 500, 1000
    """#),
  Refusal(
    #"""
    ip nat settings pap bpa set-size 100
    """#,
    #"""
    1:34 100 is not one of 64, 128, 256, 512, 1024
    """#),
  Refusal(
    #"""
    ip nat settings pap bpa step-size 3
    """#,
    #"""
    1:35 3 is not one of 1, 2, 4, 8, 16
    """#),
  Refusal(
    #"""
    ip nat settings pap single-set
    """#,
    #"""
    1:21 unexpected 'single-set'
    """#),
  Refusal(
    #"""
    ip nat settings interface-overload block port tcp 1023
    """#,
    #"""
    1:51 '1023' is not in the range 1024-65535
    """#),
  Refusal(
    #"""
    ip nat settings interface-overload block port icmp 2000
    """#,
    #"""
    1:47 unexpected 'icmp'
    """#),
  Refusal(
    #"""
    ip nat settings interface-overload port range 1023 2000
    """#,
    #"""
    1:47 '1023' is not in the range 1024-65535
    """#),
  Refusal(
    #"""
    ip nat settings interface-overload port range 3000 2000
    """#,
    #"""
    1:52 2000 is lower than the first port, 3000
    """#),
  Refusal(
    #"""
    ip nat settings mapping symmetric
    """#,
    #"""
    1:25 unexpected 'symmetric'
    """#),
  Refusal(
    #"""
    ip nat settings filtering paired
    """#,
    #"""
    1:27 unexpected 'paired'
    """#),
  Refusal(
    #"""
    ip nat settings pooling random
    """#,
    #"""
    1:25 unexpected 'random'
    """#),
  Refusal(
    #"""
    ip nat settings ports deterministic ports-per-host 5
    """#,
    #"""
    1:23 'deterministic' is not supported: ranges of ports are computed for each rule; say it there
    """#),
  Refusal(
    #"""
    ip nat settings hold-down 3601
    """#,
    #"""
    1:27 '3601' is not in the range 0-3600
    """#),
  Refusal(
    #"""
    ip nat settings refusal silent
    """#,
    #"""
    1:25 unexpected 'silent'
    """#),
  Refusal(
    #"""
    ip nat settings unsolicited-syn 5
    """#,
    #"""
    1:33 RFC 5382 REQ-4 asks for six seconds at least before a sender is told
    """#),
  Refusal(
    #"""
    ip nat settings unsolicited-syn 61
    """#,
    #"""
    1:33 '61' is not in the range 0-60
    """#),
  Refusal(
    #"""
    conformance cisco
    """#,
    #"""
    1:13 unexpected 'cisco'
    """#),
  Refusal(
    #"""
    conformance
    """#,
    #"""
    1:12 the statement is incomplete
    """#),
  Refusal(
    #"""
    ip nat translation port-timeout icmp 5 60
    """#,
    #"""
    1:33 unexpected 'icmp'
    """#),
  Refusal(
    #"""
    ip nat translation port-timeout tcp 0 60
    """#,
    #"""
    1:37 '0' is not in the range 1-65535
    """#),
  Refusal(
    #"""
    ip nat translation port-timeout tcp 22 536871
    """#,
    #"""
    1:40 '536871' is not in the range 0-536870
    """#),
  Refusal(
    #"""
    ip nat translation arp-ping-timeout 5
    """#,
    #"""
    1:20 'arp-ping-timeout' is not supported: a pool's addresses are not asked for by ARP before they are given out
    """#),
  Refusal(
    #"""
    ip nat translation max-entries redundancy 1 100
    """#,
    #"""
    1:32 'redundancy' is not supported: there is no second gateway to keep in step; the tables survive a restart with 'state-directory'
    """#),
  Refusal(
    #"""
    ip nat translation max-entries host 10.0.0.5
    """#,
    #"""
    1:45 the statement is incomplete
    """#),
  Refusal(
    #"""
    ip nat translation max-entries all-host 0
    """#,
    #"""
    1:41 '0' is not in the range 1-2147483647
    """#),
  Refusal(
    #"""
    ip nat translation max-entries all-vrf 2147483648
    """#,
    #"""
    1:40 '2147483648' is not in the range 1-2147483647
    """#),
  Refusal(
    #"""
    ip nat translation max-entries vrf RED 5
    """#,
    #"""
    1:36 there is no VRF 'RED'
    """#),
  Refusal(
    #"""
    ip nat translation max-entries list 10 5
    """#,
    #"""
    1:37 there is no access list '10'
    """#),
  Refusal(
    #"""
    ip nat translation max-entries list 700 5
    """#,
    #"""
    1:37 '700' is not the number of an IPv4 access list
    """#),
  Refusal(
    #"""
    ip nat translation new-sessions-per-second 0
    """#,
    #"""
    1:44 '0' is not in the range 1-1000000
    """#),
]

@Test(arguments: refusals)
func `a setting that is wrong, or that Sallyport has not, is refused with its place and the reason`(_ refusal: Refusal)
{
  refusal.check()
}
