import Testing

@testable import Configuration

private let rejections = [
  Rejection(
    #"""
    dataplane
     worker-cores
    """#,
    #"""
    gw.conf:2:14: error: the statement is incomplete
         worker-cores
                     ^
        expected: LIST (core numbers 0-1023, such as 0-1,3)
    """#),
  Rejection(
    #"""
    dataplane
     worker-cores 3-1
    """#,
    #"""
    gw.conf:2:15: error: '3-1' is not a list of cores
         worker-cores 3-1
                      ^
        expected: LIST (core numbers 0-1023, such as 0-1,3)
    """#),
  Rejection(
    #"""
    dataplane
     worker-cores 0,,1
    """#,
    #"""
    gw.conf:2:15: error: '0,,1' is not a list of cores
         worker-cores 0,,1
                      ^
        expected: LIST (core numbers 0-1023, such as 0-1,3)
    """#),
  Rejection(
    #"""
    dataplane
     worker-cores 0-2,1
    """#,
    #"""
    gw.conf:2:15: error: core 1 is listed twice
         worker-cores 0-2,1
                      ^
        expected: LIST (core numbers 0-1023, such as 0-1,3)
    """#),
  Rejection(
    #"""
    dataplane
     worker-cores 0-64
    """#,
    #"""
    gw.conf:2:15: error: more than 64 cores are listed
         worker-cores 0-64
                      ^
        expected: LIST (core numbers 0-1023, such as 0-1,3)
    """#),
  Rejection(
    #"""
    dataplane
     alg-cores 1024
    """#,
    #"""
    gw.conf:2:12: error: '1024' is not a list of cores
         alg-cores 1024
                   ^
        expected: LIST (core numbers 0-1023, such as 0-1,3)
    """#),
  Rejection(
    #"""
    dataplane
     ring-entries 32
    """#,
    #"""
    gw.conf:2:15: error: '32' is not in the range 64-4096
         ring-entries 32
                      ^
        expected: N (64-4096)
    """#),
  Rejection(
    #"""
    dataplane
     ring-entries 100
    """#,
    #"""
    gw.conf:2:15: error: 100 is not a power of two
         ring-entries 100
                      ^
        expected: 64, 128, 256, 512, 1024, 2048 or 4096
    """#),
  Rejection(
    #"""
    dataplane
     ring-entries 8192
    """#,
    #"""
    gw.conf:2:15: error: '8192' is not in the range 64-4096
         ring-entries 8192
                      ^
        expected: N (64-4096)
    """#),
  Rejection(
    #"""
    dataplane
     burst 0
    """#,
    #"""
    gw.conf:2:8: error: '0' is not in the range 1-64
         burst 0
               ^
        expected: N (1-64)
    """#),
  Rejection(
    #"""
    dataplane
     burst 65
    """#,
    #"""
    gw.conf:2:8: error: '65' is not in the range 1-64
         burst 65
               ^
        expected: N (1-64)
    """#),
  Rejection(
    #"""
    dataplane
     burst many
    """#,
    #"""
    gw.conf:2:8: error: 'many' is not a number
         burst many
               ^
        expected: N (1-64)
    """#),
  Rejection(
    #"""
    dataplane
     poll often
    """#,
    #"""
    gw.conf:2:7: error: unexpected 'often'
         poll often
              ^
        expected: busy, adaptive, interrupt
    """#),
  Rejection(
    #"""
    dataplane
     offload tso
    """#,
    #"""
    gw.conf:2:10: error: unexpected 'tso'
         offload tso
                 ^
        expected: gso, none
    """#),
  Rejection(
    #"""
    dataplane
     memory giant
    """#,
    #"""
    gw.conf:2:9: error: unexpected 'giant'
         memory giant
                ^
        expected: huge-pages, ordinary
    """#),
  Rejection(
    #"""
    dataplane
     state-directory shm
    """#,
    #"""
    gw.conf:2:18: error: 'shm' is not an absolute path
         state-directory shm
                         ^
        expected: PATH (an absolute path)
    """#),
  Rejection(
    #"""
    dataplane
     frob 1
    """#,
    #"""
    gw.conf:2:2: error: unknown statement 'frob'
         frob 1
         ^
        expected: worker-cores, alg-cores, alg-memory, alg-host-memory, alg-overflow, ring-entries, burst, poll, offload, memory, state-directory, exit, hostname, control-socket, conformance, dataplane, interface, ip, vrf, ipv6, access-list, route-map, version, end
    """#),
  Rejection(
    #"""
    dataplane
     no exit
    """#,
    #"""
    gw.conf:2:2: error: 'exit' has no 'no' form
         no exit
         ^
    """#),
]

@Test(arguments: rejections)
func `a setting of the dataplane that is wrong is reported with its place and what was expected`(_ rejection: Rejection)
{
  rejection.check()
}
