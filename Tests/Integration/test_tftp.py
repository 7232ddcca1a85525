"""TFTP through the gateway: tftpd-hpa with the clients tftp-hpa and atftp, on either side."""

import contextlib
import os
import pathlib
import tempfile

import gateways
import lab
import packets
from captures import capture
from servers import tftpd

# Several blocks of the usual 512 octets, and the last of them not full.
DATA = os.urandom(20_123)
VERIFY = tuple(f"{protocol}.check_checksum:TRUE" for protocol in ("ip", "udp"))
BAD = 'ip.checksum.status == "Bad" || udp.checksum.status == "Bad" || _ws.malformed'


def setUpModule():
    global the_lab
    if lab.PEER == "sallyport":
        the_lab = gateways.raise_lab("tftp")
        lab.unittest.addModuleCleanup(the_lab.down)


class TFTP(lab.LabTestCase):
    def setUp(self):
        super().setUp()
        self.scratch = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="sallyport-test-")))
        (self.scratch / "data").write_bytes(DATA)

    @contextlib.contextmanager
    def serving(self, host, **options):
        with tftpd(the_lab, host, **options) as root:
            (root / "data").write_bytes(DATA)
            yield root

    def both_ways(self, root, host, address, client):
        """A file comes and another goes, whole. `client` makes a command line of a direction and two names."""
        received, stored = self.scratch / "received", root / "sent"
        received.unlink(missing_ok=True)
        stored.unlink(missing_ok=True)
        the_lab.run(host, *client(address, "get", "data", received))
        self.assertEqual(received.read_bytes(), DATA)
        the_lab.run(host, *client(address, "put", self.scratch / "data", "sent"))
        self.eventually(lambda: stored.exists() and stored.stat().st_size == len(DATA), "the file did not arrive")
        self.assertEqual(stored.read_bytes(), DATA)

    def every_client(self, root, host, address):
        for name, client in {
            "tftp-hpa": lambda *words: self.hpa(*words),
            "atftp": lambda *words: self.atftp(*words),
            "atftp with blocks of 1400": lambda *words: self.atftp(*words, blksize=1400),
            "curl with blocks of 1024": lambda *words: self.curl(*words, blksize=1024),
        }.items():
            with self.subTest(name):
                self.both_ways(root, host, address, client)

    @staticmethod
    def hpa(address, direction, local, remote):
        return "tftp", "-4", "-m", "binary", address, "-c", direction, local, remote

    @staticmethod
    def atftp(address, direction, first, second, blksize=None):
        options = () if blksize is None else ("--option", f"blksize {blksize}")
        local, remote = (second, first) if direction == "get" else (first, second)
        return "atftp", *options, f"--{direction}", "--local-file", local, "--remote-file", remote, address

    @staticmethod
    def curl(address, direction, first, second, blksize=512):
        size = "--tftp-blksize", blksize
        if direction == "get":
            return "curl", "-sS", *size, "-o", second, f"tftp://{address}/{first}"
        return "curl", "-sS", *size, "-T", first, f"tftp://{address}/{second}"


@lab.sallyport_only
class Transfers(TFTP):
    def test_a_client_inside_behind_a_pool_that_hosts_share(self):
        with self.serving("carol") as root:
            self.every_client(root, "alice", lab.CAROL)

    def test_a_client_inside_behind_a_static_address(self):
        with self.serving("carol") as root:
            self.every_client(root, "bob", lab.CAROL)

    def test_a_client_in_an_instance_with_the_addresses_of_another(self):
        with self.serving("carol") as root:
            self.every_client(root, "red", lab.CAROL)

    def test_a_client_behind_a_pool_with_an_address_for_each_host(self):
        with self.serving("carol"), capture(the_lab, "carol", snap=200) as seen:
            the_lab.run(
                "alice", "curl", "-sS", "--interface", gateways.SINGLE, "-o", self.scratch / "received",
                f"tftp://{lab.CAROL}/data",
            )
        self.assertEqual((self.scratch / "received").read_bytes(), DATA)
        self.assertLessEqual({row[0] for row in seen.select("tftp.opcode == 1", "ip.src")}, gateways.SINGLE_POOL)

    def test_a_server_inside_behind_a_static_address(self):
        with self.serving("bob") as root:
            self.every_client(root, "dave", lab.BOB_GLOBAL)

    def test_a_server_inside_behind_an_entry_for_its_port_only(self):
        # The server answers from another port than the entry has, so that only a door lets it answer as it was called.
        with self.serving("alice", address=gateways.PORTED) as root:
            self.every_client(root, "dave", gateways.PORTED_GLOBAL)

    def test_a_server_in_an_instance_with_the_addresses_of_another(self):
        with self.serving("red") as root:
            self.every_client(root, "dave", lab.RED_GLOBAL)

    def test_what_arrives_is_well_formed_with_right_checksums_when_hosts_do_not_offload(self):
        for host in "alice", "carol":
            the_lab.run(host, "ethtool", "-K", "eth0", "tx", "off")
            self.addCleanup(the_lab.run, host, "ethtool", "-K", "eth0", "tx", "on")
        with self.serving("carol") as root, capture(the_lab, "carol") as outside, capture(the_lab, "alice") as inside:
            self.every_client(root, "alice", lab.CAROL)
        for seen in outside, inside:
            self.assertGreaterEqual(seen.count("tftp.opcode == 1 || tftp.opcode == 2"), 8)
            self.assertEqual(seen.select(BAD, "frame.number", "ip.src", options=VERIFY), [])


@lab.sallyport_only
class Doors(TFTP):
    """A client that only asks, and what others make of its door."""

    def ask(self, source_port, name=b"nothing"):
        """Alice's request, whose door then waits."""
        request = packets.udp(lab.ALICE, source_port, lab.CAROL, 69, b"\0\1" + name + b"\0octet\0")
        the_lab.inject("alice", [packets.ipv4(lab.ALICE, lab.CAROL, packets.UDP, request)])
        return self.eventually(
            lambda: [door for door in gateways.doors(the_lab) if door["insideLocalPort"] == source_port],
            "there is no door",
        )

    def answer(self, source, door):
        """Whether a datagram from a new port of a source reaches alice through a door."""
        data = packets.udp(source, 3456, door["insideGlobal"], door["insideGlobalPort"], b"\0\3\0\1block")
        host = "carol" if source == lab.CAROL else "dave"
        with capture(the_lab, "alice") as seen:
            the_lab.inject(host, [packets.ipv4(source, door["insideGlobal"], packets.UDP, data)])
        return seen.count(f"ip.src == {source} && udp.dstport == {door['insideLocalPort']}") > 0

    def test_admits_the_server_asked_and_nobody_else_and_only_once(self):
        [door] = self.ask(40069)
        self.assertEqual((door["gateway"], door["remote"], door["isSingleUse"]), ("tftp", lab.CAROL, True))
        self.assertFalse(self.answer(lab.DAVE, door))
        self.assertTrue(self.answer(lab.CAROL, door))
        self.eventually(lambda: not any(d["insideLocalPort"] == 40069 for d in gateways.doors(the_lab)), "it is open")

    def test_a_port_has_one_door_however_often_it_asks(self):
        for _ in range(5):
            self.assertEqual(len(self.ask(40070)), 1)

    def test_a_host_has_a_bounded_number_of_doors(self):
        requests = [
            packets.ipv4(lab.ALICE, lab.CAROL, packets.UDP, packets.udp(
                lab.ALICE, port, lab.CAROL, 69, b"\0\1nothing\0octet\0"))
            for port in range(41000, 41400)
        ]
        before = gateways.count(the_lab, "tftp")["doorsRefused"]
        the_lab.inject("alice", requests, gap=0.001)
        self.eventually(lambda: gateways.count(the_lab, "tftp")["doorsRefused"] > before, "no door was refused")
        self.assertLessEqual(len(gateways.doors(the_lab)), 256)
        the_lab.sallyport("clear", "ip", "nat", "translation", "*")
        self.eventually(lambda: gateways.doors(the_lab) == [], "doors outlived their sessions")

    def test_what_is_no_request_makes_the_session_a_strangers(self):
        before = gateways.count(the_lab, "tftp")
        with capture(the_lab, "carol") as seen:
            # What a browser might be made to send, and then a request in the same session.
            for data in b"POST / HTTP/1.1\r\n\r\n", b"\0\1nothing\0octet\0":
                message = packets.udp(lab.ALICE, 40071, lab.CAROL, 69, data)
                the_lab.inject("alice", [packets.ipv4(lab.ALICE, lab.CAROL, packets.UDP, message)])
        after = gateways.count(the_lab, "tftp")
        self.assertEqual(after["steppedAside"]["stranger"], before["steppedAside"].get("stranger", 0) + 1)
        self.assertEqual(after["doors"], before["doors"])
        self.assertEqual(seen.count("udp.dstport == 69 && !icmp"), 2)

    def test_an_error_about_what_came_through_a_door_reaches_the_server(self):
        [door] = self.ask(40072)
        # Alice has no socket at the port, so her kernel says so about the server's first block.
        with capture(the_lab, "carol") as seen:
            self.assertTrue(self.answer(lab.CAROL, door))
        told = seen.select("icmp.type == 3 && icmp.code == 3", "ip.src", "ip.dst", "udp.srcport", "udp.dstport")
        self.assertEqual(told, [(
            f"{door['insideGlobal']},{lab.CAROL}", f"{lab.CAROL},{door['insideGlobal']}", "3456",
            str(door["insideGlobalPort"]),
        )])
