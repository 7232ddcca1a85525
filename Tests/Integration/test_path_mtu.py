"""Path MTU discovery across a link behind the gateway that takes 1400 octets: alice is told in her own terms."""

import subprocess

import lab
from captures import capture
from payload import file_of
from servers import await_listener

FAR = "198.51.100.10"
LINK_MTU = 1400


def setUpModule():
    lab.shared()


@lab.sallyport_only
class NarrowInterface(lab.LabTestCase):
    """The gateway's own outside interface is the narrow link, so it is the one that tells."""

    @classmethod
    def setUpClass(cls):
        name = f"{lab.NAME}-narrow"
        cls.lab = lab.Lab(name, lab.configuration(name, outside=f" ip mtu {LINK_MTU}\n")).up()
        cls.addClassCleanup(cls.lab.down)

    def test_a_packet_that_must_not_be_fragmented_is_answered_with_the_mtu(self):
        output = self.lab.run(
            "alice", "ping", "-n", "-c", "2", "-i", "0.2", "-W", "1", "-M", "do", "-s", "1472", lab.CAROL, check=False
        ).stdout
        self.assertIn(f"From {lab.GATEWAY_INSIDE} icmp_seq=1 Frag needed and DF set (mtu = {LINK_MTU})", output)

    def test_a_packet_that_fits_exactly_passes_and_one_octet_more_does_not(self):
        # 28 octets of IPv4 and ICMP headers.
        for size, passes in (LINK_MTU - 28, True), (LINK_MTU - 27, False):
            result = self.lab.run(
                "bob", "ping", "-q", "-c", "1", "-W", "1", "-M", "do", "-s", str(size), lab.CAROL, check=False
            )
            self.assertEqual(result.returncode == 0, passes, f"{size} octets: {result.stdout}")

    def test_a_transfer_completes_with_offloads_on_and_off(self):
        for state in "on", "off":
            with self.subTest(offloads=state), file_of(16) as (_, path, expected):
                self.lab.run("alice", "ethtool", "-K", "eth0", "tx", state, "tso", state, "gso", state)
                self.lab.run("alice", "ip", "route", "flush", "cache")
                with self.lab.start("carol", "python3", lab.PROGRAMS / "sink.py", 9200) as sink:
                    await_listener(self.lab, "carol", 9200)
                    program = "python3", lab.PROGRAMS / "source.py", lab.CAROL, 9200, path
                    self.lab.run("alice", *program, timeout=60)
                    self.assertEqual(sink.finish(20).split(), [str(16 << 20), expected])


class PathMTU(lab.LabTestCase):
    """A router behind the gateway has the narrow link.

    The path: alice, gateway, the router hop at 203.0.113.200, the host far at 198.51.100.10.
    """

    @classmethod
    def setUpClass(cls):
        cls.hop, cls.far = f"{lab.NAME}-hop", f"{lab.NAME}-far"
        cls.remove()
        cls.addClassCleanup(cls.remove)
        wan = f"{lab.NAME}-wan"
        for name in cls.hop, cls.far:
            cls.ip("netns", "add", name)
            cls.ip("-n", name, "link", "set", "lo", "up")
        cls.ip("-n", wan, "link", "add", "hop", "type", "veth", "peer", "name", "eth0", "netns", cls.hop)
        cls.ip("-n", wan, "link", "set", "hop", "master", "br0", "up")
        cls.ip("-n", cls.hop, "link", "add", "eth1", "type", "veth", "peer", "name", "eth0", "netns", cls.far)
        # Only hop's end is narrow: far itself announces segments of 1460 octets, so that alice must be told.
        cls.ip("-n", cls.hop, "link", "set", "eth1", "mtu", str(LINK_MTU))
        for name, device, address in (
            (cls.hop, "eth0", "203.0.113.200/24"), (cls.hop, "eth1", "198.51.100.1/24"), (cls.far, "eth0", f"{FAR}/24")
        ):
            cls.ip("-n", name, "address", "add", address, "dev", device)
            cls.ip("-n", name, "link", "set", device, "up")
        cls.ip("-n", cls.far, "route", "add", "default", "via", "198.51.100.1")
        cls.ip("netns", "exec", cls.hop, "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=0")

    @classmethod
    def remove(cls):
        for name in cls.hop, cls.far:
            subprocess.run(["ip", "netns", "delete", name], capture_output=True)

    @classmethod
    def ip(cls, *arguments):
        subprocess.run(["ip", *arguments], check=True, capture_output=True, timeout=10)

    def forget_path(self):
        """Alice learns the path's MTU anew."""
        lab.shared().run("alice", "ip", "route", "flush", "cache")

    def send(self, mebibytes):
        """Sends a file from alice to far, and holds that it arrives whole. Returns alice's local port."""
        with file_of(mebibytes) as (_, path, expected):
            sink = lab.Running(["ip", "netns", "exec", self.far, "python3", str(lab.PROGRAMS / "sink.py"), "9100"])
            with sink:
                self.eventually(self.far_listens, "far does not listen")
                program = "python3", lab.PROGRAMS / "source.py", FAR, 9100, path
                port = lab.shared().run("alice", *program, timeout=60).stdout.strip()
                self.assertEqual(sink.finish(20).split(), [str(mebibytes << 20), expected])
        return port

    def far_listens(self):
        command = ["ip", "netns", "exec", self.far, "ss", "-Hltn", "sport = :9100"]
        return subprocess.run(command, text=True, capture_output=True, timeout=10).stdout.strip()

    def test_a_transfer_across_a_narrow_link_completes_and_alice_is_told_in_her_own_terms(self):
        self.forget_path()
        with capture(lab.shared(), "alice", snap=200) as seen:
            port = self.send(16)
        told = seen.select(
            "icmp.type == 3 && icmp.code == 4", "ip.src", "ip.dst", "icmp.mtu", "tcp.srcport", "tcp.dstport"
        )
        self.assertGreater(len(told), 0, "no fragmentation needed reached alice")
        for sources, destinations, mtu, source_port, destination_port in told:
            self.assertEqual(sources, f"203.0.113.200,{lab.ALICE}")
            self.assertEqual(destinations, f"{lab.ALICE},{FAR}")
            self.assertEqual((mtu, source_port, destination_port), (str(LINK_MTU), port, "9100"))

    def test_the_message_that_reaches_alice_has_right_checksums_inside_and_out(self):
        self.forget_path()
        with capture(lab.shared(), "alice") as seen:
            self.send(1)
        told = "icmp.type == 3 && icmp.code == 4"
        self.assertGreater(seen.count(told), 0)
        bad = 'icmp.checksum.status == "Bad" || ip.checksum.status == "Bad"'
        self.assertEqual(seen.count(f"{told} && ({bad})", options=["ip.check_checksum:TRUE"]), 0)

    def test_ping_with_do_not_fragment_learns_the_mtu(self):
        self.forget_path()
        output = lab.shared().run(
            "alice", "ping", "-n", "-c", "2", "-i", "0.2", "-W", "1", "-M", "do", "-s", "1472", FAR, check=False
        ).stdout
        self.assertIn(f"mtu = {LINK_MTU}", output)
        fits = lab.shared().run("alice", "ping", "-q", "-c", "2", "-i", "0.1", "-M", "do", "-s", "1372", FAR).stdout
        self.assertIn(" 0% packet loss", fits)
