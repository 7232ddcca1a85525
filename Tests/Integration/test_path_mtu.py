"""Path MTU discovery across a link behind the gateway that takes 1400 octets: alice is told in her own terms."""

import lab
from captures import capture
from narrow import FAR, LINK_MTU, narrow_path
from payload import file_of
from servers import await_listener


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
    """A router behind the gateway has the narrow link."""

    @classmethod
    def setUpClass(cls):
        cls.far = cls.enterClassContext(narrow_path(lab.NAME))

    def forget_path(self):
        """Alice learns the path's MTU anew."""
        lab.shared().run("alice", "ip", "route", "flush", "cache")

    def send(self, mebibytes):
        """Sends a file from alice to far, and holds that it arrives whole. Returns alice's local port."""
        with file_of(mebibytes) as (_, path, expected):
            with self.far.start("far", "python3", lab.PROGRAMS / "sink.py", 9100) as sink:
                await_listener(self.far, "far", 9100)
                program = "python3", lab.PROGRAMS / "source.py", FAR, 9100, path
                port = lab.shared().run("alice", *program, timeout=60).stdout.strip()
                self.assertEqual(sink.finish(20).split(), [str(mebibytes << 20), expected])
        return port

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
