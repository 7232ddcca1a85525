"""Fragments: followed without reassembly, in any order, refused where they lie, and made where a link is narrow."""

import hashlib
import random

import lab
import packets
from captures import capture
from payload import file_of
from servers import await_listener, observer, receiver

PORT = 7680
DATA = random.Random(791).randbytes(4000)


def setUpModule():
    lab.shared()


def digest(data):
    """What receive.py and ask.py print of a datagram."""
    return [str(len(data)), hashlib.sha256(data).hexdigest()]


class WholeDatagrams(lab.LabTestCase):
    def test_large_pings_are_answered_from_both_sides(self):
        for host, target in ("alice", lab.CAROL), ("bob", lab.DAVE), ("dave", lab.BOB_GLOBAL), ("red", lab.CAROL):
            for size in 1473, 4000, 20000:
                with self.subTest(host=host, size=size):
                    lab.shared().run(host, "ping", "-q", "-c", "2", "-i", "0.1", "-s", size, target)

    def test_large_datagrams_arrive_and_are_answered_whole(self):
        for server, host, address in ("carol", "alice", lab.CAROL), ("bob", "dave", lab.BOB_GLOBAL):
            with self.subTest(host), receiver(lab.shared(), server, PORT, "--echo"):
                sizes = 1472, 1473, 2952, 8000, 20000
                program = "python3", lab.PROGRAMS / "echo_sizes.py", address, PORT, *sizes
                self.assertEqual(lab.shared().run(host, *program).stdout.split(), ["same"] * len(sizes))

    def test_many_large_datagrams_of_several_hosts_do_not_mix(self):
        with receiver(lab.shared(), "carol", PORT, "--echo"):
            program = "python3", lab.PROGRAMS / "echo_sizes.py", lab.CAROL, PORT, *[5000] * 200
            asking = [lab.shared().start(host, *program) for host in ("alice", "bob", "red")]
            with asking[0], asking[1], asking[2]:
                for running in asking:
                    self.assertEqual(running.finish(40).split(), ["same"] * 200)


class Orders(lab.LabTestCase):
    """Fragments as no kernel sends them: the judge is carol's kernel, which puts them together, or must not."""

    CUTS = (1480, 2960)

    def outbound(self, identification, data=DATA, cuts=CUTS, port=PORT):
        """Fragments of a datagram from alice to carol, in order."""
        message = packets.udp(lab.ALICE, 40000, lab.CAROL, port, data)
        return packets.fragments(lab.ALICE, lab.CAROL, packets.UDP, message, cuts, identification)

    def arrives(self, fragments, data=DATA):
        """Sends fragments from alice; whether carol gets the one datagram that they are."""
        with receiver(lab.shared(), "carol", PORT) as running:
            lab.shared().inject("alice", [*fragments, 0.3])
            heard = [line.split() for line in running.stop().splitlines()]
        for address, *rest in heard:
            self.assertIn(address, lab.POOL)
            self.assertEqual(rest[1:], digest(data))
        self.assertLessEqual(len(heard), 1)
        return len(heard) == 1

    def counted(self, reason):
        return lab.shared().drops(reason) if lab.PEER == "sallyport" else 0

    def test_every_order_of_three_arrives(self):
        for number, order in enumerate(((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0))):
            with self.subTest(order):
                sent = self.outbound(1000 + number)
                self.assertTrue(self.arrives([sent[index] for index in order]))

    def test_a_first_fragment_that_comes_late_brings_the_others_along(self):
        first, *rest = self.outbound(1100)
        self.assertTrue(self.arrives([*rest, 0.5, first]))

    def test_a_doubled_fragment_does_no_harm(self):
        first, second, third = self.outbound(1101)
        self.assertTrue(self.arrives([first, second, second, third]))

    def test_many_small_fragments_in_random_order_arrive(self):
        sent = self.outbound(1102, cuts=range(272, 4000, 272))
        self.assertLessEqual(len(sent), 16)
        random.Random(1).shuffle(sent)
        self.assertTrue(self.arrives(sent))

    @lab.sallyport_only
    def test_more_fragments_than_the_limit_are_dropped_and_counted(self):
        before = self.counted("fragments-too-many")
        self.assertFalse(self.arrives(self.outbound(1103, cuts=range(200, 4000, 200))))
        self.assertGreater(self.counted("fragments-too-many"), before)

    def test_overlapping_fragments_never_become_a_datagram(self):
        message = packets.udp(lab.ALICE, 40000, lab.CAROL, PORT, DATA)
        whole = self.outbound(1104)
        liar = packets.ipv4(
            lab.ALICE, lab.CAROL, packets.UDP, message[1472:2944], identification=1104, offset=1472,
            flags=packets.MORE_FRAGMENTS,
        )
        before = self.counted("fragment-overlap")
        self.assertFalse(self.arrives([whole[0], liar, whole[1], whole[2]]))
        if lab.PEER == "sallyport":
            self.assertGreater(self.counted("fragment-overlap"), before)

    @lab.sallyport_only
    def test_a_first_fragment_without_the_whole_transport_header_is_dropped_and_counted(self):
        before = self.counted("fragment-tiny")
        segment = packets.tcp(lab.ALICE, 40001, lab.CAROL, 80, packets.SYN)
        with capture(lab.shared(), "carol") as seen:
            lab.shared().inject(
                "alice", packets.fragments(lab.ALICE, lab.CAROL, packets.TCP, segment, [8], identification=1105)
            )
        self.assertEqual(seen.count("ip.flags.mf == 1 || ip.frag_offset > 0 || tcp"), 0)
        self.assertGreater(self.counted("fragment-tiny"), before)

    @lab.sallyport_only
    def test_a_first_fragment_that_never_comes_leaves_the_others_to_be_dropped_and_counted(self):
        before = self.counted("fragment-timeout")
        self.assertFalse(self.arrives(self.outbound(1106)[1:]))
        self.eventually(
            lambda: self.counted("fragment-timeout") >= before + 2, lab.shared().show("drops", "all"), seconds=8
        )

    @lab.sallyport_only
    def test_a_fragment_beyond_the_end_of_a_datagram_is_dropped_and_counted(self):
        before = self.counted("fragment-malformed")
        with capture(lab.shared(), "carol") as seen:
            lab.shared().inject("alice", [packets.ipv4(
                lab.ALICE, lab.CAROL, packets.UDP, bytes(1000), identification=1107, offset=65528,
            )])
        self.assertEqual(seen.count(f"ip.dst == {lab.CAROL}"), 0)
        self.assertEqual(self.counted("fragment-malformed"), before + 1)

    def test_fragments_reach_a_mapping_from_outside_in_every_order(self):
        for number, order in enumerate(((0, 1, 2), (2, 1, 0), (1, 2, 0))):
            with self.subTest(order), observer(lab.shared(), "carol", port=7681):
                program = "python3", lab.PROGRAMS / "ask.py", "udp", 40100 + number, f"{lab.CAROL}:7681"
                with lab.shared().start("alice", *program, "--then-listen", "2") as asking:
                    address, port = asking.process.stdout.readline().split()
                    message = packets.udp(lab.CAROL, 7681, address, int(port), DATA)
                    sent = packets.fragments(lab.CAROL, address, packets.UDP, message, self.CUTS, 1200 + number)
                    lab.shared().inject("carol", [sent[index] for index in order])
                    heard = [line.split() for line in asking.finish(10).splitlines()]
                self.assertEqual(heard, [["from", lab.CAROL, "7681", *digest(DATA)]])

    def test_uninvited_fragments_from_outside_reach_nobody(self):
        message = packets.udp(lab.DAVE, 7682, "203.0.113.101", 50000, DATA)
        with capture(lab.shared(), "lan", interface="br0") as seen:
            lab.shared().inject(
                "dave", packets.fragments(lab.DAVE, "203.0.113.101", packets.UDP, message, self.CUTS, 1300)
            )
        self.assertEqual(seen.count(f"ip.src == {lab.DAVE}"), 0)

    def test_each_fragment_that_leaves_has_a_right_header_and_the_external_address(self):
        with capture(lab.shared(), "carol") as seen:
            self.arrives(self.outbound(1108))
        rows = seen.select(
            f"ip.dst == {lab.CAROL} && (ip.flags.mf == 1 || ip.frag_offset > 0)", "ip.src", "ip.id",
            "ip.checksum.status", options=["ip.check_checksum:TRUE"],
        )
        self.assertEqual(len(rows), 3)
        self.assertEqual(len({(source, identification) for source, identification, _ in rows}), 1)
        self.assertIn(rows[0][0], lab.POOL)
        self.assertEqual({status for *_, status in rows}, {"1"})


NARROW = """
access-list 10 permit 10.10.10.0 0.0.0.255
ip nat pool ONE 203.0.113.100 203.0.113.100 prefix-length 24
ip nat inside source list 10 pool ONE overload
"""
OUTSIDE_MTU, INSIDE_MTU = 1300, 1400


@lab.sallyport_only
class Cutting(lab.LabTestCase):
    """Both links of the gateway are narrower than the hosts believe."""

    @classmethod
    def setUpClass(cls):
        name = f"{lab.NAME}-cut"
        # The largest datagram is 45 fragments; IOS's limit is 16.
        inside, outside = (
            f" ip mtu {mtu}\n ip virtual-reassembly max-fragments 64\n" for mtu in (INSIDE_MTU, OUTSIDE_MTU)
        )
        text = lab.configuration(name, statements=NARROW, inside=inside, outside=outside)
        cls.lab = lab.Lab(name, text).up()
        cls.addClassCleanup(cls.lab.down)
        for host in "alice", "carol":
            # They leave "Don't Fragment" clear and discover no path MTU.
            cls.lab.run(host, "sysctl", "-qw", "net.ipv4.ip_no_pmtu_disc=1")
        cls.lab.add_addresses("alice", "10.10.10.20")

    def set_offloads(self, state):
        for host in "alice", "carol":
            self.lab.run(host, "ethtool", "-K", "eth0", "tx", state, "tso", state, "gso", state)

    def test_a_datagram_that_may_be_cut_arrives_whole_and_in_proper_fragments_both_ways(self):
        # So that every checksum is really there for tshark to see.
        self.set_offloads("off")
        with receiver(self.lab, "carol", PORT, "--echo"), capture(self.lab, "carol") as carol:
            with capture(self.lab, "alice") as alice:
                sizes = 1200, 1272, 1273, 1372, 1373, 1472, 1473, 4000, 20000, 65507
                program = "python3", lab.PROGRAMS / "echo_sizes.py", lab.CAROL, PORT, *sizes
                self.assertEqual(self.lab.run("alice", *program).stdout.split(), ["same"] * len(sizes))
        for seen, receiver_address, mtu in (carol, lab.CAROL, OUTSIDE_MTU), (alice, lab.ALICE, INSIDE_MTU):
            rows = seen.select(
                f"ip.dst == {receiver_address}", "ip.len", "ip.flags.mf", "ip.frag_offset", "ip.checksum.status",
                options=["ip.check_checksum:TRUE", "ip.defragment:FALSE"],
            )
            self.assertLessEqual(max(int(length) for length, *_ in rows), mtu)
            self.assertEqual({status for *_, status in rows}, {"1"})
            cut = [row for row in rows if row[1] in ("1", "True")]
            self.assertGreater(len(cut), 10)
            for length, *_ in cut:
                self.assertEqual((int(length) - 20) % 8, 0)
            # Put together again, each has a right UDP checksum.
            whole = seen.select(
                f"udp && ip.dst == {receiver_address}", "udp.checksum.status", options=["udp.check_checksum:TRUE"]
            )
            self.assertEqual(len(whole), len(sizes))
            self.assertEqual({status for (status,) in whole}, {"1"})

    def test_connections_that_may_be_cut_carry_a_file_with_offloads_on_and_off(self):
        for state in "on", "off":
            self.set_offloads(state)
            with self.subTest(offloads=state), file_of(4) as (_, path, expected), \
                    capture(self.lab, "carol", snap=80) as seen:
                with self.lab.start("carol", "python3", lab.PROGRAMS / "sink.py", 9300) as sink:
                    await_listener(self.lab, "carol", 9300)
                    program = "python3", lab.PROGRAMS / "source.py", lab.CAROL, 9300, path
                    self.lab.run("alice", *program, timeout=60)
                    self.assertEqual(sink.finish(30).split(), [str(4 << 20), expected])
            self.assertGreater(seen.count("ip.flags.mf == 1"), 100, "nothing was cut")

    def test_a_datagram_that_must_not_be_cut_is_refused_with_the_mtu(self):
        output = self.lab.run(
            "bob", "ping", "-n", "-c", "1", "-W", "1", "-M", "do", "-s", "1372", lab.CAROL, check=False
        ).stdout
        self.assertIn(f"mtu = {OUTSIDE_MTU}", output)

    def test_equal_identifications_of_two_hosts_behind_one_address_become_different(self):
        sources = lab.ALICE, "10.10.10.20"
        with receiver(self.lab, "carol", PORT) as running, capture(self.lab, "carol") as seen:
            sent = [
                packets.fragments(
                    source, lab.CAROL, packets.UDP, packets.udp(source, 41000 + index, lab.CAROL, PORT, data),
                    [1480, 2960], identification=77,
                )
                for index, (source, data) in enumerate(zip(sources, (DATA, DATA[::-1])))
            ]
            # Interleaved, so that equal identifications would mix the two.
            self.lab.inject("alice", [*(packet for pair in zip(*sent) for packet in pair), 0.3])
            heard = {tuple(line.split()[2:]) for line in running.stop().splitlines()}
        self.assertEqual(heard, {tuple(digest(DATA)), tuple(digest(DATA[::-1]))})
        rows = seen.select(
            "ip.flags.mf == 1 || ip.frag_offset > 0", "ip.src", "ip.id", options=["ip.defragment:FALSE"]
        )
        self.assertEqual({source for source, _ in rows}, {"203.0.113.100"})
        self.assertEqual(len({identification for _, identification in rows}), 2)


REFUSING = """
access-list 10 permit 10.10.10.0 0.0.0.255
ip nat pool OUT 203.0.113.100 203.0.113.103 prefix-length 24
ip nat inside source list 10 pool OUT overload
"""


@lab.sallyport_only
class Refusing(lab.LabTestCase):
    def test_an_interface_may_refuse_fragments_and_the_other_go_on(self):
        name = f"{lab.NAME}-nofrag"
        text = lab.configuration(name, statements=REFUSING, inside=" ip virtual-reassembly in drop-fragments\n")
        with lab.Lab(name, text) as the_lab:
            result = the_lab.run("alice", "ping", "-q", "-c", "1", "-W", "1", "-s", "4000", lab.CAROL, check=False)
            self.assertNotEqual(result.returncode, 0)
            self.assertEqual(the_lab.drops("fragments-refused"), 3)
            the_lab.run("alice", "ping", "-q", "-c", "1", lab.CAROL)
            # Inbound fragments arrive at the outside interface, which takes them.
            with observer(the_lab, "carol", port=7681):
                program = "python3", lab.PROGRAMS / "ask.py", "udp", 40200, f"{lab.CAROL}:7681", "--then-listen", "1"
                with the_lab.start("alice", *program) as asking:
                    address, port = asking.process.stdout.readline().split()
                    message = packets.udp(lab.CAROL, 7681, address, int(port), DATA)
                    the_lab.inject("carol", packets.fragments(
                        lab.CAROL, address, packets.UDP, message, [1480, 2960], 1400))
                    heard = [line.split() for line in asking.finish(10).splitlines()]
            self.assertEqual(heard, [["from", lab.CAROL, "7681", *digest(DATA)]])
