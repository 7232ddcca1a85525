"""What a gateway uses that holds a million sessions while nothing comes, and while they all end: the long run only."""

import pathlib
import subprocess
import time
import unittest

import lab

# CSIT's point: 63 sessions for each of 16 384 hosts, which are behind a router of the generator's.
HOSTS, SESSIONS_A_HOST = 16_384, 63
SESSIONS = HOSTS * SESSIONS_A_HOST
ROUTER = "10.10.10.200"
# Seconds that a session may be idle: longer than it takes to make all of them and to watch them for a while.
TIMEOUT = 90
# Seconds that making them takes at most, and that their end takes at most: 64 000 in a second.
FILLING, ENDING = 40, 25
# Seconds that the idle gateway is watched for.
WATCHED = 20
# Of one core, all threads together.
MOST = 0.01

STATEMENTS = f"""
access-list 10 permit 10.10.10.0 0.0.0.255
access-list 10 permit 10.128.0.0 0.0.255.255
ip nat pool OUT 203.0.113.130 203.0.113.149 prefix-length 24
ip nat inside source list 10 pool OUT overload
ip nat translation max-entries 1048576
ip nat translation udp-timeout {TIMEOUT}
ip route 10.128.0.0 255.255.0.0 {ROUTER}
"""


@lab.sallyport_only
@unittest.skipUnless(lab.LONG, "it takes minutes (SALLYPORT_LONG)")
class Idle(lab.LabTestCase):
    @classmethod
    def setUpClass(cls):
        name = f"{lab.NAME}-idle"
        cls.lab = lab.Lab(name, lab.configuration(name, statements=STATEMENTS)).up()
        cls.addClassCleanup(cls.lab.down)

    def fill(self):
        """A million sessions; the moment when the last packet had come."""
        words = [
            "established", "--inside", f"eth0@{self.lab.name}-alice", "--outside", f"eth0@{self.lab.name}-carol",
            "--gateway", lab.GATEWAY_INSIDE, "--host-router", ROUTER, "--hosts", f"10.128.0.1+{HOSTS}",
            "--servers", "203.0.113.120+8", "--sessions", SESSIONS, "--fill-rate", 60_000, "--rate", 1000,
            "--seconds", 1, "--quiet",
        ]
        done = subprocess.run(
            [str(lab.BINARIES / "sallyport-load"), *map(str, words)], timeout=120, text=True, capture_output=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return time.monotonic()

    def sessions(self):
        return self.lab.show_json("ip", "nat", "statistics")["limit"]["used"]

    def used(self):
        """Seconds that the daemon's threads have had a core for."""
        tasks = pathlib.Path(f"/proc/{self.lab.daemon_pid()}/task")
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir()) / 1e9

    def watch(self, until):
        """The part of a core that the daemon uses from now until a moment of the monotonic clock."""
        began, before = time.monotonic(), self.used()
        time.sleep(until - began)
        return (self.used() - before) / (time.monotonic() - began)

    def test_a_million_sessions_cost_an_idle_gateway_less_than_a_hundredth_of_a_core(self):
        self.bounded_by(400)
        last = self.fill()
        self.assertGreater(self.sessions(), SESSIONS * 0.98)
        # Nothing is asked while it is watched: an answer about all of them costs more than they do.
        time.sleep(2)
        idle = self.watch(time.monotonic() + WATCHED)
        self.assertGreater(self.sessions(), SESSIONS * 0.98, "they were to be watched while all of them lived")
        time.sleep(2)
        # The first that were made are idle for as long as the filling took when the last are made.
        rest = last + TIMEOUT - FILLING - time.monotonic()
        self.assertGreater(rest, 0, "there is too little time between filling and expiry")
        time.sleep(rest)
        began = time.monotonic()
        ending = self.watch(last + TIMEOUT + ENDING)
        lasted = time.monotonic() - began
        self.assertEqual(self.sessions(), 0)
        # Of a life of idleness most is waiting.
        whole = (idle * (TIMEOUT - FILLING) + ending * lasted) / (TIMEOUT - FILLING + lasted)
        print(f"\n{SESSIONS} sessions: idle {100 * idle:.2f} % of a core; the {lasted:.0f} s in which all end "
              f"{100 * ending:.2f} %; from the last packet to the last session's end {100 * whole:.2f} %")
        self.assertLess(idle, MOST)
        self.assertLess(whole, MOST, "expiry included")
