import Testing

@testable import Configuration

private let rejections = [
  Rejection(
    #"""
    ip nat translation
    """#,
    #"""
    gw.conf:1:19: error: the statement is incomplete
        ip nat translation
                          ^
        expected: timeout, tcp-timeout, syn-timeout, finrst-timeout, half-closed-timeout, udp-timeout, dns-timeout, icmp-timeout, pptp-timeout, esp-timeout, routemap-entry-timeout, port-timeout, max-entries, new-sessions-per-second
    """#),
  Rejection(
    #"""
    ip nat translation t 5
    """#,
    #"""
    gw.conf:1:20: error: 't' is ambiguous
        ip nat translation t 5
                           ^
        expected: tcp-timeout, timeout
    """#),
  Rejection(
    #"""
    ip nat translation udp-timeout
    """#,
    #"""
    gw.conf:1:31: error: the statement is incomplete
        ip nat translation udp-timeout
                                      ^
        expected: never, SECONDS (0-536870)
    """#),
  Rejection(
    #"""
    ip nat translation udp-timeout 536871
    """#,
    #"""
    gw.conf:1:32: error: '536871' is not in the range 0-536870
        ip nat translation udp-timeout 536871
                                       ^
        expected: SECONDS (0-536870)
    """#),
  Rejection(
    #"""
    ip nat translation udp-timeout always
    """#,
    #"""
    gw.conf:1:32: error: unexpected 'always'
        ip nat translation udp-timeout always
                                       ^
        expected: never, SECONDS (0-536870)
    """#),
  Rejection(
    #"""
    ip nat translation max-entries 0
    """#,
    #"""
    gw.conf:1:32: error: '0' is not in the range 1-1073741824
        ip nat translation max-entries 0
                                       ^
        expected: N (1-1073741824)
    """#),
  Rejection(
    #"""
    ip nat translation max-entries 1073741825
    """#,
    #"""
    gw.conf:1:32: error: '1073741825' is not in the range 1-1073741824
        ip nat translation max-entries 1073741825
                                       ^
        expected: N (1-1073741824)
    """#),
]

@Test(arguments: rejections)
func `a setting of translation that is wrong is reported with its place and what was expected`(_ rejection: Rejection) {
  rejection.check()
}
