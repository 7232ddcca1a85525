"""Protocols without ports: by their addresses through one-to-one entries, and never dropped in silence."""

import hashlib

import lab
import packets
from captures import capture

INNER = packets.ipv4("172.16.1.1", "172.16.2.2", packets.UDP, packets.udp("172.16.1.1", 1, "172.16.2.2", 2, b"inner"))
# A packet's payload, what tshark calls the protocol, and a field that must arrive as it left.
MESSAGES = {
    "GRE": (packets.GRE, packets.gre(0x5A11, INNER), "gre", "gre.key", "0x00005a11"),
    "ESP": (packets.ESP, packets.esp(0x0A0B0C0D, 7, bytes(range(64))), "esp", "esp.spi", "0x0a0b0c0d"),
    "SCTP": (packets.SCTP, packets.sctp_init(5000, 5001, 0xFEED), "sctp", "sctp.init_initiate_tag", "0x0000feed"),
    # Assigned to nobody: a gateway has no idea of it, and needs none.
    "experimental": (253, hashlib.sha256(b"what is this").digest(), "ip.proto == 253", "ip.proto", "253"),
}


def setUpModule():
    lab.shared()


class Protocols(lab.LabTestCase):
    def crosses(self, name, sender, source, target, receiver, as_whom, to_whom):
        """A message from one host arrives at another with the addresses that it should have there, and whole."""
        protocol, payload, display, field, value = MESSAGES[name]
        with capture(lab.shared(), receiver) as seen:
            copies = [packets.ipv4(source, target, protocol, payload, identification=n) for n in (1, 2, 3)]
            lab.shared().inject(sender, copies, gap=0.02)
        options = ["ip.check_checksum:TRUE", "sctp.checksum:TRUE"]
        rows = seen.select(
            f"({display}) && !icmp && ip.src == {as_whom} && ip.dst == {to_whom}", "ip.len", field,
            "ip.checksum.status", options=options,
        )
        self.assertEqual(len(rows), 3, f"{name} did not arrive")
        for length, found, status in rows:
            self.assertEqual(int(length.split(",")[0]), 20 + len(payload))
            self.assertIn(value, found.split(","))
            # 1 is "good", whatever is quoted or carried inside.
            self.assertEqual(status.split(",")[0], "1")
        self.assertIn(payload, seen.octets())
        if name == "SCTP":
            self.assertEqual(seen.count('sctp.checksum.status == "Bad"', options=options), 0)

    def test_a_static_host_sends_and_receives_gre(self):
        self.both_ways("GRE")

    def test_a_static_host_sends_and_receives_esp(self):
        self.both_ways("ESP")

    def test_a_static_host_sends_and_receives_sctp(self):
        self.both_ways("SCTP")

    def test_a_static_host_sends_and_receives_what_nobody_knows(self):
        self.both_ways("experimental")

    def both_ways(self, name):
        self.crosses(name, "bob", lab.BOB, lab.CAROL, "carol", lab.BOB_GLOBAL, lab.CAROL)
        self.crosses(name, "dave", lab.DAVE, lab.BOB_GLOBAL, "bob", lab.DAVE, lab.BOB)

    @lab.sallyport_only
    def test_a_host_that_shares_its_address_is_told_that_its_protocol_cannot(self):
        for name in "GRE", "SCTP", "experimental":
            protocol, payload, *_ = MESSAGES[name]
            with self.subTest(name):
                before = lab.shared().drops("protocol-not-translated")
                with capture(lab.shared(), "carol") as seen:
                    lab.shared().inject("alice", [packets.ipv4(lab.ALICE, lab.CAROL, protocol, payload)] * 3)
                self.assertEqual(seen.count(f"ip.proto == {protocol}"), 0)
                self.assertEqual(lab.shared().drops("protocol-not-translated"), before + 3)

    @lab.sallyport_only
    def test_the_same_from_outside_to_a_shared_address_is_dropped_and_counted(self):
        before = lab.shared().drops("filtered")
        with capture(lab.shared(), "alice") as seen:
            lab.shared().inject("dave", [packets.ipv4(lab.DAVE, "203.0.113.101", packets.GRE, MESSAGES["GRE"][1])] * 3)
        self.assertEqual(seen.count("gre"), 0)
        self.assertEqual(lab.shared().drops("filtered"), before + 3)


ONE_TO_ONE = """
access-list 10 permit 10.10.10.0 0.0.0.15
ip nat pool OWN 203.0.113.100 203.0.113.103 prefix-length 24
ip nat inside source list 10 pool OWN
access-list 11 permit 10.10.10.21
ip nat inside source list 11 interface outside0 overload
ip nat inside source static esp 10.10.10.21 interface outside0
"""


@lab.sallyport_only
class OneToOne(lab.LabTestCase):
    @classmethod
    def setUpClass(cls):
        name = f"{lab.NAME}-protocol"
        cls.lab = lab.Lab(name, lab.configuration(name, statements=ONE_TO_ONE)).up()
        cls.addClassCleanup(cls.lab.down)
        cls.lab.add_addresses("alice", "10.10.10.21")

    def test_a_host_with_an_address_of_its_own_from_a_pool_speaks_any_protocol(self):
        for protocol, payload, display, *_ in MESSAGES.values():
            with self.subTest(display), capture(self.lab, "carol") as seen:
                self.lab.inject("alice", [packets.ipv4(lab.ALICE, lab.CAROL, protocol, payload)])
            sources = {row[0].split(",")[0] for row in seen.select(f"({display}) && !icmp", "ip.src")}
            self.assertEqual(len(sources), 1)
            self.assertLessEqual(sources, lab.POOL)

    def test_and_is_answered(self):
        with capture(self.lab, "carol") as seen:
            self.lab.inject("alice", [packets.ipv4(lab.ALICE, lab.CAROL, packets.GRE, MESSAGES["GRE"][1])])
        (address,) = {row[0].split(",")[0] for row in seen.select("gre && !icmp", "ip.src")}
        with capture(self.lab, "alice") as back:
            self.lab.inject("carol", [packets.ipv4(lab.CAROL, address, packets.GRE, MESSAGES["GRE"][1])])
        self.assertEqual(back.count(f"gre && !icmp && ip.dst == {lab.ALICE}"), 1)

    def test_esp_of_one_host_shares_an_address_with_others_ports_by_an_entry_of_its_own(self):
        inside, (protocol, payload, *_) = "10.10.10.21", MESSAGES["ESP"]
        with capture(self.lab, "carol") as carol, capture(self.lab, "alice") as alice:
            self.lab.inject("alice", [packets.ipv4(inside, lab.CAROL, protocol, payload)])
            self.lab.inject("dave", [packets.ipv4(lab.DAVE, lab.GATEWAY_OUTSIDE, protocol, payload)])
        self.assertEqual(carol.select("esp && !icmp", "ip.src"), [(lab.GATEWAY_OUTSIDE,)])
        self.assertEqual(alice.select(f"esp && !icmp && ip.src == {lab.DAVE}", "ip.dst"), [(inside,)])
