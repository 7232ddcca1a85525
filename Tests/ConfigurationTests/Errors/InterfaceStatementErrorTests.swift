import Testing

@testable import Configuration

private let rejections = [
  Rejection(
    #"""
    interface
    """#,
    #"""
    gw.conf:1:10: error: the statement is incomplete
        interface
                 ^
        expected: INTERFACE
    """#),
  Rejection(
    #"""
    interface 0in
    """#,
    #"""
    gw.conf:1:11: error: '0in' is not the name of an interface
        interface 0in
                  ^
        expected: NAME (beginning with a letter)
    """#),
  Rejection(
    #"""
    interface in0.x
    """#,
    #"""
    gw.conf:1:11: error: 'in0.x' is not the name of an interface
        interface in0.x
                  ^
        expected: NAME, NAME.NUMBER for a sub-interface
    """#),
  Rejection(
    #"""
    interface in0.0
    """#,
    #"""
    gw.conf:1:11: error: 'in0.0' is not the name of an interface
        interface in0.0
                  ^
        expected: NAME, NAME.NUMBER for a sub-interface
    """#),
  Rejection(
    #"""
    interface in0 point-to-point
    """#,
    #"""
    gw.conf:1:15: error: unexpected 'point-to-point'
        interface in0 point-to-point
                      ^
        expected: end of line
    """#),
  Rejection(
    #"""
    no interface in0
    """#,
    #"""
    gw.conf:1:14: error: there is no interface 'in0' to remove
        no interface in0
                     ^
    """#),
  Rejection(
    #"""
    interface in0
     device tun t0
    """#,
    #"""
    gw.conf:2:9: error: unexpected 'tun'
         device tun t0
                ^
        expected: tap
    """#),
  Rejection(
    #"""
    interface in0
     device tap
    """#,
    #"""
    gw.conf:2:12: error: the statement is incomplete
         device tap
                   ^
        expected: DEVICE
    """#),
  Rejection(
    #"""
    interface in0
     device tap a-name-too-long0
    """#,
    #"""
    gw.conf:2:13: error: 'a-name-too-long0' is not the name of a device
         device tap a-name-too-long0
                    ^
        expected: DEVICE (1 to 15 characters without '/', ':' and '%')
    """#),
  Rejection(
    #"""
    interface in0
     device tap a/b
    """#,
    #"""
    gw.conf:2:13: error: 'a/b' is not the name of a device
         device tap a/b
                    ^
        expected: DEVICE (1 to 15 characters without '/', ':' and '%')
    """#),
  Rejection(
    #"""
    interface in0
     device tap tap%d
    """#,
    #"""
    gw.conf:2:13: error: 'tap%d' is not the name of a device
         device tap tap%d
                    ^
        expected: DEVICE (1 to 15 characters without '/', ':' and '%')
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0 netns
    """#,
    #"""
    gw.conf:2:21: error: the statement is incomplete
         device tap t0 netns
                            ^
        expected: NAMESPACE
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0 netns a/b
    """#,
    #"""
    gw.conf:2:22: error: 'a/b' is not a network namespace
         device tap t0 netns a/b
                             ^
        expected: a name under /run/netns, an absolute path
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0 vlan 5
    """#,
    #"""
    gw.conf:2:16: error: unexpected 'vlan'
         device tap t0 vlan 5
                       ^
        expected: netns, persistent, end of line
    """#),
  Rejection(
    #"""
    interface in0
     d
    """#,
    #"""
    gw.conf:2:2: error: 'd' is ambiguous
         d
         ^
        expected: delay, description, device, duplex
    """#),
]

@Test(arguments: rejections)
func `an interface or device that is wrong is reported with its place and what was expected`(_ rejection: Rejection) {
  rejection.check()
}
