"""Hosts inside that speak to each other by the addresses outside knows them by (RFC 4787 REQ-9, RFC 5382 REQ-8)."""

import lab
from captures import capture
from payload import file_of
from servers import nginx, observer

EIF = """
access-list 10 permit 10.10.10.0 0.0.0.255
ip nat pool OUT 203.0.113.100 203.0.113.100 prefix-length 24
ip nat inside source list 10 pool OUT overload filtering endpoint-independent
"""


def setUpModule():
    if lab.PEER == "sallyport":
        lab.shared()


@lab.sallyport_only
class Hairpin(lab.LabTestCase):
    def test_a_static_host_sees_the_external_address_of_the_host_inside_that_asks(self):
        with nginx(lab.shared(), "bob"):
            seen = lab.shared().run("alice", "curl", "-sS", "-m", "5", f"http://{lab.BOB_GLOBAL}/").stdout.strip()
        self.assertIn(seen, lab.POOL)

    def test_a_host_reaches_itself_by_its_own_external_address(self):
        with nginx(lab.shared(), "bob"):
            seen = lab.shared().run("bob", "curl", "-sS", "-m", "5", f"http://{lab.BOB_GLOBAL}/").stdout.strip()
        self.assertEqual(seen, lab.BOB_GLOBAL)

    def test_a_static_port_serves_hosts_inside_too(self):
        with nginx(lab.shared(), "alice", port=8080):
            seen = lab.shared().run("bob", "curl", "-sS", "-m", "5", f"http://{lab.GATEWAY_OUTSIDE}/").stdout.strip()
        self.assertEqual(seen, lab.BOB_GLOBAL)

    def test_a_large_file_arrives_with_its_checksum(self):
        with file_of(64) as (directory, _, expected), nginx(lab.shared(), "bob", files=directory):
            fetch = f"set -o pipefail; curl -sS http://{lab.BOB_GLOBAL}/files/payload | sha256sum"
            output = lab.shared().run("alice", "bash", "-c", fetch, timeout=60).stdout
        self.assertEqual(output.split()[0], expected)

    def test_five_hundred_connections_all_succeed(self):
        with nginx(lab.shared(), "bob"):
            output = lab.shared().run(
                "alice", "curl", "-sS", "-Z", "--parallel-max", "50", "-o", "/dev/null", "-H", "Connection: close",
                "-w", "%{http_code}\\n", f"http://{lab.BOB_GLOBAL}/?request=[1-500]", timeout=60,
            ).stdout
        self.assertEqual(output.split(), ["200"] * 500)

    def test_ping_goes_there_and_back_and_no_inside_address_crosses(self):
        with capture(lab.shared(), "bob") as seen:
            output = lab.shared().run("alice", "ping", "-q", "-c", "5", "-i", "0.05", lab.BOB_GLOBAL).stdout
        self.assertIn(" 0% packet loss", output)
        requests = {row[0] for row in seen.select("icmp.type == 8", "ip.src")}
        self.assertEqual(len(requests), 1)
        self.assertLessEqual(requests, lab.POOL)

    def test_large_pings_arrive_whole_though_they_travel_in_fragments(self):
        output = lab.shared().run("alice", "ping", "-q", "-c", "3", "-i", "0.1", "-s", "4000", lab.BOB_GLOBAL).stdout
        self.assertIn(" 0% packet loss", output)

    def test_an_error_about_a_hairpinned_packet_speaks_in_the_terms_of_its_reader(self):
        with capture(lab.shared(), "alice") as seen:
            lab.shared().run("alice", "bash", "-c", f"echo x >/dev/udp/{lab.BOB_GLOBAL}/9; sleep 0.3")
        told = seen.select("icmp.type == 3 && icmp.code == 3", "ip.src", "ip.dst", "udp.dstport")
        self.assertEqual(told, [(f"{lab.BOB_GLOBAL},{lab.ALICE}", f"{lab.ALICE},{lab.BOB_GLOBAL}", "9")])
        bad = 'icmp.checksum.status == "Bad" || ip.checksum.status == "Bad"'
        self.assertEqual(seen.count(bad, options=["ip.check_checksum:TRUE"]), 0)

    def test_traceroute_to_an_external_address_of_a_host_inside_ends_there(self):
        output = lab.shared().run("alice", "traceroute", "-n", "-q", "1", "-w", "1", "-N", "1", lab.BOB_GLOBAL).stdout
        hops = [line.split()[1] for line in output.splitlines()[1:]]
        self.assertEqual(hops[0], lab.GATEWAY_INSIDE)
        self.assertEqual(hops[-1], lab.BOB_GLOBAL)

    def test_nothing_of_it_is_seen_outside(self):
        with nginx(lab.shared(), "bob"), capture(lab.shared(), "wan", interface="br0") as seen:
            lab.shared().run("alice", "curl", "-sS", "-o", "/dev/null", f"http://{lab.BOB_GLOBAL}/?[1-5]")
        self.assertEqual(seen.count("tcp"), 0)

    def test_hosts_of_different_instances_reach_each_other_by_their_external_addresses(self):
        with nginx(lab.shared(), "red"), nginx(lab.shared(), "bob"):
            seen = lab.shared().run("alice", "curl", "-sS", "-m", "5", f"http://{lab.RED_GLOBAL}/").stdout.strip()
            self.assertIn(seen, lab.POOL)
            seen = lab.shared().run("red", "curl", "-sS", "-m", "5", f"http://{lab.BOB_GLOBAL}/").stdout.strip()
            self.assertEqual(seen, lab.RED_GLOBAL)


@lab.sallyport_only
class HairpinToDynamicMappings(lab.LabTestCase):
    @classmethod
    def setUpClass(cls):
        name = f"{lab.NAME}-hairpin"
        cls.lab = lab.Lab(name, lab.configuration(name, statements=EIF)).up()
        cls.addClassCleanup(cls.lab.down)

    def test_a_mapping_that_admits_everybody_admits_a_host_inside_which_shows_its_external_endpoint(self):
        with observer(self.lab, "carol", "dave", port=7620):
            program = "python3", lab.PROGRAMS / "ask.py"
            asking = self.lab.start("alice", *program, "udp", 48000, f"{lab.CAROL}:7620", "--then-listen", "2")
            with asking:
                address, port = asking.process.stdout.readline().split()
                # bob's own mapping is made by talking to dave, and is the one that alice must see.
                (bob,) = self.lab.run("bob", *program, "udp", 48000, f"{lab.DAVE}:7620").stdout.splitlines()
                self.lab.run("bob", *program, "udp", 48000, f"{address}:{port}")
                heard = asking.finish(10).splitlines()
        self.assertEqual([line.split()[1:3] for line in heard], [bob.split()])

    def test_two_hosts_that_know_each_others_endpoints_talk_as_peers(self):
        program = "python3", lab.PROGRAMS / "punch.py"
        with observer(self.lab, "carol", port=7621):
            peers = [self.lab.start(host, *program, 48100 + index, f"{lab.CAROL}:7621", interactive=True)
                     for index, host in enumerate(("alice", "bob"))]
            with peers[0], peers[1]:
                endpoints = [peer.process.stdout.readline().strip() for peer in peers]
                for peer, endpoint in zip(peers, reversed(endpoints)):
                    peer.process.stdin.write(endpoint + "\n")
                    peer.process.stdin.flush()
                for peer, endpoint in zip(peers, reversed(endpoints)):
                    self.assertEqual(peer.process.stdout.readline().strip(), f"heard {endpoint}")
