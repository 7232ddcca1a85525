"""How many sessions a host, a list's hosts, an instance, and everybody may have (RFC 6888 REQ-4)."""

import lab
from captures import capture
from servers import observer

HOST, LISTED, QUICK = "10.10.10.21", ("10.10.10.22", "10.10.10.23"), "10.10.10.24"
STATEMENTS = f"""
access-list 10 permit 10.10.10.0 0.0.0.255
access-list 11 permit {LISTED[0]}
access-list 11 permit {LISTED[1]}
ip nat pool OUT 203.0.113.100 203.0.113.103 prefix-length 24
ip nat inside source list 10 pool OUT overload
ip nat translation max-entries all-host 30
ip nat translation max-entries host {HOST} 10
ip nat translation max-entries host {QUICK} 1000
ip nat translation max-entries list 11 40
ip nat translation max-entries vrf RED 12
ip nat translation new-sessions-per-second 25
"""


@lab.sallyport_only
class Limits(lab.LabTestCase):
    @classmethod
    def setUpClass(cls):
        name = f"{lab.NAME}-limits"
        cls.lab = lab.Lab(name, lab.configuration(name, statements=STATEMENTS, red=True)).up()
        cls.addClassCleanup(cls.lab.down)
        cls.lab.add_addresses("alice", HOST, *LISTED, QUICK)

    def setUp(self):
        super().setUp()
        self.lab.sallyport("clear", "ip", "nat", "translation", "*")

    def opened(self, host, source, count, *options, first=20000):
        """How many of so many UDP sessions of a host are answered."""
        program = "python3", lab.PROGRAMS / "many_ports.py", source, first, count, f"{lab.CAROL}:7670", *options
        with observer(self.lab, "carol", port=7670):
            return len(self.lab.run(host, *program).stdout.splitlines())

    def test_every_host_may_have_so_many_and_others_are_not_touched(self):
        # Slowly enough for the limit on new sessions.
        self.assertEqual(self.opened("alice", lab.ALICE, 40, "--gap", "0.045"), 30)
        self.assertEqual(self.opened("bob", lab.BOB, 20, "--gap", "0.045"), 20)

    def test_the_refused_are_told_and_counted(self):
        before = self.lab.drops("host-sessions-exhausted")
        with capture(self.lab, "alice") as seen:
            self.opened("alice", HOST, 14, "--gap", "0.045")
        self.assertGreaterEqual(seen.count(f"icmp.type == 3 && ip.src#1 == {lab.GATEWAY_INSIDE}"), 1)
        self.assertEqual(self.lab.drops("host-sessions-exhausted"), before + 4)

    def test_a_named_host_has_a_limit_of_its_own(self):
        self.assertEqual(self.opened("alice", HOST, 20, "--gap", "0.045"), 10)

    def test_the_hosts_of_a_list_share_a_limit(self):
        first = self.opened("alice", LISTED[0], 30, "--gap", "0.045")
        before = self.lab.drops("list-sessions-exhausted")
        second = self.opened("alice", LISTED[1], 30, "--gap", "0.045")
        self.assertEqual((first, second), (30, 10))
        self.assertEqual(self.lab.drops("list-sessions-exhausted"), before + 20)

    def test_the_hosts_of_an_instance_share_a_limit(self):
        before = self.lab.drops("instance-sessions-exhausted")
        self.assertEqual(self.opened("red", lab.RED, 20, "--gap", "0.045"), 12)
        self.assertEqual(self.lab.drops("instance-sessions-exhausted"), before + 8)

    def test_an_old_session_goes_on_when_the_limit_is_reached(self):
        program = "python3", lab.PROGRAMS / "ask.py", "udp", 33000, "--bind", HOST, f"{lab.CAROL}:7671"
        with observer(self.lab, "carol", port=7671):
            before = self.lab.run("alice", *program).stdout
            self.assertEqual(self.opened("alice", HOST, 20, "--gap", "0.045"), 9)
            self.assertEqual(self.lab.run("alice", *program).stdout, before)

    def test_room_is_made_by_sessions_that_end(self):
        self.assertEqual(self.opened("alice", HOST, 12, "--gap", "0.045"), 10)
        self.lab.sallyport("clear", "ip", "nat", "translation", "*")
        self.assertEqual(self.opened("alice", HOST, 12, "--gap", "0.045", first=21000), 10)

    def test_a_host_opens_no_more_sessions_a_second_than_allowed(self):
        before = self.lab.drops("host-rate-exceeded")
        # Twice the rate at once, and what the second in which they leave adds.
        opened = self.opened("alice", QUICK, 200)
        self.assertIn(opened, range(50, 80))
        self.assertEqual(self.lab.drops("host-rate-exceeded"), before + 200 - opened)

    def test_the_listing_shows_what_is_used(self):
        self.opened("alice", HOST, 12, "--gap", "0.045")
        rows = [line.split() for line in self.lab.show("ip", "nat", "limits", "all-host").splitlines()]
        self.assertIn([HOST, "10", "10"], [row[:3] for row in rows])
