"""What becomes of translations is written down: in the log, and in NetFlow packets that nfcapd and tshark read."""

import contextlib
import json
import re
import subprocess
import tempfile
import time

import lab
from captures import capture

SESSIONS_PORT, BINDINGS_PORT = 9995, 9996

STATEMENTS = f"""
access-list 10 permit 10.10.10.0 0.0.0.255
ip nat pool OUT 203.0.113.100 203.0.113.103 prefix-length 24
ip nat inside source list 10 pool OUT overload
ip nat inside source static 10.10.10.11 203.0.113.50
ip nat log translations syslog
ip nat log translations flow-export v9 udp destination {lab.CAROL} {SESSIONS_PORT} source outside0
ip nat log translations flow-export v9 udp destination {lab.DAVE} {BINDINGS_PORT} source outside0 bind-only
"""

# RFC 8158's numbers.
SESSION_CREATED, SESSION_DELETED, BINDING_CREATED, BINDING_DELETED = "4", "5", "8", "9"

# One datagram from each of `count` local ports, from `first` on.
SEND = """
import socket, sys
address, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for local in range(first, first + count):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        datagrams.bind(("", local))
        datagrams.sendto(b"?", (address, 7))
"""

LINE = re.compile(r"%NAT-6-LOG_TRANSLATION: (Created|Deleted) Translation UDP (\S+) (\S+) (\S+) (\S+) 0$", re.MULTILINE)


class Collector:
    """nfcapd on a host."""

    def __init__(self, the_lab, host, port, directory):
        self._directory = directory
        self._running = the_lab.start(host, "nfcapd", "-p", port, "-w", directory, "-t", "3600")
        said = ""
        while "Startup" not in said:
            if not (line := self._running.process.stdout.readline()):
                raise AssertionError(f"nfcapd on {host} ended at once: {said}")
            said += line

    def events(self):
        """Ends the collector, which then writes its file, and reads what it has received."""
        self._running.stop()
        result = subprocess.run(
            ["nfdump", "-R", self._directory, "-o", "json"], text=True, capture_output=True, timeout=60
        )
        if result.returncode != 0:
            raise AssertionError(f"nfdump: {result.stderr}")
        return json.loads(result.stdout)


@contextlib.contextmanager
def collecting(the_lab, host, port):
    """A collector that ends with the block."""
    with tempfile.TemporaryDirectory(prefix="sallyport-test-") as directory:
        collector = Collector(the_lab, host, port, directory)
        try:
            yield collector
        finally:
            collector._running.stop()


def heard(events, number, ports):
    """Inside local, inside global, outside local and outside global endpoint of the UDP events with a number."""
    return sorted(
        (
            f"{event['src4_addr']}:{event['src_port']}", f"{event['src4_xlt_ip']}:{event['src_xlt_port']}",
            f"{event['dst4_addr']}:{event['dst_port']}", f"{event['dst4_xlt_ip']}:{event['dst_xlt_port']}",
        )
        for event in events
        if event["nat_event_id"] == number and event["proto"] == 17 and event["src_port"] in ports
    )


def listed(the_lab, ports):
    """The same of what `show ip nat translations` shows."""
    return sorted(
        tuple(
            f"{row[end]}:{row[end + 'Port']}" for end in ("insideLocal", "insideGlobal", "outsideLocal", "outsideGlobal")
        )
        for row in the_lab.show_json("ip", "nat", "translations")
        if row["kind"] == "session" and row["protocol"] == "udp" and row["insideLocalPort"] in ports
    )


@lab.sallyport_only
class Logging(lab.LabTestCase):
    def setUp(self):
        super().setUp()
        name = f"{lab.NAME}-log"
        self.lab = lab.Lab(name, lab.configuration(name, statements=STATEMENTS)).up()
        self.addCleanup(self.lab.down)

    def collectors(self):
        return self.lab.show_json("ip", "nat", "log")["collectors"]

    def send(self, host, ports):
        self.lab.run(host, "python3", "-c", SEND, lab.DAVE, ports.start, len(ports))

    def clear(self):
        self.lab.sallyport("clear", "ip", "nat", "translation", "*")

    def settle(self):
        """Waits until every event so far has been sent: a record waits for others a second at most."""
        before = None
        deadline = time.monotonic() + 20
        while (now := self.collectors()) != before:
            self.assertLess(time.monotonic(), deadline, "the exporter never rests")
            before = now
            time.sleep(1.3)

    def teach_templates(self):
        """Fills packets until each collector, which began after the gateway, has been sent the templates again."""
        wanted = [line["templateRefreshes"] + 1 for line in self.collectors()]
        for _ in range(10):
            self.send("alice", range(20000, 20700))
            self.clear()
            self.settle()
            if all(line["templateRefreshes"] >= least for line, least in zip(self.collectors(), wanted)):
                return
        self.fail("the templates are not sent again")

    def test_collectors_and_the_log_hear_of_every_session(self):
        alices, bobs = range(41000, 41050), range(42000, 42010)
        ports = {*alices, *bobs}
        with collecting(self.lab, "carol", SESSIONS_PORT) as sessions, \
                collecting(self.lab, "dave", BINDINGS_PORT) as bindings, capture(self.lab, "carol") as seen:
            self.teach_templates()
            self.send("alice", alices)
            self.send("bob", bobs)
            rows = listed(self.lab, ports)
            self.clear()
            self.settle()
            status = self.collectors()
            of_sessions, of_bindings = sessions.events(), bindings.events()
        self.assertEqual(len(rows), len(ports))

        with self.subTest("sessions begin and end as the listing shows them"):
            for number in SESSION_CREATED, SESSION_DELETED:
                self.assertEqual(heard(of_sessions, number, ports), rows)

        with self.subTest("so do mappings, of which a static entry needs none"):
            expected = [row[:2] for row in rows if row[0].startswith(f"{lab.ALICE}:")]
            for number in BINDING_CREATED, BINDING_DELETED:
                for events in of_sessions, of_bindings:
                    self.assertEqual([row[:2] for row in heard(events, number, ports)], expected)

        with self.subTest("a collector of bindings hears of nothing else"):
            self.assertEqual({event["nat_event_id"] for event in of_bindings}, {BINDING_CREATED, BINDING_DELETED})

        with self.subTest("the log has a line for each"):
            for word in "Created", "Deleted":
                lines = sorted(line[1:] for line in LINE.findall(self.lab.log()) if line[0] == word)
                self.assertEqual([line for line in lines if line in set(rows)], rows)

        with self.subTest("no packet is lost, and tshark reads them all"):
            self.assertEqual([line["packetsLost"] for line in status], [0, 0])
            packets = f"cflow && ip.src == {lab.GATEWAY_OUTSIDE}"
            numbers = [int(row[0]) for row in seen.select(packets, "cflow.sequence")]
            self.assertGreater(len(numbers), 20)
            self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))))
            self.assertEqual(numbers[-1] + 1, status[0]["packets"])
            # Records from before the first templates can be read by nobody.
            first = seen.select(f"({packets}) && cflow.flowset_id == 0")[0][0]
            self.assertEqual(seen.count(f"({packets}) && frame.number >= {first} && _ws.malformed"), 0)
            self.assertEqual(seen.count(f"({packets}) && udp.length > 1408"), 0)
