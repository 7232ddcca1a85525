"""Gateways over links that lose packets: what real clients transfer arrives whole, and so does bulk on their ports."""

import contextlib
import hashlib
import os
import pathlib
import tempfile

import gateways
import lab
from payload import file_of
from servers import await_listener, vsftpd

# Percent that each of the two segments loses.
LOSSES = 0, 1, 5
# MiB of bulk at each.
BULK = {0: 100, 1: 100, 5: 100 if lab.LONG else 20}
# Seconds that one of them may take.
PATIENCE = 600 if lab.LONG else 100
DATA = os.urandom(100_000)
TRANSFERS = 20 if lab.LONG else 3

MODES = {
    "curl active": ("curl", "-sS", "--max-time", "60", "--ftp-port", "-", "--disable-eprt"),
    "curl passive": ("curl", "-sS", "--max-time", "60"),
}


def setUpModule():
    global the_lab
    if lab.PEER == "sallyport":
        the_lab = gateways.raise_lab("lossy")
        lab.unittest.addModuleCleanup(the_lab.down)


@contextlib.contextmanager
def losing(percent):
    """Both segments lose so much at random of what crosses them. Yields a function that tells how many were lost."""
    segments = "lan", "wan"
    if percent:
        rule = f"ether type ip numgen random mod 100 < {percent} counter name lost drop"
        for segment in segments:
            the_lab.run(segment, "nft", "-f", "-", input=f"""
                table bridge loss {{
                  counter lost {{ }}
                  chain forward {{ type filter hook forward priority 0; {rule}; }}
                }}""")

    def lost():
        words = [the_lab.run(segment, "nft", "list", "counters", "bridge").stdout.split() for segment in segments]
        return sum(int(line[line.index("packets") + 1]) for line in words)

    try:
        yield lost
    finally:
        if percent:
            for segment in segments:
                the_lab.run(segment, "nft", "delete", "table", "bridge", "loss")


@lab.sallyport_only
class Clients(lab.LabTestCase):
    """Control connections of real clients, and the data connections that follow from them."""

    def setUp(self):
        super().setUp()
        self.scratch = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="sallyport-test-")))
        (self.scratch / "data").write_bytes(DATA)
        self.bounded_by(400)

    def test_curl_transfers_both_ways_in_both_modes(self):
        for percent in LOSSES:
            for server, host, address in ("carol", "alice", lab.CAROL), ("bob", "dave", lab.BOB_GLOBAL):
                with vsftpd(the_lab, server) as root, losing(percent):
                    (root / "data").write_bytes(DATA)
                    for name, command in MODES.items():
                        with self.subTest(name, percent=percent, host=host):
                            self.both_ways(root, host, address, command)

    def both_ways(self, root, host, address, command):
        received, stored = self.scratch / "received", root / "upload" / "sent"
        the_lab.run(host, *command, "-o", received, f"ftp://{address}/data", timeout=70)
        self.assertEqual(received.read_bytes(), DATA)
        the_lab.run(host, *command, "-T", self.scratch / "data", f"ftp://{address}/upload/sent", timeout=70)
        self.eventually(lambda: stored.stat().st_size == len(DATA), "the upload did not end", seconds=20)
        self.assertEqual(stored.read_bytes(), DATA)
        received.unlink()
        stored.unlink()

    def test_lftp_transfers_on_one_control_connection(self):
        for percent in LOSSES:
            with vsftpd(the_lab, "carol") as root, losing(percent) as lost:
                (root / "data").write_bytes(DATA)
                for setting in "passive-mode off", "passive-mode on":
                    with self.subTest(setting, percent=percent):
                        self.lftp(setting)
                if percent:
                    self.assertGreater(lost(), 0)

    def lftp(self, setting):
        script = self.scratch / "script"
        lines = ["set net:max-retries 1", "set net:timeout 60", "set cmd:fail-exit yes", "set xfer:clobber yes"]
        lines += [f"set ftp:{setting}", f"open ftp://{lab.CAROL}"]
        lines += [f"get data -o {self.scratch}/out{number}" for number in range(TRANSFERS)]
        script.write_text("\n".join(lines) + "\n")
        the_lab.run("alice", "lftp", "-f", script, timeout=60 + 10 * TRANSFERS)
        for number in range(TRANSFERS):
            out = self.scratch / f"out{number}"
            self.assertEqual(out.read_bytes(), DATA)
            out.unlink()


@lab.sallyport_only
class Bulk(lab.LabTestCase):
    """A hundred megabytes on the port of a control session."""

    def send(self, path, size, digest, host="alice", server="carol", address=lab.CAROL):
        with the_lab.start(server, "python3", lab.PROGRAMS / "sink.py", 21) as sink:
            await_listener(the_lab, server, 21)
            the_lab.run(host, "python3", lab.PROGRAMS / "source.py", address, 21, path, timeout=PATIENCE)
            self.assertEqual(sink.finish(20).split(), [str(size), digest])

    def counts(self):
        return the_lab.show_json("vtcp")["slowPaths"][0]

    def test_a_stranger_passes_whole_whatever_is_lost(self):
        for percent in LOSSES:
            self.bounded_by(PATIENCE + 20)
            before = gateways.count(the_lab, "ftp")["steppedAside"].get("stranger", 0)
            with self.subTest(percent=percent), file_of(BULK[percent]) as (_, path, digest), losing(percent) as lost:
                self.send(path, BULK[percent] << 20, digest)
                if percent:
                    self.assertGreater(lost(), 0)
            self.assertEqual(gateways.count(the_lab, "ftp")["steppedAside"]["stranger"], before + 1)

    def test_commands_without_end_pass_whole_through_virtual_tcp_whatever_is_lost(self):
        for percent in LOSSES:
            self.bounded_by(PATIENCE + 20)
            before = self.counts()
            with self.subTest(percent=percent), tempfile.NamedTemporaryFile(prefix="sallyport-test-") as file:
                digest, size = hashlib.sha256(), 0
                while size < BULK[percent] << 20:
                    lines = b"".join(b"NOOP %012d %s\r\n" % (size + n, b"x" * 980) for n in range(1000))
                    file.write(lines)
                    digest.update(lines)
                    size += len(lines)
                file.flush()
                os.chmod(file.name, 0o644)
                with losing(percent) as lost:
                    self.send(file.name, size, digest.hexdigest())
                    if percent:
                        self.assertGreater(lost(), 0)
                after = self.counts()
                if percent:
                    self.assertGreater(after["retransmissions"], before["retransmissions"])
                self.assertEqual(after["overflows"], before["overflows"])
