import Testing

@testable import Configuration

private let refusals = [
  Refusal(
    #"""
    access-list 100 permit
    """#,
    #"""
    1:23 the statement is incomplete
    """#),
  Refusal(
    #"""
    access-list 100 permit foo any any
    """#,
    #"""
    1:24 unexpected 'foo'
    """#),
  Refusal(
    #"""
    access-list 100 permit 256 any any
    """#,
    #"""
    1:24 '256' is not in the range 0-255
    """#),
  Refusal(
    #"""
    access-list 100 permit ip any
    """#,
    #"""
    1:30 the statement is incomplete
    """#),
  Refusal(
    #"""
    access-list 100 permit ip 10.0.0.0 any
    """#,
    #"""
    1:36 'any' is not an IPv4 address
    """#),
  Refusal(
    #"""
    access-list 100 permit ip host any any
    """#,
    #"""
    1:32 'any' is not an IPv4 address
    """#),
  Refusal(
    #"""
    access-list 100 permit ip object-group G any
    """#,
    #"""
    1:27 'object-group' is not supported: write a line for each address or network
    """#),
  Refusal(
    #"""
    access-list 100 permit object-group G any any
    """#,
    #"""
    1:24 'object-group' is not supported: write a line for each protocol
    """#),
  Refusal(
    #"""
    access-list 100 permit ip any any eq 80
    """#,
    #"""
    1:35 unexpected 'eq'
    """#),
  Refusal(
    #"""
    access-list 100 permit gre any eq 80 any
    """#,
    #"""
    1:32 unexpected 'eq'
    """#),
  Refusal(
    #"""
    access-list 100 permit tcp any eq any
    """#,
    #"""
    1:35 unexpected 'any'
    """#),
  Refusal(
    #"""
    access-list 100 permit tcp any eq 65536 any
    """#,
    #"""
    1:35 '65536' is not in the range 0-65535
    """#),
  Refusal(
    #"""
    access-list 100 permit tcp any any eq snmp
    """#,
    #"""
    1:39 unexpected 'snmp'
    """#),
  Refusal(
    #"""
    access-list 100 permit udp any any eq www
    """#,
    #"""
    1:39 unexpected 'www'
    """#),
  Refusal(
    #"""
    access-list 100 permit tcp any any eq 1 2 3 4 5 6 7 8 9 10 11
    """#,
    #"""
    1:60 a line compares at most 10 ports
    """#),
  Refusal(
    #"""
    access-list 100 permit tcp any any gt 65535
    """#,
    #"""
    1:39 '65535' is not in the range 0-65534
    """#),
  Refusal(
    #"""
    access-list 100 permit tcp any any lt 0
    """#,
    #"""
    1:39 '0' is not in the range 1-65535
    """#),
  Refusal(
    #"""
    access-list 100 permit tcp any any range 20 10
    """#,
    #"""
    1:45 10 is lower than the first port, 20
    """#),
  Refusal(
    #"""
    access-list 100 permit tcp any any range 20
    """#,
    #"""
    1:44 the statement is incomplete
    """#),
  Refusal(
    #"""
    access-list 100 permit icmp any any pong
    """#,
    #"""
    1:37 unexpected 'pong'
    """#),
  Refusal(
    #"""
    access-list 100 permit icmp any any 256
    """#,
    #"""
    1:37 '256' is not in the range 0-255
    """#),
  Refusal(
    #"""
    access-list 100 permit icmp any any 3 256
    """#,
    #"""
    1:39 '256' is not in the range 0-255
    """#),
  Refusal(
    #"""
    access-list 100 permit udp any any established
    """#,
    #"""
    1:36 unexpected 'established'
    """#),
  Refusal(
    #"""
    access-list 100 permit udp any any syn
    """#,
    #"""
    1:36 unexpected 'syn'
    """#),
  Refusal(
    #"""
    access-list 100 permit ip any any log
    """#,
    #"""
    1:35 'log' is not supported: translation asks a list about every new session, and a line of a log for each would drown it
    """#),
  Refusal(
    #"""
    access-list 100 permit ip any any log-input
    """#,
    #"""
    1:35 'log-input' is not supported: translation asks a list about every new session, and a line of a log for each would drown it
    """#),
  Refusal(
    #"""
    access-list 100 permit ip any any time-range WORK
    """#,
    #"""
    1:35 'time-range' is not supported: lists hold at all times; reload another configuration at the time
    """#),
  Refusal(
    #"""
    access-list 100 permit ip any any tos 4
    """#,
    #"""
    1:35 'tos' is not supported: the bits that it compares belong to the code point today; use 'dscp'
    """#),
  Refusal(
    #"""
    access-list 100 permit tcp any any match-all +syn -ack
    """#,
    #"""
    1:36 'match-all' is not supported: of several flags one is enough; write a line for each combination
    """#),
  Refusal(
    #"""
    access-list 100 permit tcp any any match-any +syn
    """#,
    #"""
    1:36 'match-any' is not supported: of several flags one is enough anyway; leave it out
    """#),
  Refusal(
    #"""
    access-list 100 permit ip any any ttl eq 5
    """#,
    #"""
    1:35 'ttl' is not supported: no rule asks for the time to live
    """#),
  Refusal(
    #"""
    access-list 100 permit ip any any option any-options
    """#,
    #"""
    1:35 'option' is not supported: no rule asks for IP options
    """#),
  Refusal(
    #"""
    access-list 100 permit tcp any any reflect R
    """#,
    #"""
    1:36 'reflect' is not supported: sessions are remembered by translation itself, which admits only what belongs to them
    """#),
  Refusal(
    #"""
    access-list 100 permit ip any any dscp 64
    """#,
    #"""
    1:40 '64' is not in the range 0-63
    """#),
  Refusal(
    #"""
    access-list 100 permit ip any any dscp gold
    """#,
    #"""
    1:40 unexpected 'gold'
    """#),
  Refusal(
    #"""
    access-list 100 permit ip any any precedence 8
    """#,
    #"""
    1:46 '8' is not in the range 0-7
    """#),
  Refusal(
    #"""
    access-list 100 permit ip any any dscp ef precedence 5
    """#,
    #"""
    1:43 a line compares the code point once: 'dscp' or 'precedence'
    """#),
  Refusal(
    #"""
    access-list 100 permit tcp any eq 80 any fragments
    """#,
    #"""
    1:42 only first fragments have ports, and 'fragments' means the others
    """#),
  Refusal(
    #"""
    ip access-list extended 10
    """#,
    #"""
    1:25 10 is the number of a standard list
    """#),
  Refusal(
    #"""
    ip access-list standard 100
    """#,
    #"""
    1:25 100 is the number of an extended list
    """#),
  Refusal(
    #"""
    ip access-list standard A
    ip access-list extended A
    """#,
    #"""
    2:25 access list 'A' is a standard list since line 1
    """#),
  Refusal(
    #"""
    ip access-list extended A
     10 permit ip any any
     10 deny ip any any
    """#,
    #"""
    3:2 access list 'A' already has an entry 10
    """#),
  Refusal(
    #"""
    ip access-list extended A
     no 10
    """#,
    #"""
    2:5 access list 'A' has no entry 10 to remove
    """#),
  Refusal(
    #"""
    ip access-list extended A
     dynamic D permit ip any any
    """#,
    #"""
    2:2 'dynamic' is not supported: sessions are remembered by translation itself
    """#),
  Refusal(
    #"""
    ip access-list extended A
     evaluate R
    """#,
    #"""
    2:2 'evaluate' is not supported: sessions are remembered by translation itself
    """#),
  Refusal(
    #"""
    ip access-list resequence A 10 10
    """#,
    #"""
    1:27 there is no access list 'A' to change or remove
    """#),
  Refusal(
    #"""
    ip access-list standard A
     permit any
     permit host 10.0.0.1
    ip access-list resequence A 2147483647 1
    """#,
    #"""
    4:29 the last entries of access list 'A' would get numbers above 2147483647
    """#),
  Refusal(
    #"""
    ip access-list standard A
    no ip access-list resequence A 10 10
    """#,
    #"""
    2:1 'ip access-list resequence' has no 'no' form
    """#),
  Refusal(
    #"""
    ip access-list resequence A 0 10
    """#,
    #"""
    1:29 '0' is not in the range 1-2147483647
    """#),
  Refusal(
    #"""
    access-list 100 permit ip any any
    no access-list 100 permit tcp any any
    """#,
    #"""
    2:20 access list '100' has no such entry to remove
    """#),
]

@Test(arguments: refusals)
func `a line of an extended list that is wrong is reported with its place and the reason`(_ refusal: Refusal) {
  refusal.check()
}
