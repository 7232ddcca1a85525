"""ICMP errors about what gateways have to do with: control connections whose numbers are moved, and connections through
doors."""

import hashlib
import os
import time

import gateways
import lab
from captures import capture
from gateways import Talk, configured
from narrow import FAR, LINK_MTU, narrow_path
from servers import vsftpd

DATA = os.urandom(2 << 20)
# Sequence numbers as they are on the wire.
ABSOLUTE = ("tcp.relative_sequence_numbers:FALSE",)


@lab.sallyport_only
class NarrowPath(lab.LabTestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = gateways.raise_lab("narrow")
        cls.addClassCleanup(cls.lab.down)
        cls.far = cls.enterClassContext(narrow_path(cls.lab.name))

    def setUp(self):
        super().setUp()
        self.lab.run("alice", "ip", "route", "flush", "cache")
        self.root = self.enterContext(vsftpd(self.far, "far"))
        (self.root / "data").write_bytes(DATA)

    def told(self, seen):
        """What alice was told of the narrow link: the quoted ports and the quoted number."""
        return seen.select(
            "icmp.type == 3 && icmp.code == 4", "ip.dst", "icmp.mtu", "tcp.srcport", "tcp.dstport", "tcp.seq",
            options=ABSOLUTE,
        )

    def sent(self, seen):
        """The number of every segment that alice sent."""
        return {row[0] for row in seen.select(f"ip.src == {lab.ALICE} && tcp && !icmp", "tcp.seq", options=ABSOLUTE)}

    def test_a_shifted_control_connection_learns_of_the_narrow_link(self):
        for state in "off", "on":
            with self.subTest(offloads=state):
                self.lab.run("alice", "ethtool", "-K", "eth0", "tx", state, "tso", state, "gso", state)
                self.lab.run("alice", "ip", "route", "flush", "cache")
                with capture(self.lab, "alice") as seen:
                    talk = Talk(self, self.lab, "alice", FAR)
                    talk.log_in()
                    for port in 9, 8, 7:
                        self.assertIn("200", talk.say(f"PORT 10,10,10,10,200,{port}\r\n")[0])
                    # As long as a line may be that is looked at; vsftpd takes as many octets.
                    answer = talk.say(b"STAT " + b"x" * 4000 + b"\r\nNOOP\r\n")[0]
                    self.assertRegex(answer, r"^\d\d\d")
                    talk.running.stop()
                self.hold(seen)

    def test_a_shifted_connection_whose_gateway_has_stepped_aside_learns_of_it(self):
        with capture(self.lab, "alice") as seen:
            talk = Talk(self, self.lab, "alice", FAR)
            talk.log_in()
            for port in 9, 8, 7:
                self.assertIn("200", talk.say(f"PORT 10,10,10,10,200,{port}\r\n")[0])
            with configured(self.lab, "no ip nat service ftp"):
                time.sleep(0.3)
                self.assertEqual(self.lab.show_json("vtcp")["connections"], [])
                self.assertRegex(talk.say(b"STAT " + b"x" * 4000 + b"\r\n")[0], r"^\d\d\d")
                talk.running.stop()
        self.hold(seen)

    def hold(self, seen):
        """Alice was told, about what she sent."""
        told = self.told(seen)
        self.assertGreater(len(told), 0, "no fragmentation needed reached alice")
        for destination, mtu, _, port, number in told:
            self.assertEqual((destination, mtu, port), (f"{lab.ALICE},{FAR}", str(LINK_MTU), "21"))
            self.assertIn(number, self.sent(seen), "alice never sent what she is told about")

    def upload(self, *options):
        source, stored = self.root / "data", self.root / "upload" / "sent"
        with capture(self.lab, "alice", snap=300) as seen:
            self.lab.run("alice", "curl", "-sS", "--max-time", "20", *options, "-T", source, f"ftp://{FAR}/upload/sent")
        self.assertEqual(hashlib.sha256(stored.read_bytes()).hexdigest(), hashlib.sha256(DATA).hexdigest())
        return seen

    def test_a_connection_through_a_door_learns_of_the_narrow_link(self):
        seen = self.upload("--ftp-port", "-", "--disable-eprt")
        told = self.told(seen)
        self.assertGreater(len(told), 0, "no fragmentation needed reached alice")
        for destination, mtu, _, port, number in told:
            self.assertEqual((destination, mtu, port), (f"{lab.ALICE},{FAR}", str(LINK_MTU), "20"))
            self.assertIn(number, self.sent(seen))

    def test_a_passive_connection_learns_of_it_too(self):
        self.assertGreater(len(self.told(self.upload())), 0)
