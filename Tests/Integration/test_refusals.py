"""Everything refused has a reason that is counted; what the sender is told, and when it is not."""

import lab
import packets
from captures import capture

STATEMENTS = """
access-list 10 permit 10.10.10.0 0.0.0.255
ip nat pool OUT 203.0.113.100 203.0.113.103 prefix-length 24
ip nat inside source list 10 pool OUT overload
ip nat inside source static 10.10.10.11 203.0.113.50
"""


def setUpModule():
    if lab.PEER == "sallyport":
        lab.shared()


@lab.sallyport_only
class Quiet(lab.LabTestCase):
    """`no ip unreachables` on the inside interface."""

    @classmethod
    def setUpClass(cls):
        name = f"{lab.NAME}-quiet"
        cls.lab = lab.Lab(name, lab.configuration(name, statements=STATEMENTS, inside=" no ip unreachables\n")).up()
        cls.addClassCleanup(cls.lab.down)

    def test_nobody_is_told_that_a_destination_cannot_be_reached_but_it_is_counted(self):
        before = self.lab.drops("no-route")
        with capture(self.lab, "alice") as seen:
            self.lab.run("alice", "ping", "-q", "-c", "2", "-i", "0.2", "-W", "0.5", "192.0.2.1", check=False)
        self.assertEqual(seen.count("icmp.type == 3"), 0)
        self.assertEqual(self.lab.drops("no-route"), before + 2)

    def test_time_exceeded_is_no_unreachable_and_is_told(self):
        output = self.lab.run("alice", "traceroute", "-n", "-q", "1", "-w", "1", "-m", "1", lab.CAROL).stdout
        self.assertIn(lab.GATEWAY_INSIDE, output)


@lab.sallyport_only
class Reasons(lab.LabTestCase):
    """Each packet here is refused, for the reason that it is here for."""

    def injected(self, host, reason, packet):
        """Sends three copies and holds that they are counted and go nowhere."""
        before = lab.shared().drops(reason)
        lab.shared().inject(host, [packet] * 3)
        self.eventually(
            lambda: lab.shared().drops(reason) == before + 3,
            f"{reason}: {before} and then\n{lab.shared().show('drops', 'all')}",
        )

    def test_packets_that_may_not_be_on_the_wire(self):
        for source in "127.0.0.1", "224.0.0.1", "255.255.255.255", lab.GATEWAY_INSIDE:
            with self.subTest(source):
                self.injected("alice", "martian-source", packets.ipv4(
                    source, lab.CAROL, packets.UDP, packets.udp(source, 1, lab.CAROL, 2, b"x")))

    def test_packets_with_lengths_that_lie(self):
        message = packets.udp(lab.ALICE, 1, lab.CAROL, 2, b"hello")
        lying = message[:4] + (4).to_bytes(2, "big") + message[6:]
        self.injected("alice", "malformed-transport", packets.ipv4(lab.ALICE, lab.CAROL, packets.UDP, lying))
        self.injected("alice", "malformed-transport", packets.ipv4(lab.ALICE, lab.CAROL, packets.TCP, bytes(12)))

    def test_an_error_about_nothing(self):
        quoted = packets.ipv4("203.0.113.100", lab.CAROL, packets.UDP, packets.udp("203.0.113.100", 1, lab.CAROL, 2))
        self.injected("carol", "icmp-error-without-session", packets.ipv4(
            lab.CAROL, "203.0.113.100", packets.ICMP, packets.icmp(3, 3, bytes(4), quoted)))

    def test_an_error_with_a_wrong_checksum(self):
        quoted = packets.ipv4(lab.BOB_GLOBAL, lab.CAROL, packets.UDP, packets.udp(lab.BOB_GLOBAL, 1, lab.CAROL, 2))
        message = packets.icmp(3, 3, bytes(4), quoted)
        wrong = message[:2] + bytes([message[2] ^ 0xFF]) + message[3:]
        self.injected("carol", "bad-icmp-checksum", packets.ipv4(lab.CAROL, lab.BOB_GLOBAL, packets.ICMP, wrong))

    def test_a_reset_of_no_session(self):
        self.injected("alice", "no-session", packets.ipv4(
            lab.ALICE, lab.CAROL, packets.TCP, packets.tcp(lab.ALICE, 1025, lab.CAROL, 80, packets.RST)))

    def test_a_datagram_from_nobody_to_a_shared_address(self):
        self.injected("dave", "filtered", packets.ipv4(
            lab.DAVE, "203.0.113.102", packets.UDP, packets.udp(lab.DAVE, 1025, "203.0.113.102", 3333)))

    def test_a_datagram_for_the_gateway_itself(self):
        self.injected("alice", "not-for-us", packets.ipv4(
            lab.ALICE, lab.GATEWAY_INSIDE, packets.UDP, packets.udp(lab.ALICE, 1025, lab.GATEWAY_INSIDE, 3333)))

    def test_a_packet_at_the_end_of_its_life(self):
        self.injected("alice", "time-to-live-exceeded", packets.ipv4(
            lab.ALICE, lab.CAROL, packets.UDP, packets.udp(lab.ALICE, 1025, lab.CAROL, 3333), ttl=1))
