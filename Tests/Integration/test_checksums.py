"""The same traffic with checksum and segmentation offloads off at the hosts, where every checksum is really there.

With offloads on, a veth or TAP end never verifies a checksum the sender left partial, so a translator that forgets
to update it delivers everything. Here the receiving kernels verify each, and tshark does so beside them.
"""

import lab
from captures import capture
from payload import file_of
from servers import await_listener, dnsmasq, iperf3, nginx, receiver

HOSTS = "alice", "bob", "red", "carol", "dave"
VERIFY = tuple(f"{protocol}.check_checksum:TRUE" for protocol in ("ip", "tcp", "udp"))
BAD = " || ".join(f'{protocol}.checksum.status == "Bad"' for protocol in ("ip", "tcp", "udp", "icmp"))


def setUpModule():
    lab.shared()


class Checksums(lab.LabTestCase):
    def setUp(self):
        super().setUp()
        for host in HOSTS:
            self.set_offloads(host, "off")
            self.addCleanup(self.set_offloads, host, "on")

    def set_offloads(self, host, state):
        lab.shared().run(host, "ethtool", "-K", "eth0", "tx", state, "tso", state, "gso", state)

    def errors(self):
        """Checksum errors all hosts have counted so far, by host and counter."""
        result = {}
        for host in HOSTS:
            for name, value in lab.shared().counters(host).items():
                if name.endswith("InCsumErrors") or name == "IpInHdrErrors":
                    result[host, name] = value
        self.assertGreaterEqual(len(result), 4 * len(HOSTS), "nstat names the counters otherwise here")
        return result

    def test_the_counters_watched_do_count(self):
        before = self.errors()
        lab.shared().run("carol", "python3", lab.PROGRAMS / "wrong_checksum.py", lab.DAVE, 7300)
        # The kernel verifies a datagram's checksum only for a socket that wants it.
        with lab.shared().start("dave", "python3", lab.PROGRAMS / "observer.py", 7300):
            await_listener(lab.shared(), "dave", 7300, "udp")
            lab.shared().run("carol", "python3", lab.PROGRAMS / "wrong_checksum.py", lab.DAVE, 7300)
            self.eventually(
                lambda: self.errors()["dave", "UdpInCsumErrors"] > before["dave", "UdpInCsumErrors"],
                "a wrong checksum was not counted",
            )

    def test_everything_arrives_with_right_checksums_when_hosts_do_not_offload(self):
        the_lab, before = lab.shared(), self.errors()
        with capture(the_lab, "carol", snap=0) as outside, capture(the_lab, "alice") as inside:
            with nginx(the_lab, "carol"), dnsmasq(the_lab, "carol", lab.CAROL, www="192.0.2.80"):
                for host in "alice", "bob", "red":
                    the_lab.run(host, "curl", "-sS", "-o", "/dev/null", f"http://{lab.CAROL}/?[1-50]")
                    the_lab.run(host, "dig", "+tries=1", f"@{lab.CAROL}", "www.lab.example")
                    the_lab.run(host, "ping", "-q", "-c", "5", "-i", "0.05", lab.CAROL)
                    # Carol's "port unreachable", whose quoted header is translated too.
                    the_lab.run(host, "bash", "-c", f"echo x >/dev/udp/{lab.CAROL}/9; sleep 0.1")
            with nginx(the_lab, "bob"):
                the_lab.run("carol", "curl", "-sS", "-o", "/dev/null", f"http://{lab.BOB_GLOBAL}/?[1-50]")
        self.assertGreater(outside.count("tcp || udp || icmp"), 100)
        self.assertEqual(outside.select(f"ip.src#1 != {lab.CAROL} && ({BAD})", options=VERIFY), [])
        self.assertEqual(inside.select(f"ip.src#1 != {lab.ALICE} && ({BAD})", options=VERIFY), [])
        self.assertEqual(self.errors(), before)

    def test_datagrams_in_fragments_have_right_checksums_when_hosts_do_not_offload(self):
        the_lab, before = lab.shared(), self.errors()
        program = "python3", lab.PROGRAMS / "echo_sizes.py"
        with receiver(the_lab, "carol", 7301, "--echo"), receiver(the_lab, "bob", 7301, "--echo"):
            for host, server in ("alice", lab.CAROL), ("red", lab.CAROL), ("dave", lab.BOB_GLOBAL):
                answered = the_lab.run(host, *program, server, 7301, *range(1400, 6000, 400)).stdout.split()
                self.assertEqual(answered, ["same"] * 12)
        self.assertEqual(self.errors(), before)

    @lab.sallyport_only
    def test_hairpins_have_right_checksums_when_hosts_do_not_offload(self):
        the_lab, before = lab.shared(), self.errors()
        with file_of(8) as (directory, _, expected), nginx(the_lab, "bob", files=directory):
            with receiver(the_lab, "bob", 7302, "--echo"), capture(the_lab, "bob", snap=200) as seen:
                for host in "alice", "red":
                    fetch = f"set -o pipefail; curl -sS http://{lab.BOB_GLOBAL}/files/payload | sha256sum"
                    self.assertEqual(the_lab.run(host, "bash", "-c", fetch, timeout=60).stdout.split()[0], expected)
                    program = "python3", lab.PROGRAMS / "echo_sizes.py", lab.BOB_GLOBAL, 7302, 30, 1400, 4000
                    self.assertEqual(the_lab.run(host, *program).stdout.split(), ["same"] * 3)
                    the_lab.run(host, "ping", "-q", "-c", "3", "-i", "0.05", lab.BOB_GLOBAL)
        self.assertGreater(seen.count("tcp || udp || icmp"), 100)
        self.assertEqual(self.errors(), before)

    def test_bulk_transfers_arrive_whole_when_hosts_do_not_offload(self):
        the_lab, before = lab.shared(), self.errors()
        with file_of(64) as (directory, _, expected), nginx(the_lab, "carol", files=directory):
            fetch = f"set -o pipefail; curl -sS http://{lab.CAROL}/files/payload | sha256sum"
            self.assertEqual(the_lab.run("alice", "bash", "-c", fetch, timeout=60).stdout.split()[0], expected)
        with iperf3(the_lab, "carol"):
            for options in (), ("--reverse",), ("--udp", "--bitrate", "20M", "--length", "1400"):
                the_lab.run("alice", "iperf3", "--client", lab.CAROL, "--time", "1", *options)
        self.assertEqual(self.errors(), before)

    def test_hosts_of_which_only_one_side_offloads_understand_each_other(self):
        the_lab, before = lab.shared(), self.errors()
        self.set_offloads("carol", "on")
        with file_of(64) as (directory, _, expected):
            for server, client, address in ("carol", "alice", lab.CAROL), ("bob", "carol", lab.BOB_GLOBAL):
                with nginx(the_lab, server, files=directory):
                    fetch = f"set -o pipefail; curl -sS http://{address}/files/payload | sha256sum"
                    self.assertEqual(the_lab.run(client, "bash", "-c", fetch, timeout=60).stdout.split()[0], expected)
        self.assertEqual(self.errors(), before)
