import Testing

@testable import Configuration

private let rejections = [
  Rejection(
    #"""
    ip nat pool
    """#,
    #"""
    gw.conf:1:12: error: the statement is incomplete
        ip nat pool
                   ^
        expected: NAME
    """#),
  Rejection(
    #"""
    ip nat pool P
    """#,
    #"""
    gw.conf:1:14: error: the statement is incomplete
        ip nat pool P
                     ^
        expected: netmask, prefix-length, START-ADDRESS (A.B.C.D)
    """#),
  Rejection(
    #"""
    ip nat pool P 10.0.0.1
    """#,
    #"""
    gw.conf:1:23: error: the statement is incomplete
        ip nat pool P 10.0.0.1
                              ^
        expected: END-ADDRESS (A.B.C.D)
    """#),
  Rejection(
    #"""
    ip nat pool P 10.0.0.1 10.0.0.300 prefix-length 24
    """#,
    #"""
    gw.conf:1:24: error: '10.0.0.300' is not an IPv4 address
        ip nat pool P 10.0.0.1 10.0.0.300 prefix-length 24
                               ^
        expected: END-ADDRESS (A.B.C.D)
    """#),
  Rejection(
    #"""
    ip nat pool P 10.0.0.9 10.0.0.1 prefix-length 24
    """#,
    #"""
    gw.conf:1:24: error: 10.0.0.1 is lower than the first address, 10.0.0.9
        ip nat pool P 10.0.0.9 10.0.0.1 prefix-length 24
                               ^
        expected: END-ADDRESS (10.0.0.9 or higher)
    """#),
  Rejection(
    #"""
    ip nat pool P 10.0.0.1 10.0.0.9
    """#,
    #"""
    gw.conf:1:32: error: the statement is incomplete
        ip nat pool P 10.0.0.1 10.0.0.9
                                       ^
        expected: netmask, prefix-length
    """#),
  Rejection(
    #"""
    ip nat pool P 10.0.0.1 10.0.0.9 prefix-length 33
    """#,
    #"""
    gw.conf:1:47: error: '33' is not in the range 1-32
        ip nat pool P 10.0.0.1 10.0.0.9 prefix-length 33
                                                      ^
        expected: LENGTH (1-32)
    """#),
  Rejection(
    #"""
    ip nat pool P 10.0.0.1 10.0.0.9 netmask 255.255.255.1
    """#,
    #"""
    gw.conf:1:41: error: '255.255.255.1' is not a network mask
        ip nat pool P 10.0.0.1 10.0.0.9 netmask 255.255.255.1
                                                ^
        expected: MASK (such as 255.255.255.0)
    """#),
  Rejection(
    #"""
    ip nat pool P 10.0.0.1 10.0.1.9 prefix-length 24
    """#,
    #"""
    gw.conf:1:33: error: 10.0.0.1 and 10.0.1.9 are not in one network of prefix length 24
        ip nat pool P 10.0.0.1 10.0.1.9 prefix-length 24
                                        ^
    """#),
  Rejection(
    #"""
    ip nat pool P 10.0.0.0 10.1.0.0 prefix-length 8
    """#,
    #"""
    gw.conf:1:24: error: a pool has at most 65536 addresses
        ip nat pool P 10.0.0.0 10.1.0.0 prefix-length 8
                               ^
    """#),
  Rejection(
    #"""
    ip nat pool P 224.0.0.1 224.0.0.9 prefix-length 24
    """#,
    #"""
    gw.conf:1:15: error: 224.0.0.1 is not an address that a host can have
        ip nat pool P 224.0.0.1 224.0.0.9 prefix-length 24
                      ^
        expected: START-ADDRESS (A.B.C.D)
    """#),
  Rejection(
    #"""
    ip nat pool P 10.0.0.1 10.0.0.9 prefix-length 24
    ip nat pool P 10.0.0.1 10.0.0.9 prefix-length 24
    """#,
    #"""
    gw.conf:2:13: error: pool 'P' is already defined in line 1
        ip nat pool P 10.0.0.1 10.0.0.9 prefix-length 24
                    ^
    """#),
  Rejection(
    #"""
    ip nat pool P prefix-length 24
    """#,
    #"""
    gw.conf:1:13: error: pool 'P' has no addresses
        ip nat pool P prefix-length 24
                    ^
        expected: an 'address START END' statement
    """#),
  Rejection(
    #"""
    ip nat pool P prefix-length 24
     address 10.0.0.1 10.0.1.9
    """#,
    #"""
    gw.conf:2:10: error: 10.0.0.1 and 10.0.1.9 are not in one network of prefix length 24
         address 10.0.0.1 10.0.1.9
                 ^
    """#),
  Rejection(
    #"""
    ip nat pool P prefix-length 24
     address 10.0.0.1 10.0.0.9
     address 10.0.0.5 10.0.0.20
    """#,
    #"""
    gw.conf:3:10: error: pool 'P' already has 10.0.0.5, from line 2
         address 10.0.0.5 10.0.0.20
                 ^
    """#),
  Rejection(
    #"""
    ip nat pool P prefix-length 8
     address 10.0.0.0 10.0.255.255
     address 10.1.0.0 10.1.0.0
    """#,
    #"""
    gw.conf:1:13: error: pool 'P' has 65537 addresses; at most 65536 are possible
        ip nat pool P prefix-length 8
                    ^
    """#),
  Rejection(
    #"""
    ip nat pool P prefix-length 24
     no address 10.0.0.1 10.0.0.9
    """#,
    #"""
    gw.conf:2:13: error: pool 'P' has no such range to remove
         no address 10.0.0.1 10.0.0.9
                    ^
    """#),
  Rejection(
    #"""
    ip nat pool P 10.0.0.1 10.0.0.9 prefix-length 24
    ip nat pool Q 10.0.0.9 10.0.0.12 prefix-length 24
    """#,
    #"""
    gw.conf:2:15: error: pool 'Q' shares 10.0.0.9 with pool 'P' of line 1
        ip nat pool Q 10.0.0.9 10.0.0.12 prefix-length 24
                      ^
    """#),
  Rejection(
    #"""
    interface in0
     device tap t0
     ip address 10.0.0.1 255.255.255.0
    ip nat pool P 10.0.0.1 10.0.0.9 prefix-length 24
    """#,
    #"""
    gw.conf:4:15: error: pool 'P' holds 10.0.0.1, the gateway's own address on interface 'in0'
        ip nat pool P 10.0.0.1 10.0.0.9 prefix-length 24
                      ^
    """#),
  Rejection(
    #"""
    no ip nat pool P
    """#,
    #"""
    gw.conf:1:16: error: there is no pool 'P' to remove
        no ip nat pool P
                       ^
    """#),
]

@Test(arguments: rejections)
func `a pool that is wrong is reported with its place and what was expected`(_ rejection: Rejection) {
  rejection.check()
}
