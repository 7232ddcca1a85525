import Testing

@testable import Configuration

private let rejections = [
  Rejection(
    #"""
    hostname
    """#,
    #"""
    gw.conf:1:9: error: the statement is incomplete
        hostname
                ^
        expected: NAME
    """#),
  Rejection(
    #"""
    hostname -gw
    """#,
    #"""
    gw.conf:1:10: error: '-gw' is not a host name
        hostname -gw
                 ^
        expected: NAME (1 to 63 letters, digits and inner hyphens)
    """#),
  Rejection(
    #"""
    hostname gw.example
    """#,
    #"""
    gw.conf:1:10: error: 'gw.example' is not a host name
        hostname gw.example
                 ^
        expected: NAME (1 to 63 letters, digits and inner hyphens)
    """#),
  Rejection(
    #"""
    hostname gw extra
    """#,
    #"""
    gw.conf:1:13: error: unexpected 'extra'
        hostname gw extra
                    ^
        expected: end of line
    """#),
  Rejection(
    #"""
    control-socket run.sock
    """#,
    #"""
    gw.conf:1:16: error: 'run.sock' is not an absolute path
        control-socket run.sock
                       ^
        expected: PATH (an absolute path)
    """#),
  Rejection(
    #"""
    control-socket /sssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss
    """#,
    #"""
    gw.conf:1:16: error: the path has more than 107 octets
        control-socket /sssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss
                       ^
        expected: PATH (an absolute path)
    """#),
  Rejection(
    #"""
    version
    """#,
    #"""
    gw.conf:1:8: error: the statement is incomplete
        version
               ^
        expected: NUMBER
    """#),
  Rejection(
    #"""
    version new
    """#,
    #"""
    gw.conf:1:9: error: 'new' is not a version
        version new
                ^
        expected: NUMBER (such as 15.1)
    """#),
  Rejection(
    #"""
    no version 15.1
    """#,
    #"""
    gw.conf:1:1: error: 'version' has no 'no' form
        no version 15.1
        ^
    """#),
  Rejection(
    #"""
    exit
    """#,
    #"""
    gw.conf:1:1: error: there is no mode to leave here; 'end' ends the configuration
        exit
        ^
    """#),
  Rejection(
    #"""
    end

    ! a comment may follow
    hostname gw
    hostname gw2
    """#,
    #"""
    gw.conf:4:1: error: statement after the 'end' of line 1
        hostname gw
        ^
    """#),
  Rejection(
    #"""
    frobnicate now
    """#,
    #"""
    gw.conf:1:1: error: unknown statement 'frobnicate'
        frobnicate now
        ^
        expected: hostname, control-socket, conformance, dataplane, interface, ip, vrf, ipv6, access-list, route-map, version, exit, end
    """#),
  Rejection(
    #"""
    ip
    """#,
    #"""
    gw.conf:1:3: error: the statement is incomplete
        ip
          ^
        expected: vrf, route, access-list, nat
    """#),
  Rejection(
    #"""
    ip nat frob
    """#,
    #"""
    gw.conf:1:8: error: unexpected 'frob'
        ip nat frob
               ^
        expected: pool, inside, outside, route, translation, settings, service, log, create
    """#),
  Rejection(
    #"""
    no
    """#,
    #"""
    gw.conf:1:3: error: the statement is incomplete
        no
          ^
        expected: hostname, control-socket, conformance, dataplane, interface, ip, vrf, ipv6, access-list, route-map, version, exit, end
    """#),
  Rejection(
    #"""
    höst gw
    """#,
    #"""
    gw.conf:1:1: error: unknown statement 'höst'
        höst gw
        ^
        expected: hostname, control-socket, conformance, dataplane, interface, ip, vrf, ipv6, access-list, route-map, version, exit, end
    """#),
]

@Test(arguments: rejections)
func `a global statement that is wrong is reported with its place and what was expected`(_ rejection: Rejection) {
  rejection.check()
}
