"""What the gateway knows of TCP: unsolicited SYNs, resets that are not, segment sizes (RFC 5382, RFC 7857)."""

import time

import lab
import packets
from captures import capture
from payload import file_of
from servers import await_listener, nginx

STATEMENTS = """
access-list 10 permit 10.10.10.0 0.0.0.255
ip nat pool ONE 203.0.113.100 203.0.113.100 prefix-length 24
ip nat inside source list 10 pool ONE overload
ip nat settings unsolicited-syn 6
ip nat translation finrst-timeout 2
"""
POOL = "203.0.113.100"
SEGMENT = 1200


@lab.sallyport_only
class Connections(lab.LabTestCase):
    @classmethod
    def setUpClass(cls):
        name = f"{lab.NAME}-tcp"
        text = lab.configuration(name, statements=STATEMENTS, outside=f" ip tcp adjust-mss {SEGMENT}\n")
        cls.lab = lab.Lab(name, text).up()
        cls.addClassCleanup(cls.lab.down)

    def unsolicited(self, port):
        """A SYN from dave's port 7777 to a port of the pool's address."""
        return packets.ipv4(
            lab.DAVE, POOL, packets.TCP, packets.tcp(lab.DAVE, 7777, POOL, port, packets.SYN, sequence=1000)
        )

    def test_an_unsolicited_syn_is_answered_after_six_seconds_and_not_before(self):
        with capture(self.lab, "dave") as seen:
            self.lab.inject("dave", [self.unsolicited(6000)])
            time.sleep(8)
        (sent,) = seen.select("tcp.flags.syn == 1 && !icmp", "frame.time_relative")
        told = seen.select("icmp.type == 3", "frame.time_relative", "icmp.code", "ip.src", "tcp.srcport", "tcp.dstport")
        self.assertEqual(len(told), 1, told)
        when, code, sources, source_port, destination_port = told[0]
        self.assertEqual((code, source_port, destination_port), ("3", "7777", "6000"))
        self.assertEqual(sources.split(",")[1], lab.DAVE, "the quoted packet is dave's own")
        self.assertGreaterEqual(float(when) - float(sent[0]), 5.9)
        self.assertLess(float(when) - float(sent[0]), 7.5)
        self.assertEqual(seen.count("tcp.flags.reset == 1 && !icmp"), 0, "RFC 5382 REQ-4 asks for no reset")

    def test_both_may_open_at_once_and_nobody_is_told_anything(self):
        with capture(self.lab, "dave") as seen:
            # They stay connected for longer than a SYN is held.
            program, hold = ("python3", lab.PROGRAMS / "meet.py"), ("--hold", "7")
            meeting = [
                self.lab.start("dave", *program, 7778, POOL, 6100, *hold),
                self.lab.start("alice", *program, 6100, lab.DAVE, 7778, "--after", "1.5", *hold),
            ]
            with meeting[0], meeting[1]:
                self.assertEqual([running.finish(20).strip() for running in meeting], ["met", "met"])
        self.assertEqual(seen.count("icmp.type == 3"), 0)
        # dave's came first and found nobody, alice's passed it: that is what simultaneous means.
        self.assertGreater(seen.count(f"tcp.flags.syn == 1 && ip.src == {lab.DAVE}"), 0)
        self.assertGreater(seen.count(f"tcp.flags.syn == 1 && ip.src == {POOL}"), 0)

    def flags(self, port):
        """The flags of the session that alice's port has."""
        for row in self.lab.show_json("ip", "nat", "translations"):
            if (row["insideLocal"], row["insideLocalPort"], row["kind"]) == (lab.ALICE, port, "session"):
                return set(row["flags"])
        return None

    def test_a_reset_that_is_out_of_the_window_does_not_end_a_session_and_a_right_one_does(self):
        with self.lab.start("carol", "python3", lab.PROGRAMS / "talker.py", 9400):
            await_listener(self.lab, "carol", 9400)
            program = "python3", lab.PROGRAMS / "talker.py", "--to", lab.CAROL, 9400, "--from", 42100
            with self.lab.start("alice", *program, interactive=True) as talking, capture(self.lab, "carol") as seen:
                self.say(talking, "one")
                sequence = self.next_sequence(seen)
                for forged in sequence + 0x40000000, sequence - 0x40000000:
                    self.lab.inject("carol", [self.reset(42100, forged)])
                self.assertIn("established", self.flags(42100))
                self.assertNotIn("closing", self.flags(42100))
                # Longer than finrst-timeout: a session that believed the reset would be gone.
                time.sleep(4)
                self.say(talking, "two")
                self.lab.inject("carol", [self.reset(42100, self.next_sequence(seen))])
                self.assertIn("closing", self.flags(42100) or {"closing"})
                self.eventually(lambda: self.flags(42100) is None, "the session outlived its connection", seconds=6)

    def say(self, talking, word):
        """One word there and back."""
        talking.process.stdin.write(word + "\n")
        talking.process.stdin.flush()
        self.assertEqual(talking.process.stdout.readline().strip(), word)

    def next_sequence(self, seen):
        """The sequence number of the next octet that carol sends, by what her interface has seen so far."""
        options = ["tcp.relative_sequence_numbers:FALSE"]
        time.sleep(0.3)
        rows = seen.select("tcp.srcport == 9400 && tcp.flags.reset == 0", "tcp.nxtseq", options=options)
        return int(rows[-1][0])

    def reset(self, port, sequence):
        """A reset in carol's name; the session's outside port is the inside one, which was free."""
        return packets.ipv4(
            lab.CAROL, POOL, packets.TCP, packets.tcp(lab.CAROL, 9400, POOL, port, packets.RST, sequence=sequence)
        )

    def test_segments_are_no_larger_than_the_interface_says_in_either_direction(self):
        with file_of(4) as (directory, _, expected), nginx(self.lab, "carol", files=directory):
            with capture(self.lab, "carol", snap=96) as carol, capture(self.lab, "alice", snap=96) as alice:
                fetch = f"set -o pipefail; curl -sS http://{lab.CAROL}/files/payload | sha256sum"
                self.assertEqual(self.lab.run("alice", "bash", "-c", fetch).stdout.split()[0], expected)
        for seen, flags in (carol, "tcp.flags.ack == 0"), (alice, "tcp.flags.ack == 1"):
            sizes = {row[0] for row in seen.select(f"tcp.flags.syn == 1 && {flags}", "tcp.options.mss_val")}
            self.assertEqual(sizes, {str(SEGMENT)})

    def test_a_host_that_asks_for_smaller_segments_gets_them(self):
        self.lab.run("alice", "ip", "route", "replace", lab.CAROL, "via", lab.GATEWAY_INSIDE, "advmss", "900")
        self.addCleanup(self.lab.run, "alice", "ip", "route", "del", lab.CAROL)
        with nginx(self.lab, "carol"), capture(self.lab, "carol") as seen:
            self.lab.run("alice", "curl", "-sS", "-m", "5", f"http://{lab.CAROL}/")
        sizes = seen.select("tcp.flags.syn == 1 && tcp.flags.ack == 0", "tcp.options.mss_val")
        self.assertEqual(sizes, [("900",)])

    def test_the_changed_option_leaves_a_right_checksum(self):
        for host in "alice", "carol":
            self.lab.run(host, "ethtool", "-K", "eth0", "tx", "off", "tso", "off", "gso", "off")
            self.addCleanup(self.lab.run, host, "ethtool", "-K", "eth0", "tx", "on", "tso", "on", "gso", "on")
        with nginx(self.lab, "carol"), capture(self.lab, "carol") as carol, capture(self.lab, "alice") as alice:
            self.lab.run("alice", "curl", "-sS", "-m", "5", f"http://{lab.CAROL}/")
        for seen, sender in (carol, POOL), (alice, lab.CAROL):
            rows = seen.select(
                f"tcp.flags.syn == 1 && ip.src == {sender}", "tcp.checksum.status", "tcp.options.mss_val",
                options=["tcp.check_checksum:TRUE"],
            )
            self.assertEqual(rows, [("1", str(SEGMENT))])

    def test_a_half_closed_connection_still_carries_the_other_half(self):
        with file_of(8) as (_, path, expected):
            with self.lab.start("carol", "python3", lab.PROGRAMS / "sink.py", 9401, "--after-eof", "1") as sink:
                await_listener(self.lab, "carol", 9401)
                program = "python3", lab.PROGRAMS / "source.py", lab.CAROL, 9401, path, "--until-eof"
                output = self.lab.run("alice", *program, timeout=60).stdout.split()
                self.assertEqual(sink.finish(20).split(), [str(8 << 20), expected])
        # What carol says after alice's FIN still arrives.
        self.assertEqual(output[1:], ["goodbye"])
