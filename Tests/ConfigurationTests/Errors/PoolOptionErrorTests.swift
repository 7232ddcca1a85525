import Testing

@testable import Configuration

private let refusals = [
  Refusal(
    #"""
    ip nat pool P 10.0.0.1 10.0.0.9 prefix-length 24 arp-ping
    """#,
    #"""
    1:50 'arp-ping' is not supported: a pool's addresses are the gateway's own to give, and are asked for by nobody else
    """#),
  Refusal(
    #"""
    ip nat pool P 10.0.0.1 10.0.0.9 prefix-length 24 accounting LIST
    """#,
    #"""
    1:50 'accounting' is not supported: Sallyport sends no accounting records; 'ip nat log translations' says what the pool's hosts do
    """#),
  Refusal(
    #"""
    ip nat pool P 10.0.0.1 10.0.0.9 prefix-length 24 type random
    """#,
    #"""
    1:55 unexpected 'random'
    """#),
  Refusal(
    #"""
    ip nat pool P prefix-length 24
     address 10.0.0.1 10.0.0.9
     exclude 10.0.0.10
    """#,
    #"""
    3:10 pool 'P' has no such addresses to exclude
    """#),
  Refusal(
    #"""
    ip nat pool P prefix-length 24
     address 10.0.0.1 10.0.0.9
     exclude 10.0.0.1 10.0.0.9
    """#,
    #"""
    1:13 pool 'P' excludes all of its addresses
    """#),
  Refusal(
    #"""
    ip nat pool P prefix-length 24
     address 10.0.0.1 10.0.0.9
     no exclude 10.0.0.5
    """#,
    #"""
    3:13 pool 'P' has no such exclusion to remove
    """#),
  Refusal(
    #"""
    ip nat pool P prefix-length 24
     address 10.0.0.1 10.0.0.9
     exclude 10.0.0.5 10.0.0.4
    """#,
    #"""
    3:19 10.0.0.4 is lower than the first address, 10.0.0.5
    """#),
]

@Test(arguments: refusals)
func `an option of a pool that is wrong, or that Sallyport has not, is refused with its place and the reason`(
  _ refusal: Refusal
) {
  refusal.check()
}
