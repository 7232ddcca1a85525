import Testing

@testable import Configuration

private let rejections = [
  Rejection(
    #"""
    access-list
    """#,
    #"""
    gw.conf:1:12: error: the statement is incomplete
        access-list
                   ^
        expected: LIST (1-199 or 1300-2699)
    """#),
  Rejection(
    #"""
    access-list LAN permit any
    """#,
    #"""
    gw.conf:1:13: error: 'LAN' is not the number of an access list
        access-list LAN permit any
                    ^
        expected: 1-199, 1300-2699
    """#),
  Rejection(
    #"""
    access-list 0 permit any
    """#,
    #"""
    gw.conf:1:13: error: '0' is not the number of an IPv4 access list
        access-list 0 permit any
                    ^
        expected: 1-199, 1300-2699
    """#),
  Rejection(
    #"""
    access-list 700 permit any
    """#,
    #"""
    gw.conf:1:13: error: '700' is not the number of an IPv4 access list
        access-list 700 permit any
                    ^
        expected: 1-199, 1300-2699
    """#),
  Rejection(
    #"""
    access-list 10
    """#,
    #"""
    gw.conf:1:15: error: the statement is incomplete
        access-list 10
                      ^
        expected: permit, deny, remark
    """#),
  Rejection(
    #"""
    access-list 10 allow any
    """#,
    #"""
    gw.conf:1:16: error: unexpected 'allow'
        access-list 10 allow any
                       ^
        expected: permit, deny, remark
    """#),
  Rejection(
    #"""
    access-list 10 permit
    """#,
    #"""
    gw.conf:1:22: error: the statement is incomplete
        access-list 10 permit
                             ^
        expected: any, host, ADDRESS (A.B.C.D)
    """#),
  Rejection(
    #"""
    access-list 10 permit 10.0.0.0/8
    """#,
    #"""
    gw.conf:1:23: error: '10.0.0.0/8' is not an IPv4 address
        access-list 10 permit 10.0.0.0/8
                              ^
        expected: ADDRESS (A.B.C.D)
    """#),
  Rejection(
    #"""
    access-list 10 permit host
    """#,
    #"""
    gw.conf:1:27: error: the statement is incomplete
        access-list 10 permit host
                                  ^
        expected: ADDRESS (A.B.C.D)
    """#),
  Rejection(
    #"""
    access-list 10 permit 10.0.0.0 0.0.0.256
    """#,
    #"""
    gw.conf:1:32: error: '0.0.0.256' is not an IPv4 address
        access-list 10 permit 10.0.0.0 0.0.0.256
                                       ^
        expected: WILDCARD (A.B.C.D)
    """#),
  Rejection(
    #"""
    access-list 10 permit any log
    """#,
    #"""
    gw.conf:1:27: error: 'log' is not supported: translation asks a list about every new session, and a line of a log for each would drown it
        access-list 10 permit any log
                                  ^
    """#),
  Rejection(
    #"""
    access-list 10 permit object-group LAN
    """#,
    #"""
    gw.conf:1:23: error: 'object-group' is not supported: write a line for each address or network
        access-list 10 permit object-group LAN
                              ^
    """#),
  Rejection(
    #"""
    access-list 10 remark
    """#,
    #"""
    gw.conf:1:22: error: the statement is incomplete
        access-list 10 remark
                             ^
        expected: TEXT
    """#),
  Rejection(
    #"""
    no access-list 10
    """#,
    #"""
    gw.conf:1:16: error: there is no access list '10' to change or remove
        no access-list 10
                       ^
    """#),
  Rejection(
    #"""
    access-list 10 permit any
    no access-list 10 deny any
    """#,
    #"""
    gw.conf:2:19: error: access list '10' has no such entry to remove
        no access-list 10 deny any
                          ^
    """#),
  Rejection(
    #"""
    access-list 10 permit any
    no access-list 10 remark gone
    """#,
    #"""
    gw.conf:2:26: error: access list '10' has no such remark to remove
        no access-list 10 remark gone
                                 ^
    """#),
  Rejection(
    #"""
    ip access-list resequence 10 10 10
    """#,
    #"""
    gw.conf:1:27: error: there is no access list '10' to change or remove
        ip access-list resequence 10 10 10
                                  ^
    """#),
  Rejection(
    #"""
    ip access-list standard -x
    """#,
    #"""
    gw.conf:1:25: error: '-x' is not the name of an access list
        ip access-list standard -x
                                ^
        expected: 1-199, 1300-2699, NAME (beginning with a letter)
    """#),
  Rejection(
    #"""
    ip access-list standard 2000
    """#,
    #"""
    gw.conf:1:25: error: 2000 is the number of an extended list
        ip access-list standard 2000
                                ^
        expected: 1-99, 1300-1999, NAME
    """#),
  Rejection(
    #"""
    ip access-list standard LAN
     5 permit any
     5 deny any
    """#,
    #"""
    gw.conf:3:2: error: access list 'LAN' already has an entry 5
         5 deny any
         ^
    """#),
  Rejection(
    #"""
    ip access-list standard LAN
     0 permit any
    """#,
    #"""
    gw.conf:2:2: error: '0' is not in the range 1-2147483647
         0 permit any
         ^
        expected: SEQUENCE (1-2147483647)
    """#),
  Rejection(
    #"""
    ip access-list standard LAN
     10 remark hello
    """#,
    #"""
    gw.conf:2:5: error: 'remark' is not supported: a remark stays with the line that it stands before
         10 remark hello
            ^
    """#),
  Rejection(
    #"""
    ip access-list standard LAN
     no 10
    """#,
    #"""
    gw.conf:2:5: error: access list 'LAN' has no entry 10 to remove
         no 10
            ^
    """#),
  Rejection(
    #"""
    ip access-list standard LAN
     2147483647 permit any
     permit any
    """#,
    #"""
    gw.conf:3:2: error: no sequence number is left after 2147483647 in access list 'LAN'
         permit any
         ^
    """#),
  Rejection(
    #"""
    no ip access-list standard LAN
    """#,
    #"""
    gw.conf:1:28: error: there is no access list 'LAN' to change or remove
        no ip access-list standard LAN
                                   ^
    """#),
]

@Test(arguments: rejections)
func `an access list that is wrong is reported with its place and what was expected`(_ rejection: Rejection) {
  rejection.check()
}
