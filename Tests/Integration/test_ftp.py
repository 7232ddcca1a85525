"""FTP through the gateway: real servers and clients on either side, under every kind of translation."""

import contextlib
import hashlib
import os
import pathlib
import subprocess
import tempfile

import gateways
import lab
from captures import capture
from servers import vsftpd

# curl's options for each way to a data connection: EPRT and PORT are active, EPSV and PASV passive.
MODES = {
    "EPSV": (), "PASV": ("--disable-epsv",), "EPRT": ("--ftp-port", "-"), "PORT": ("--ftp-port", "-", "--disable-eprt"),
}
IN_A_ROW = 1000 if lab.LONG else 200
VERIFY = tuple(f"{protocol}.check_checksum:TRUE" for protocol in ("ip", "tcp"))
BAD = 'ip.checksum.status == "Bad" || tcp.checksum.status == "Bad" || _ws.malformed'
OFFLOADS = "tx", "tso", "gso"

DATA = os.urandom(3 << 20)


def setUpModule():
    global the_lab
    if lab.PEER == "sallyport":
        the_lab = gateways.raise_lab("ftp")
        lab.unittest.addModuleCleanup(the_lab.down)


def digest(octets):
    return hashlib.sha256(octets).hexdigest()


class FTP(lab.LabTestCase):
    lab = None

    def setUp(self):
        super().setUp()
        self.lab = self.lab or the_lab
        self.scratch = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="sallyport-test-")))
        (self.scratch / "data").write_bytes(DATA)

    @contextlib.contextmanager
    def serving(self, host, **options):
        """A server with one file, named data."""
        with vsftpd(self.lab, host, **options) as root:
            (root / "data").write_bytes(DATA)
            yield root

    def curl(self, host, *arguments, check=True):
        return self.lab.run(host, "curl", "-sS", "--max-time", "20", *arguments, check=check)

    def transfer(self, root, host, address, options, source=None, port=21):
        """A file comes and another goes, whole."""
        bind = () if source is None else ("--interface", source)
        url = f"ftp://{address}:{port}"
        if source is not None and "-" in options:
            options = tuple(source if option == "-" else option for option in options)
        received, stored = self.scratch / "received", root / "upload" / "sent"
        received.unlink(missing_ok=True)
        stored.unlink(missing_ok=True)
        self.curl(host, *bind, *options, "-o", received, f"{url}/data")
        self.assertEqual(digest(received.read_bytes()), digest(DATA))
        self.curl(host, *bind, *options, "-T", self.scratch / "data", f"{url}/upload/sent")
        self.eventually(lambda: stored.exists() and stored.stat().st_size == len(DATA), "the upload did not end")
        self.assertEqual(digest(stored.read_bytes()), digest(DATA))

    def every_mode(self, root, host, address, **options):
        for name, mode in MODES.items():
            with self.subTest(name):
                self.transfer(root, host, address, mode, **options)

    def no_doors(self):
        self.eventually(lambda: gateways.doors(self.lab) == [], f"doors are left open: {gateways.doors(self.lab)}")


@lab.sallyport_only
class ClientInside(FTP):
    def test_behind_a_pool_that_hosts_share(self):
        with self.serving("carol") as root:
            self.every_mode(root, "alice", lab.CAROL)
        self.no_doors()

    def test_behind_a_static_address(self):
        with self.serving("carol") as root:
            self.every_mode(root, "bob", lab.CAROL)
        self.no_doors()

    def test_behind_a_pool_with_an_address_for_each_host(self):
        with self.serving("carol") as root, capture(the_lab, "carol", snap=200) as seen:
            self.every_mode(root, "alice", lab.CAROL, source=gateways.SINGLE)
        self.assertLessEqual({row[0] for row in seen.select("ftp.active.cip", "ftp.active.cip")}, gateways.SINGLE_POOL)
        self.no_doors()

    def test_in_an_instance_with_the_addresses_of_another(self):
        with self.serving("carol") as root:
            self.every_mode(root, "red", lab.CAROL)
            self.every_mode(root, "alice", lab.CAROL)
        self.no_doors()

    def test_at_another_port_by_an_access_list_and_then_not_at_the_usual_one(self):
        before = gateways.count(the_lab, "ftp")["sessions"]
        with self.serving("dave", port=gateways.OTHER_PORT) as root:
            self.every_mode(root, "alice", lab.DAVE, port=gateways.OTHER_PORT)
        self.assertEqual(gateways.count(the_lab, "ftp")["sessions"], before + 8)
        with self.serving("dave"):
            result = self.curl("alice", *MODES["PORT"], f"ftp://{lab.DAVE}/data", "-o", "/dev/null", check=False)
            self.assertEqual(result.returncode, 30, result.stderr)
        # And another server's is no control session.
        with self.serving("carol", port=gateways.OTHER_PORT):
            result = self.curl(
                "alice", *MODES["PORT"], f"ftp://{lab.CAROL}:{gateways.OTHER_PORT}/data", "-o", "/dev/null", check=False
            )
            self.assertEqual(result.returncode, 30, result.stderr)
        self.assertEqual(gateways.count(the_lab, "ftp")["sessions"], before + 8)

    def test_what_the_server_is_told_is_the_endpoint_that_the_door_has(self):
        with self.serving("carol") as root, capture(the_lab, "carol") as outside, capture(the_lab, "alice") as inside:
            with gateways.trace(the_lab, "--json", "--gateway", "ftp") as told:
                for mode in "EPRT", "PORT":
                    self.transfer(root, "alice", lab.CAROL, MODES[mode])
        before = inside.select("ftp.active.cip || ftp.eprt.ip", "ftp.active.cip", "ftp.eprt.ip", "ftp.active.port",
                               "ftp.eprt.port")
        after = outside.select("ftp.active.cip || ftp.eprt.ip", "ftp.active.cip", "ftp.eprt.ip", "ftp.active.port",
                               "ftp.eprt.port")
        self.assertEqual((len(before), len(after)), (4, 4))
        self.assertEqual({row[0] or row[1] for row in before}, {lab.ALICE})
        self.assertLessEqual({row[0] or row[1] for row in after}, lab.POOL)
        # The server connects to the very endpoint it was told, and the client is reached at the one that it told.
        for seen, rows, server in (outside, after, lab.CAROL), (inside, before, lab.CAROL):
            opened = seen.select(f"tcp.flags.syn == 1 && tcp.flags.ack == 0 && ip.src == {server}", "ip.dst",
                                 "tcp.dstport")
            self.assertEqual(set(opened), {(row[0] or row[1], row[2] or row[3]) for row in rows})
            self.assertEqual(seen.count("_ws.malformed"), 0)
        edits = [edit for event in told.events for edit in event["edits"]]
        self.assertEqual(sorted(edit["field"] for edit in edits), ["EPRT", "EPRT", "PORT", "PORT"])
        self.assertEqual(sum(len(event["doors"]) for event in told.events), 4)


@lab.sallyport_only
class ServerInside(FTP):
    def test_behind_a_static_address(self):
        with self.serving("bob") as root:
            self.every_mode(root, "dave", lab.BOB_GLOBAL)
        self.no_doors()

    def test_behind_an_entry_for_its_port_only(self):
        with self.serving("alice", listen_address=gateways.PORTED) as root:
            self.every_mode(root, "dave", gateways.PORTED_GLOBAL)
        self.no_doors()

    def test_in_an_instance_with_the_addresses_of_another(self):
        with self.serving("red") as root:
            self.every_mode(root, "dave", lab.RED_GLOBAL)
        self.no_doors()

    def test_at_another_port_by_an_access_list(self):
        with self.serving("alice", port=gateways.OTHER_PORT, listen_address=gateways.LISTED) as root:
            self.every_mode(root, "carol", gateways.LISTED_GLOBAL, port=gateways.OTHER_PORT)
        self.no_doors()

    def test_reached_from_inside_by_its_outside_address(self):
        with self.serving("bob") as root:
            self.every_mode(root, "alice", lab.BOB_GLOBAL)
        self.no_doors()

    def test_what_the_client_is_told_is_the_endpoint_that_the_door_has(self):
        with self.serving("alice", listen_address=gateways.PORTED) as root, capture(the_lab, "dave") as outside:
            with capture(the_lab, "alice") as inside:
                for mode in "EPSV", "PASV":
                    self.transfer(root, "dave", gateways.PORTED_GLOBAL, MODES[mode])
        told = inside.select("ftp.passive.ip", "ftp.passive.ip", "ftp.passive.port")
        heard = outside.select("ftp.passive.ip", "ftp.passive.ip", "ftp.passive.port")
        self.assertEqual([row[0] for row in told], [gateways.PORTED] * 2)
        self.assertEqual([row[0] for row in heard], [gateways.PORTED_GLOBAL] * 2)
        ports = [row[1] for row in heard] + [row[0] for row in outside.select("ftp.epsv.port", "ftp.epsv.port")]
        opened = outside.select(
            f"tcp.flags.syn == 1 && tcp.flags.ack == 0 && ip.src == {lab.DAVE} && tcp.dstport != 21", "tcp.dstport")
        self.assertEqual(sorted(row[0] for row in opened), sorted(ports))
        self.assertEqual(outside.count("_ws.malformed") + inside.count("_ws.malformed"), 0)


@lab.sallyport_only
class ManyTransfers(FTP):
    def lftp(self, host, address, files, *settings):
        """Fetches files over one control connection, and compares them."""
        script = self.scratch / "script"
        lines = ["set net:max-retries 1", "set net:timeout 10", "set cmd:fail-exit yes", "set xfer:clobber yes"]
        lines += [f"set {setting}" for setting in settings]
        lines += [f"open ftp://{address}"]
        lines += [f"get {name} -o {self.scratch}/out-{name}" for name in files]
        script.write_text("\n".join(lines) + "\n")
        the_lab.run(host, "lftp", "-f", script, timeout=110)
        for name in files:
            self.assertEqual((self.scratch / f"out-{name}").read_bytes(), name.encode() * 50)
            (self.scratch / f"out-{name}").unlink()

    def in_a_row(self, server, host, address, **options):
        self.bounded_by(60 + IN_A_ROW)
        files = [f"file{number}" for number in range(IN_A_ROW)]
        with self.serving(server, **options) as root:
            for name in files:
                (root / name).write_bytes(name.encode() * 50)
            for setting in "passive-mode off", "passive-mode on":
                with self.subTest(setting):
                    self.lftp(host, address, files, f"ftp:{setting}", "ftp:prefer-epsv no")
        # Where a port comes again within a minute its old session is used and not its door; the next one closes that.
        self.assertLessEqual(len(gateways.doors(the_lab)), 2)
        the_lab.sallyport("clear", "ip", "nat", "translation", "*")
        self.no_doors()

    def test_hundreds_in_a_row_by_a_client_inside(self):
        self.in_a_row("carol", "alice", lab.CAROL)

    def test_hundreds_in_a_row_by_a_client_outside(self):
        self.in_a_row("alice", "dave", gateways.PORTED_GLOBAL, listen_address=gateways.PORTED)


    def test_many_at_once_from_both_sides(self):
        names = [f"file{number}" for number in range(120)]
        # vsftpd's backlog has 32 places. With SYN cookies a connection that finds it full would be one for its client
        # only, who waits for a greeting.
        for host in "alice", "carol":
            the_lab.run(host, "sysctl", "-qw", "net.ipv4.tcp_syncookies=0")
            self.addCleanup(the_lab.run, host, "sysctl", "-qw", "net.ipv4.tcp_syncookies=1")
        with self.serving("carol") as outside, self.serving("alice", listen_address=gateways.PORTED) as inside:
            for root in outside, inside:
                for name in names:
                    (root / name).write_bytes(name.encode() * 500)
            fetching = []
            for host, address, options in (
                ("alice", lab.CAROL, MODES["PORT"]), ("bob", lab.CAROL, MODES["EPRT"]),
                ("red", lab.CAROL, MODES["PORT"]),
                ("dave", gateways.PORTED_GLOBAL, MODES["PORT"]), ("dave", gateways.PORTED_GLOBAL, MODES["PASV"]),
            ):
                directory = self.scratch / f"{len(fetching)}"
                directory.mkdir()
                fetching.append((directory, self.enterContext(the_lab.start(
                    host, "curl", "-sS", "--max-time", "60", "--parallel", "--parallel-max", "40", *options,
                    "--output-dir", directory, "--remote-name-all", *(f"ftp://{address}/{name}" for name in names),
                ))))
            for directory, running in fetching:
                said = running.finish(80)
                self.assertEqual(running.process.returncode, 0, said)
                self.assertEqual({path.name: path.read_bytes() for path in directory.iterdir()},
                                 {name: name.encode() * 500 for name in names})
        the_lab.sallyport("clear", "ip", "nat", "translation", "*")
        self.no_doors()


@lab.sallyport_only
class TwiceNAT(FTP):
    """Hosts outside have other addresses inside, so what the other side says is translated too."""

    DAVE_LOCAL = "10.99.0.11"

    @classmethod
    def setUpClass(cls):
        more = f"ip nat outside source static {lab.DAVE} {cls.DAVE_LOCAL} add-route\n"
        cls.lab = gateways.raise_lab("twice", more=more)
        cls.addClassCleanup(cls.lab.down)

    def test_a_client_inside(self):
        with self.serving("dave") as root, capture(self.lab, "alice") as seen:
            self.every_mode(root, "alice", self.DAVE_LOCAL)
        # What the server said of itself is what alice called it.
        self.assertEqual(set(seen.select("ftp.passive.ip", "ftp.passive.ip")), {(self.DAVE_LOCAL,)})
        self.assertEqual(seen.count(f"ip.addr == {lab.DAVE}"), 0)

    def test_a_server_inside(self):
        with self.serving("bob") as root, capture(self.lab, "bob") as seen:
            self.every_mode(root, "dave", lab.BOB_GLOBAL)
        self.assertEqual(set(seen.select("ftp.active.cip", "ftp.active.cip")), {(self.DAVE_LOCAL,)})
        self.assertEqual(seen.count(f"ip.addr == {lab.DAVE}"), 0)

    def test_a_server_inside_behind_an_entry_for_its_port_only(self):
        with self.serving("alice", listen_address=gateways.PORTED) as root:
            self.every_mode(root, "dave", gateways.PORTED_GLOBAL)


@lab.sallyport_only
class WithoutOffloads(FTP):
    """Hosts compute and verify every checksum themselves."""

    def setUp(self):
        super().setUp()
        for host in "alice", "bob", "carol", "dave":
            self.offloads(host, "off")
            self.addCleanup(self.offloads, host, "on")

    def offloads(self, host, state):
        the_lab.run(host, "ethtool", "-K", "eth0", *(word for name in OFFLOADS for word in (name, state)))

    def test_every_segment_has_right_checksums_and_the_stream_no_gaps(self):
        with capture(the_lab, "carol") as carol, capture(the_lab, "alice") as alice, self.serving("carol") as root:
            self.every_mode(root, "alice", lab.CAROL)
        with capture(the_lab, "dave") as dave, self.serving("bob") as root:
            self.every_mode(root, "dave", lab.BOB_GLOBAL)
        for seen, own in (carol, lab.CAROL), (alice, lab.ALICE), (dave, lab.DAVE):
            self.assertGreater(seen.count("ftp"), 50)
            wrong = seen.select(f"ip.src != {own} && ({BAD})", "frame.number", "_ws.col.Info", options=VERIFY)
            self.assertEqual(wrong, [])
            wrong = "tcp.port == 21 && (tcp.analysis.ack_lost_segment || tcp.analysis.lost_segment)"
            self.assertEqual(seen.count(wrong), 0)


@lab.sallyport_only
class Encrypted(FTP):
    def test_after_auth_tls_the_control_session_passes_untouched_on_the_fast_path(self):
        certificate = self.scratch / "certificate.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=carol",
             "-keyout", self.scratch / "key", "-out", self.scratch / "chain"], check=True, capture_output=True,
        )
        certificate.write_bytes((self.scratch / "key").read_bytes() + (self.scratch / "chain").read_bytes())
        before, released = gateways.count(the_lab, "ftp"), self.released()
        with self.serving("carol", certificate=certificate) as root:
            self.transfer(root, "alice", lab.CAROL, ("--ssl-reqd", "--insecure"))
            self.transfer(root, "alice", lab.CAROL, ("--ftp-ssl-control", "--insecure"))
        after = gateways.count(the_lab, "ftp")
        self.assertEqual(after["steppedAside"]["encrypted"] - before["steppedAside"].get("encrypted", 0), 4)
        self.assertEqual(after["malformed"], before["malformed"])
        self.assertEqual(self.released() - released, 4)
        # Of the session only its opening was seen.
        self.assertLess(after["packets"] - before["packets"], 4 * 20)

    def released(self):
        return sum(each["released"] for each in the_lab.show_json("vtcp")["slowPaths"])
