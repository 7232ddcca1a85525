import Forwarding
import Testing
import Translation
import WireFormats

@testable import Configuration

@Suite struct Grammars {
  @Test func `every keyword may be abbreviated as long as it is unique`() throws {
    let short = try parse(
      """
      host gw
      data
       w 0
       ri 64
       bu 1
       p b
       of n
       me o
      int in0
       desc x
       dev t t0 n ns p
       ip add 10.0.0.1 255.255.255.0
       ip nat i
      ip route 10.9.0.0 255.255.0.0 10.0.0.2
      access-l 1 p h 10.0.0.9
      ip access-list s A
       den a
      ip nat poo P 203.0.113.1 203.0.113.2 p 24 t m
      ip nat i so l 1 p P ov
      ip nat i so s t 10.0.0.9 80 203.0.113.9 80 ext no-a no-p
      ip nat tr u 60
      """)
    let long = try parse(
      """
      hostname gw
      dataplane
       worker-cores 0
       ring-entries 64
       burst 1
       poll busy
       offload none
       memory ordinary
      interface in0
       description x
       device tap t0 netns ns persistent
       ip address 10.0.0.1 255.255.255.0
       ip nat inside
      ip route 10.9.0.0 255.255.0.0 10.0.0.2
      access-list 1 permit host 10.0.0.9
      ip access-list standard A
       deny any
      ip nat pool P 203.0.113.1 203.0.113.2 prefix-length 24 type match-host
      ip nat inside source list 1 pool P overload
      ip nat inside source static tcp 10.0.0.9 80 203.0.113.9 80 extendable no-alias no-payload
      ip nat translation udp-timeout 60
      """)
    #expect(short == long)
  }

  @Test func `keywords may be in capitals, names keep their case`() throws {
    let gateway = try parse("IP NAT POOL Out 10.0.0.1 10.0.0.9 Prefix-Length 24\nNO Ip Nat Translation TIMEOUT\n")
    #expect(gateway.translation.pools.keys.sorted() == ["Out"])
    #expect(
      errors(
        in: "access-list 1 permit any\nip nat inside source list 1 pool OUT\nip nat pool Out 10.0.0.1 10.0.0.9 p 24")?
        .errors.map(\.message) == ["there is no pool 'OUT'"])
  }

  @Test func `an exact keyword wins over longer ones that begin alike`() throws {
    #expect(try parse("ip nat translation timeout 5").translation.timeouts.simple == 5)
  }

  @Test func `a comment begins with an exclamation mark that begins a word`() throws {
    let gateway = try parse("!\n  ! comment\nhostname gw ! a name\n\t!hostname other\n")
    #expect(gateway.hostname == "gw")
    #expect(errors(in: "hostname g!w")?.errors.map(\.message) == ["'g!w' is not a host name"])
  }

  @Test func `descriptions and remarks keep their exclamation marks`() throws {
    let gateway = try parse(
      "interface a\n device tap t\n description ! mind the gap !  \naccess-list 1 remark ! first\n")
    #expect(Array(gateway.annotations.descriptions.values) == ["! mind the gap !"])
    #expect(gateway.annotations.remarks["1"]?.map(\.text) == ["! first"])
  }

  @Test(arguments: [
    "hostname gw\r\nip nat translation timeout 7\r\n", "\u{FEFF}hostname gw\nip nat translation timeout 7",
    "\t hostname\t\tgw \t\n\n\r\n   ip nat   translation timeout 7   ",
  ])
  func `line ends, a byte order mark and white space make no difference`(text: String) throws {
    let gateway = try parse(text)
    #expect(gateway.hostname == "gw")
    #expect(gateway.translation.timeouts.simple == 7)
  }

  @Test func `modes go by what fits, not by indentation`() throws {
    let gateway = try parse(
      """
            interface in0
      device tap t0
        access-list 1 permit any
          interface in0
      ip address 10.0.0.1 255.255.255.0
      ip nat inside
      ip nat inside source list 1 interface in0
      hostname gw
      """)
    #expect(gateway.interfaces.first?.address == IPv4Address("10.0.0.1"))
    #expect(gateway.translation.dynamicRules.count == 1)
    #expect(gateway.hostname == "gw")
  }

  @Test func `after a global statement the mode before it is over`() {
    #expect(
      errors(in: "interface in0\n device tap t0\nhostname gw\nmtu 1400")?.errors.map(\.message)
        == ["unknown statement 'mtu'"])
  }

  @Test func `lines below a refused statement are not reported on top of it`() {
    let text = """
      policy-map RM
       class C
        police 8000
      interface 9
       ip address 10.0.0.1 255.255.255.0
      hostname -
      """
    #expect(errors(in: text)?.errors.map(\.location.line) == [1, 4, 6])
  }

  @Test func `a name that a refused line defines is not reported as missing, others are`() {
    let text = """
      ip nat pool P 10.0.0.1
      access-list 1 permit any
      ip nat inside source list 1 pool P
      ip nat inside source list 2 pool P
      """
    #expect(errors(in: text)?.errors.map(\.location.line) == [1, 4])
  }

  @Test func `errors come in the order of their lines, whenever they are found`() {
    let text = "ip nat inside source list 7 pool P\nfrob\nip nat translation timeout x\n"
    #expect(errors(in: text)?.errors.map(\.location.line) == [1, 1, 2, 3])
  }

  @Test func `twenty errors are enough`() throws {
    let twenty = try #require(errors(in: String(repeating: "frob\n", count: 20)))
    #expect(twenty.errors.count == 20)
    #expect(!twenty.areMore)
    let many = try #require(errors(in: String(repeating: "frob\n", count: 100_000)))
    #expect(many.errors == twenty.errors)
    #expect(many.areMore)
    #expect(many.rendered() == twenty.rendered() + "\nthere are more errors than these 20")
  }
}
