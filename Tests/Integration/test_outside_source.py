"""`ip nat outside source`: hosts outside as hosts inside know them, and twice NAT (RFC 2663 section 4.3)."""

import lab
from captures import capture
from payload import file_of
from servers import nginx, observer

# carol is known inside as 10.99.0.10; dave is whatever address the pool gives him; 198.51.100.0/24, which is on dave's
# side, is known as 10.98.0.0/24.
STATEMENTS = """
access-list 10 permit 10.10.10.0 0.0.0.255
ip nat pool OUT 203.0.113.100 203.0.113.103 prefix-length 24
ip nat inside source list 10 pool OUT overload
ip nat inside source static 10.10.10.11 203.0.113.50
ip nat outside source static 203.0.113.10 10.99.0.10 add-route
ip nat outside source static network 198.51.100.0 10.98.0.0 255.255.255.0 add-route
ip nat outside source static tcp 203.0.113.12 80 10.99.0.12 8080 add-route
access-list 20 permit 203.0.113.11
ip nat pool KNOWN-AS 10.97.0.1 10.97.0.20 prefix-length 24
ip nat outside source list 20 pool KNOWN-AS add-route
ip route 198.51.100.0 255.255.255.0 203.0.113.11
"""

CAROL_INSIDE = "10.99.0.10"


@lab.sallyport_only
class OutsideSource(lab.LabTestCase):
    @classmethod
    def setUpClass(cls):
        name = f"{lab.NAME}-outside"
        cls.lab = lab.Lab(name, lab.configuration(name, statements=STATEMENTS)).up()
        cls.addClassCleanup(cls.lab.down)
        cls.lab.run("dave", "ip", "address", "add", "198.51.100.7/32", "dev", "eth0")
        # He asks for neighbours by his address on the segment: the gateway hears no ARP from off the link.
        cls.lab.run("dave", "sysctl", "-qw", "net.ipv4.conf.all.arp_announce=2")
        cls.lab.add_addresses("carol", "203.0.113.12")

    def test_both_addresses_of_a_connection_are_translated_at_once(self):
        with nginx(self.lab, "carol"), capture(self.lab, "alice") as alice, capture(self.lab, "carol") as carol:
            seen = self.lab.run("alice", "curl", "-sS", "-m", "5", f"http://{CAROL_INSIDE}/").stdout.strip()
        self.assertIn(seen, lab.POOL)
        self.assertEqual(
            set(alice.select("tcp", "ip.src", "ip.dst")), {(lab.ALICE, CAROL_INSIDE), (CAROL_INSIDE, lab.ALICE)}
        )
        self.assertEqual(set(carol.select("tcp", "ip.src", "ip.dst")), {(seen, lab.CAROL), (lab.CAROL, seen)})

    def test_the_listing_shows_four_different_addresses(self):
        with observer(self.lab, "carol", port=7630):
            program = "python3", lab.PROGRAMS / "ask.py", "udp", 49000, f"{CAROL_INSIDE}:7630"
            (seen,) = self.lab.run("alice", *program).stdout.splitlines()
        rows = [row[1:] for row in self.lab.translations() if row[2] == f"{lab.ALICE}:49000"]
        self.assertEqual(
            rows, [(seen.replace(" ", ":"), f"{lab.ALICE}:49000", f"{CAROL_INSIDE}:7630", f"{lab.CAROL}:7630")]
        )

    def test_a_file_crosses_with_its_checksum_both_ways_round(self):
        with file_of(32) as (directory, _, expected):
            with nginx(self.lab, "carol", files=directory), nginx(self.lab, "bob", files=directory):
                for host, server in ("alice", CAROL_INSIDE), ("carol", lab.BOB_GLOBAL):
                    fetch = f"set -o pipefail; curl -sS http://{server}/files/payload | sha256sum"
                    self.assertEqual(self.lab.run(host, "bash", "-c", fetch).stdout.split()[0], expected)

    def test_a_host_inside_sees_an_outside_host_under_its_local_address_when_that_begins(self):
        with nginx(self.lab, "bob"):
            seen = self.lab.run("carol", "curl", "-sS", "-m", "5", f"http://{lab.BOB_GLOBAL}/").stdout.strip()
        self.assertEqual(seen, CAROL_INSIDE)

    def test_an_outside_host_of_the_list_gets_an_address_of_the_pool_and_keeps_it(self):
        with nginx(self.lab, "bob"):
            seen = {
                self.lab.run("dave", "curl", "-sS", "-m", "5", f"http://{lab.BOB_GLOBAL}/").stdout.strip()
                for _ in range(5)
            }
        self.assertEqual(len(seen), 1)
        (address,) = seen
        self.assertIn(address, {f"10.97.0.{last}" for last in range(1, 21)})
        # And is reached under it from inside, bob and others, for as long as he has it.
        with observer(self.lab, "dave", port=7631):
            program = "python3", lab.PROGRAMS / "ask.py", "udp", 49100, f"{address}:7631"
            self.assertEqual(self.lab.run("bob", *program).stdout.split(), [lab.BOB_GLOBAL, "49100"])

    def test_a_network_keeps_its_host_parts(self):
        output = self.lab.run("alice", "ping", "-n", "-c", "2", "-i", "0.1", "10.98.0.7").stdout
        self.assertIn("64 bytes from 10.98.0.7", output)
        self.assertIn(" 0% packet loss", output)

    def test_a_port_entry_translates_its_port_too(self):
        with nginx(self.lab, "carol"):
            seen = self.lab.run("alice", "curl", "-sS", "-m", "5", "http://10.99.0.12:8080/server").stdout.strip()
        self.assertEqual(seen, "203.0.113.12")

    def test_errors_quote_the_packet_as_its_sender_wrote_it(self):
        with capture(self.lab, "alice") as seen:
            self.lab.run("alice", "bash", "-c", f"echo x >/dev/udp/{CAROL_INSIDE}/9; sleep 0.3")
        told = seen.select("icmp.type == 3 && icmp.code == 3", "ip.src", "ip.dst")
        self.assertEqual(told, [(f"{CAROL_INSIDE},{lab.ALICE}", f"{lab.ALICE},{CAROL_INSIDE}")])
        bad = 'icmp.checksum.status == "Bad" || ip.checksum.status == "Bad"'
        self.assertEqual(seen.count(bad, options=["ip.check_checksum:TRUE"]), 0)

    def test_neither_side_sees_an_address_of_the_other(self):
        with nginx(self.lab, "carol"), capture(self.lab, "alice") as alice, capture(self.lab, "carol") as carol:
            self.lab.run("alice", "curl", "-sS", "-o", "/dev/null", f"http://{CAROL_INSIDE}/?[1-5]")
            self.lab.run("alice", "ping", "-q", "-c", "3", "-i", "0.05", CAROL_INSIDE)
            self.lab.run("alice", "ping", "-q", "-c", "1", "-s", "4000", CAROL_INSIDE)
        self.assertEqual(alice.count("ip.addr == 203.0.113.0/24"), 0)
        for network in lab.INSIDE_NETWORK, "10.96.0.0/14":
            self.assertEqual(carol.count(f"ip.addr == {network}"), 0)
