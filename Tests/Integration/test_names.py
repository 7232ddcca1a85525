"""dig against dnsmasq, by UDP and TCP."""

import lab
from servers import dnsmasq


def setUpModule():
    lab.shared()


class Names(lab.LabTestCase):
    def dig(self, *options):
        with dnsmasq(lab.shared(), "carol", lab.CAROL, www="192.0.2.80", mail="192.0.2.25"):
            return lab.shared().run(
                "alice", "dig", "+tries=1", "+time=3", *options, f"@{lab.CAROL}", "www.lab.example", "A"
            ).stdout

    def test_a_name_is_resolved_by_udp(self):
        output = self.dig()
        self.assertIn("status: NOERROR", output)
        self.assertIn("192.0.2.80", output)
        self.assertIn(f"SERVER: {lab.CAROL}#53({lab.CAROL}) (UDP)", output)

    def test_a_name_is_resolved_by_tcp(self):
        output = self.dig("+tcp")
        self.assertIn("192.0.2.80", output)
        self.assertIn("(TCP)", output)

    def test_five_hundred_queries_from_ports_of_their_own_are_all_answered(self):
        batch = "www.lab.example A\nmail.lab.example A\n" * 250
        with dnsmasq(lab.shared(), "carol", lab.CAROL, www="192.0.2.80", mail="192.0.2.25"):
            output = lab.shared().run(
                "alice", "dig", "+short", "+tries=1", "+time=3", f"@{lab.CAROL}", "-f", "/dev/stdin", input=batch,
                timeout=60,
            ).stdout
        self.assertEqual(output.split(), ["192.0.2.80", "192.0.2.25"] * 250)
