"""Servers inside, behind static entries, reached from outside."""

import lab
from payload import file_of
from servers import nginx


def setUpModule():
    lab.shared()


class StaticEntries(lab.LabTestCase):
    def test_a_static_address_leads_to_its_server_which_sees_who_asks(self):
        with nginx(lab.shared(), "bob"):
            for host, address in ("dave", lab.DAVE), ("carol", lab.CAROL):
                seen = lab.shared().run(host, "curl", "-sS", "-m", "5", f"http://{lab.BOB_GLOBAL}/").stdout.strip()
                self.assertEqual(seen, address)

    def test_a_static_address_carries_every_port(self):
        with nginx(lab.shared(), "bob", port=49152):
            output = lab.shared().run("dave", "curl", "-sS", "-m", "5", f"http://{lab.BOB_GLOBAL}:49152/").stdout
        self.assertEqual(output.strip(), lab.DAVE)

    def test_a_static_port_leads_to_its_server_on_another_port(self):
        with nginx(lab.shared(), "alice", port=8080):
            output = lab.shared().run("dave", "curl", "-sS", "-m", "5", f"http://{lab.GATEWAY_OUTSIDE}/").stdout
        self.assertEqual(output.strip(), lab.DAVE)

    def test_a_static_port_opens_no_other_port(self):
        with nginx(lab.shared(), "alice", port=8080), nginx(lab.shared(), "alice", port=81):
            for port in 81, 8080:
                result = lab.shared().run(
                    "dave", "curl", "-sS", "-m", "2", f"http://{lab.GATEWAY_OUTSIDE}:{port}/", check=False
                )
                self.assertIn(result.returncode, (7, 28), "refused or unanswered, never served")

    def test_a_large_file_served_from_inside_arrives_with_its_checksum(self):
        with file_of(64) as (directory, _, expected), nginx(lab.shared(), "bob", files=directory):
            output = lab.shared().run(
                "dave", "bash", "-c",
                f"set -o pipefail; curl -sS http://{lab.BOB_GLOBAL}/files/payload | sha256sum", timeout=60,
            ).stdout
        self.assertEqual(output.split()[0], expected)

    def test_a_static_host_pings_and_is_pinged(self):
        lab.shared().run("dave", "ping", "-q", "-c", "5", "-i", "0.05", lab.BOB_GLOBAL)
        lab.shared().run("bob", "ping", "-q", "-c", "5", "-i", "0.05", lab.DAVE)
