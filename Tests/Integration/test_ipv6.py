"""IPv6 beside translated IPv4: routed between the same hosts, with real neighbours, routers' advertisements and errors."""

import json
import re

import lab
from captures import capture
from payload import file_of
from servers import await_listener, iperf3

INSIDE, OUTSIDE = "2001:db8:a::1", "2001:db8:b::1"
ALICE, CAROL, FAR = "2001:db8:a::10", "2001:db8:b::20", "2001:db8:c::20"
LINK_MTU = 1400


def configuration(name):
    """The tests' own, with IPv6 on both sides and a network behind carol."""
    text = lab.configuration(
        name, inside=f" ipv6 address {INSIDE}/64\n", outside=f" ipv6 address {OUTSIDE}/64\n ip mtu {LINK_MTU}\n"
    )
    return text + f"ipv6 unicast-routing\nipv6 route 2001:db8:c::/48 {CAROL}\n"


@lab.sallyport_only
class IPv6(lab.LabTestCase):
    @classmethod
    def setUpClass(cls):
        name = f"{lab.NAME}-v6"
        cls.lab = lab.Lab(name, configuration(name)).up()
        cls.addClassCleanup(cls.lab.down)
        for host in "alice", "carol":
            for setting in "all.disable_ipv6=0", "eth0.disable_ipv6=0", "eth0.accept_dad=0", "eth0.dad_transmits=0":
                cls.lab.run(host, "sysctl", "-qw", f"net.ipv6.conf.{setting}")
        cls.lab.run("alice", "ip", "-6", "addr", "add", f"{ALICE}/64", "dev", "eth0", "nodad")
        cls.lab.run("carol", "ip", "-6", "addr", "add", f"{CAROL}/64", "dev", "eth0", "nodad")
        cls.lab.run("carol", "ip", "-6", "addr", "add", f"{FAR}/128", "dev", "lo", "nodad")
        # carol is outside, where nobody advertises a router.
        cls.lab.run("carol", "ip", "-6", "route", "add", "2001:db8:a::/64", "via", OUTSIDE)

    def setUp(self):
        super().setUp()
        self.eventually(self.default_route, "alice has heard of no router", seconds=10)

    def default_route(self):
        return self.lab.run("alice", "ip", "-6", "route", "show", "default").stdout

    def test_a_host_inside_learns_router_and_network_from_the_advertisement(self):
        self.assertRegex(self.default_route(), r"default via fe80::\S+ dev eth0 proto ra")
        self.lab.run("alice", "sysctl", "-qw", "net.ipv6.conf.eth0.autoconf=1")
        addresses = self.lab.run("alice", "ip", "-6", "addr", "show", "dev", "eth0").stdout
        self.assertRegex(addresses, r"inet6 2001:db8:a:0?:?\S+/64 scope global")
        self.assertEqual(self.lab.run("carol", "ip", "-6", "route", "show", "default").stdout, "")

    def test_pings_cross_with_their_own_addresses_and_one_hop_less(self):
        with capture(self.lab, "carol") as seen:
            output = self.lab.run("alice", "ping", "-6", "-n", "-c", "3", "-i", "0.1", "-W", "2", "-I", ALICE, CAROL).stdout
        self.assertIn("3 received", output)
        asked = seen.select("icmpv6.type == 128", "ipv6.src", "ipv6.dst", "ipv6.hlim")
        self.assertEqual(asked, [(ALICE, CAROL, "63")] * 3)
        self.assertEqual(seen.count("icmpv6.checksum.status == 0"), 0)

    def test_the_gateway_answers_on_every_address_of_its_own(self):
        for address in INSIDE, OUTSIDE, self.link_local():
            with self.subTest(address):
                self.lab.run("alice", "ping", "-6", "-n", "-c", "1", "-W", "2", f"{address}%eth0" if "fe80" in address else address)

    def link_local(self):
        return re.search(r"fe80::\S+", self.default_route())[0]

    def test_a_route_leads_to_a_network_behind_a_neighbour(self):
        self.lab.run("alice", "ping", "-6", "-n", "-c", "1", "-W", "2", FAR)

    def test_a_traceroute_names_the_gateway(self):
        output = self.lab.run("alice", "traceroute", "-6", "-n", "-q", "1", "-w", "2", FAR).stdout.splitlines()
        self.assertIn(f"{INSIDE} ", output[1] + " ")
        self.assertIn(FAR, output[2])

    def test_what_has_no_route_and_who_does_not_answer_is_told(self):
        for address, said in ("2001:db8:f::1", "No route"), ("2001:db8:b::99", "Address unreachable"):
            with self.subTest(address):
                result = self.lab.run("alice", "ping", "-6", "-n", "-c", "1", "-W", "6", address, check=False)
                self.assertIn(said, result.stdout)
                self.assertIn(INSIDE, result.stdout)

    def test_a_packet_larger_than_the_next_link_is_answered_with_its_mtu(self):
        self.lab.run("alice", "ip", "-6", "route", "flush", "cache")
        result = self.lab.run(
            "alice", "ping", "-6", "-n", "-c", "2", "-i", "0.2", "-W", "1", "-M", "do", "-s", "1452", CAROL, check=False
        )
        self.assertIn(f"mtu={LINK_MTU}", (result.stdout + result.stderr).replace(": ", "=").replace("mtu ", "mtu="))

    def test_transfers_pass_whole_both_ways_with_offloads_on_and_off(self):
        for state in "on", "off":
            for sender, receiver, address in ("alice", "carol", CAROL), ("carol", "alice", ALICE):
                with self.subTest(offloads=state, sender=sender), file_of(16) as (_, path, expected):
                    self.lab.run(sender, "ethtool", "-K", "eth0", "tx", state, "tso", state, "gso", state)
                    with self.lab.start(receiver, "python3", lab.PROGRAMS / "sink.py", 9300, "--ipv6") as sink:
                        await_listener(self.lab, receiver, 9300)
                        program = "python3", lab.PROGRAMS / "source.py", address, 9300, path
                        self.lab.run(sender, *program, timeout=60)
                        self.assertEqual(sink.finish(20).split(), [str(16 << 20), expected])

    def test_super_frames_pass(self):
        self.lab.run("alice", "ethtool", "-K", "eth0", "tx", "on", "tso", "on", "gso", "on")
        with iperf3(self.lab, "carol"):
            report = json.loads(
                self.lab.run("alice", "iperf3", "-6", "--client", CAROL, "--time", "2", "--json", timeout=20).stdout
            )
        # Without them the devices make a quarter of what they can: a bound that no slow minute reaches.
        self.assertGreater(report["end"]["sum_received"]["bits_per_second"], 0.3e9)

    def test_what_is_shown(self):
        self.lab.run("alice", "ping", "-6", "-n", "-c", "1", "-W", "2", CAROL)
        neighbors = {row["address"]: row for row in self.lab.show_json("ipv6", "neighbors")}
        self.assertEqual(neighbors[CAROL]["interface"], "outside0")
        self.assertRegex(neighbors[CAROL]["hardwareAddress"], r"^([0-9a-f]{2}:){5}[0-9a-f]{2}$")
        routes = self.lab.show("ipv6", "route")
        self.assertIn("C   2001:db8:a::/64\n     via inside0, directly connected", routes)
        self.assertIn(f"S   2001:db8:c::/48\n     via {CAROL}, outside0", routes)
        interfaces = self.lab.show("ipv6", "interface", "brief")
        self.assertIn(f"    {self.link_local()}\n    {INSIDE}/64", interfaces)

    def test_a_reload_brings_a_route_and_takes_it_away(self):
        other = "2001:db8:e::20"
        self.lab.run("carol", "ip", "-6", "addr", "replace", f"{other}/128", "dev", "lo", "nodad")
        ping = "ping", "-6", "-n", "-c", "1", "-W", "2", other
        self.assertIn("No route", self.lab.run("alice", *ping, check=False).stdout)
        self.addCleanup(self.lab.sallyport, "reload")
        self.addCleanup(self.lab.rewrite, self.lab.text)
        self.lab.rewrite(self.lab.text + f"ipv6 route 2001:db8:e::/48 {CAROL}\n")
        self.lab.sallyport("reload")
        self.lab.run("alice", *ping)
        self.assertIn("S   2001:db8:e::/48", self.lab.show("ipv6", "route"))

    def test_ipv4_is_translated_beside_it(self):
        self.lab.run("alice", "ping", "-n", "-c", "1", "-W", "2", lab.CAROL)


@lab.sallyport_only
class WithoutIPv6(lab.LabTestCase):
    """The ordinary lab: interfaces without IPv6 address drop and count it."""

    def test_it_is_dropped_and_counted(self):
        shared = lab.shared()
        before = shared.drops("ipv6")
        shared.run("alice", "sysctl", "-qw", "net.ipv6.conf.eth0.disable_ipv6=0")
        try:
            shared.run("alice", "ping", "-6", "-n", "-c", "1", "-W", "1", "ff02::1%eth0", check=False)
            self.eventually(lambda: shared.drops("ipv6") > before, "nothing was counted")
        finally:
            shared.run("alice", "sysctl", "-qw", "net.ipv6.conf.eth0.disable_ipv6=1")
