"""Ping and traceroute: the gateway forwards, translates ICMP queries and errors, and is itself a host on the way."""

import lab
from captures import capture


def setUpModule():
    lab.shared()


class Reachability(lab.LabTestCase):
    def ping(self, host, address, *options, check=True):
        return lab.shared().run(host, "ping", "-q", "-n", "-i", "0.05", *options, address, check=check, timeout=20)

    def test_inside_hosts_ping_outside_hosts_without_loss(self):
        for host in "alice", "bob":
            for address in lab.CAROL, lab.DAVE:
                with self.subTest(f"{host} to {address}"):
                    self.assertIn(" 0% packet loss", self.ping(host, address, "-c", "20").stdout)

    def test_pings_of_two_hosts_at_once_do_not_meet(self):
        # Both use the same ICMP identifier, so only the translation keeps their answers apart.
        options = "-q", "-n", "-i", "0.05", "-c", "20", "-e", "7"
        with lab.shared().start("alice", "ping", *options, lab.CAROL) as first:
            second = lab.shared().run("bob", "ping", *options, lab.CAROL).stdout
            self.assertIn(" 0% packet loss", first.finish(10))
        self.assertIn(" 0% packet loss", second)

    def test_the_gateway_answers_pings_to_its_own_addresses(self):
        self.assertIn(" 0% packet loss", self.ping("alice", lab.GATEWAY_INSIDE, "-c", "5").stdout)
        self.assertIn(" 0% packet loss", self.ping("carol", lab.GATEWAY_OUTSIDE, "-c", "5").stdout)

    def test_payload_of_every_length_comes_back_unchanged(self):
        for length in 0, 1, 17, 255, 1000, 1471, 1472:
            with self.subTest(length=length):
                # ping compares the payload it gets with what it sent, and says "wrong data byte" otherwise.
                output = self.ping("alice", lab.CAROL, "-c", "3", "-M", "do", "-s", str(length)).stdout
                self.assertIn(" 0% packet loss", output)
                self.assertNotIn("wrong data", output)

    def test_traceroute_shows_the_gateway_and_then_the_host(self):
        for method in "-U", "-I", "-T":
            with self.subTest(method=method):
                output = lab.shared().run(
                    "alice", "traceroute", "-n", "-q", "1", "-w", "2", method, lab.CAROL, timeout=40
                ).stdout
                hops = [line.split()[1] for line in output.splitlines()[1:]]
                self.assertEqual(hops, [lab.GATEWAY_INSIDE, lab.CAROL])

    @lab.sallyport_only  # The kernel translates its own time exceeded message, and so hides the hop.
    def test_traceroute_from_outside_shows_the_outside_address(self):
        output = lab.shared().run("dave", "traceroute", "-n", "-q", "1", "-w", "2", "-I", lab.BOB_GLOBAL, timeout=40)
        hops = [line.split()[1] for line in output.stdout.splitlines()[1:]]
        self.assertEqual(hops, [lab.GATEWAY_OUTSIDE, lab.BOB_GLOBAL])

    def test_an_icmp_error_from_outside_reaches_the_sender_in_its_own_terms(self):
        # Nobody listens on carol's UDP port 9: her "port unreachable" quotes the translated packet.
        with capture(lab.shared(), "alice") as seen:
            lab.shared().run(
                "alice", "bash", "-c", f"exec 3<>/dev/udp/{lab.CAROL}/9; echo hello >&3; sleep 0.3", check=False
            )
        errors = seen.select("icmp.type == 3 && icmp.code == 3", "ip.src", "ip.dst")
        self.assertEqual(errors, [(f"{lab.CAROL},{lab.ALICE}", f"{lab.ALICE},{lab.CAROL}")])

    def test_a_route_that_does_not_exist_is_answered_with_unreachable(self):
        with capture(lab.shared(), "alice") as seen:
            result = self.ping("alice", "192.0.2.1", "-c", "2", "-W", "1", check=False)
        self.assertNotEqual(result.returncode, 0)
        answers = set(seen.select("icmp.type == 3", "ip.src", "icmp.type", "icmp.code"))
        # Each value twice: the message's own, then the quoted echo request's.
        self.assertEqual(answers, {(f"{lab.GATEWAY_INSIDE},{lab.ALICE}", "3,8", "0,0")})
