"""`sallyport replay` through the eyes of tshark: what it writes is what hosts could have seen."""

import json
import pathlib
import struct
import subprocess
import tempfile
import unittest

import captures
import lab

CHECKED = ("ip.check_checksum:TRUE", "tcp.check_checksum:TRUE", "udp.check_checksum:TRUE")
CAPTURES = pathlib.Path(__file__).resolve().parents[1] / "Captures"

CONFIGURATION = """
interface inside0
 device tap sp-inside
 ip address 10.255.255.1 255.255.255.0
 ip nat inside
interface outside0
 device tap sp-outside
 ip address 203.0.113.1 255.255.255.0
 ip nat outside
ip route 0.0.0.0 0.0.0.0 203.0.113.254
"""

# Whoever is inside shares the pool.
OVERLOAD = CONFIGURATION + """
access-list 10 permit any
ip nat pool OUT 203.0.113.100 203.0.113.100 prefix-length 24
ip nat inside source list 10 pool OUT overload
"""

GLOBAL = "203.0.113.100"


@lab.sallyport_only
class Replays(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="sallyport-test-")))

    def replay(self, capture, *inside, configuration=OVERLOAD, code=0):
        """The report of a replay; what the sides saw is in `self.inside` and `self.outside`."""
        path = self.directory / "gateway.conf"
        path.write_text(configuration)
        seen = self.directory / "seen"
        command = [str(lab.BINARIES / "sallyport"), "replay", str(capture), "--config", str(path), "--output", str(seen)]
        for prefix in inside:
            command += ["--inside", prefix]
        result = subprocess.run([*command, "--json"], text=True, capture_output=True, timeout=60)
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        self.inside, self.outside = seen / "inside.pcap", seen / "outside.pcap"
        return json.loads(result.stdout) if code < 2 else result.stderr

    def assert_sound(self):
        """Nothing is malformed, and every checksum is right, whatever the capture had."""
        for path in (self.inside, self.outside):
            for fault in ("_ws.malformed", "ip.checksum.status == 0", "tcp.checksum.status == 0",
                          "udp.checksum.status == 0", "tcp.analysis.ack_lost_segment"):
                self.assertEqual(captures.select(path, fault, options=CHECKED), [], f"{fault} in {path.name}")
            self.assertGreater(len(captures.select(path, "ip")), 0)

    def test_ftp_commands_and_replies_of_a_client_inside_name_the_doors(self):
        report = self.replay(CAPTURES / "ftp-active-passive.pcap", "172.23.0.3/32")
        self.assert_sound()
        self.assertEqual(report["problems"], [])
        before = captures.select(self.inside, "ftp.active.cip", "ftp.active.cip", "ftp.active.port")
        after = captures.select(self.outside, "ftp.active.cip", "ftp.active.cip", "ftp.active.port")
        self.assertEqual(len(before), 7)
        self.assertEqual({address for address, _ in before}, {"172.23.0.3"})
        self.assertEqual({address for address, _ in after}, {GLOBAL})
        # The server connects to each.
        doors = {port for _, port in after}
        syns = captures.select(
            self.outside, f"tcp.flags.syn == 1 && tcp.flags.ack == 0 && ip.dst == {GLOBAL}", "tcp.dstport")
        self.assertEqual({port for (port,) in syns}, doors)
        self.assert_hidden("172.23.0.3")

    def test_ftp_replies_of_a_server_inside_name_the_doors(self):
        static = CONFIGURATION + f"ip nat inside source static 172.23.0.2 {GLOBAL}\n"
        report = self.replay(CAPTURES / "ftp-active-passive.pcap", "172.23.0.2/32", configuration=static)
        self.assert_sound()
        self.assertEqual(report["problems"], [])
        after = captures.select(self.outside, "ftp.passive.ip", "ftp.passive.ip")
        self.assertEqual(len(after), 7)
        self.assertEqual(set(after), {(GLOBAL,)})
        self.assert_hidden("172.23.0.2")

    def test_dns_answers_have_the_addresses_of_static_entries(self):
        static = CONFIGURATION + f"ip nat inside source static 10.10.10.11 {GLOBAL}\n"
        capture = self.directory / "dns.pcap"
        capture.write_bytes(pcap(*dns_answer(b"\x0a\x0a\x0a\x0b")))
        report = self.replay(capture, "10.10.10.0/24", configuration=static)
        self.assert_sound()
        self.assertEqual(report["problems"], [])
        self.assertEqual(captures.select(self.inside, "dns.a", "dns.a"), [("10.10.10.11",)])
        self.assertEqual(captures.select(self.outside, "dns.a", "dns.a"), [(GLOBAL,)])

    def test_an_address_that_stays_is_a_failure(self):
        dry = OVERLOAD + "ip nat service ftp dry-run\n"
        report = self.replay(CAPTURES / "ftp-active-passive.pcap", "172.23.0.3/32", configuration=dry, code=1)
        self.assertIn("leak", {problem["problem"] for problem in report["problems"]})
        self.assertFalse(report["isComplete"])

    def test_what_cannot_be_read_is_an_error_of_its_own(self):
        text = self.directory / "text.pcap"
        text.write_text("this is no capture, whatever its name says")
        self.assertIn("neither a pcap nor a pcapng file", self.replay(text, code=2))
        self.assertIn("No such file", self.replay(self.directory / "nothing.pcap", code=2))
        self.assertIn("--inside", self.replay(CAPTURES / "ftp-active-passive.pcap", code=2))
        self.assertIn("192.168.1.1/16", self.replay(text, "192.168.1.1/16", code=2))
        self.assertIn("error", self.replay(CAPTURES / "ftp-active-passive.pcap", configuration="nonsense\n", code=2))

    def assert_hidden(self, address):
        """Nobody outside reads an inside address, in headers or in text."""
        octets = self.outside.read_bytes()
        self.assertEqual(captures.select(self.outside, f"ip.addr == {address}"), [])
        self.assertNotIn(address.encode(), octets)
        self.assertNotIn(address.replace(".", ",").encode(), octets)


def pcap(*packets):
    """A capture of raw IP packets."""
    octets = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    for number, packet in enumerate(packets):
        octets += struct.pack("<IIII", 1_700_000_000 + number, 0, len(packet), len(packet)) + packet
    return octets


def dns_answer(address):
    """A query of a host outside to the server at 10.10.10.11, and the answer with an address."""
    def udp(source, destination, ports, payload):
        header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 28 + len(payload), 1, 0, 64, 17, 0, source, destination)
        return header + struct.pack(">HHHH", *ports, 8 + len(payload), 1) + payload
    client, server = bytes([198, 51, 100, 9]), bytes([10, 10, 10, 11])
    question = b"\x03www\x07example\x00" + struct.pack(">HH", 1, 1)
    query = struct.pack(">HHHHHH", 7, 0x0100, 1, 0, 0, 0) + question
    record = struct.pack(">HHHIH", 0xC00C, 1, 1, 60, 4) + address
    answer = struct.pack(">HHHHHH", 7, 0x8400, 1, 1, 0, 0) + question + record
    return udp(client, server, (5353, 53), query), udp(server, client, (53, 5353), answer)


