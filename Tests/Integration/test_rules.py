"""Which rule translates a packet, and to what: lists, route maps, networks, ports, interfaces, rotary pools."""

import lab
from captures import capture
from servers import nginx, observer

STATEMENTS = """
ip access-list extended TO-CAROL
 10 deny tcp any host 203.0.113.10 eq 8088
 20 permit ip host 10.10.10.10 host 203.0.113.10
ip access-list extended TO-DAVE
 permit udp host 10.10.10.10 host 203.0.113.11 range 7000 7999
 permit tcp host 10.10.10.10 host 203.0.113.11 eq www
route-map CAROL permit 10
 match ip address TO-CAROL
!
ip access-list standard BOB
 permit 10.10.10.11
ip access-list standard SPLIT
 permit 10.10.10.40 0.0.0.3
ip access-list standard REST
 deny 10.10.10.64 0.0.0.15
 permit 10.10.10.0 0.0.0.63
!
ip nat pool CAROLS 203.0.113.110 203.0.113.110 prefix-length 24
ip nat pool DAVES 203.0.113.120 203.0.113.120 prefix-length 24
ip nat pool SPLIT prefix-length 24
 address 203.0.113.130 203.0.113.130
 address 203.0.113.140 203.0.113.141
 exclude 203.0.113.140
!
ip nat inside source route-map CAROL pool CAROLS overload
ip nat inside source list TO-DAVE pool DAVES overload
ip nat inside source list SPLIT pool SPLIT
ip nat inside source list BOB interface outside0 overload
ip nat inside source static network 10.10.10.64 203.0.113.64 /28
ip nat inside source static tcp 10.10.10.10 8081 interface outside0 81
ip nat inside source static udp 10.10.10.10 7777 203.0.113.1 77 extendable
!
access-list 30 permit 203.0.113.90
ip nat pool REAL 10.10.10.31 10.10.10.33 prefix-length 24 type rotary
ip nat inside destination list 30 pool REAL
"""

REAL = [f"10.10.10.{last}" for last in (31, 32, 33)]


@lab.sallyport_only
class Rules(lab.LabTestCase):
    @classmethod
    def setUpClass(cls):
        name = f"{lab.NAME}-rules"
        cls.lab = lab.Lab(name, lab.configuration(name, statements=STATEMENTS)).up()
        cls.addClassCleanup(cls.lab.down)
        cls.lab.add_addresses("alice", *REAL, *(f"10.10.10.{last}" for last in (40, 41, 42, 66, 67)))

    def ask(self, host, transport, *endpoints, bind="", local=50000):
        """As whom observers see the local port of a host."""
        program = "python3", lab.PROGRAMS / "ask.py", transport, local, *endpoints
        return self.lab.run(host, *program, *(("--bind", bind) if bind else ())).stdout.splitlines()

    def test_the_destination_chooses_the_pool(self):
        with observer(self.lab, "carol", "dave", port=7640):
            to_carol, to_dave = self.ask("alice", "udp", f"{lab.CAROL}:7640", f"{lab.DAVE}:7640")
        self.assertEqual(to_carol.split()[0], "203.0.113.110")
        self.assertEqual(to_dave.split()[0], "203.0.113.120")

    def test_the_port_of_the_destination_decides_too(self):
        with nginx(self.lab, "dave"), observer(self.lab, "dave", port=8000), capture(self.lab, "dave") as seen:
            self.assertEqual(
                self.lab.run("alice", "curl", "-sS", "-m", "5", f"http://{lab.DAVE}/").stdout.strip(), "203.0.113.120"
            )
            # No rule speaks of this port, so the packet leaves as it is, and dave knows no way back.
            self.assertEqual(self.ask("alice", "udp", f"{lab.DAVE}:8000", local=50001), ["-"])
        self.assertEqual({row[0] for row in seen.select("udp.dstport == 8000", "ip.src")}, {lab.ALICE})

    def test_what_the_list_of_a_route_map_denies_is_not_translated_by_it(self):
        with capture(self.lab, "carol") as seen:
            for port in 8087, 8088:
                self.lab.run("alice", "curl", "-sS", "-m", "1", f"http://{lab.CAROL}:{port}/", check=False)
        sources = dict(seen.select("tcp.flags.syn == 1 && tcp.flags.ack == 0", "tcp.dstport", "ip.src"))
        self.assertEqual(sources, {"8087": "203.0.113.110", "8088": lab.ALICE})

    def test_a_rule_on_an_interface_uses_its_address(self):
        with observer(self.lab, "carol", port=7641):
            (seen,) = self.ask("bob", "udp", f"{lab.CAROL}:7641")
        self.assertEqual(seen.split()[0], lab.GATEWAY_OUTSIDE)

    def test_a_pool_of_several_ranges_gives_all_its_addresses_but_the_excluded(self):
        with observer(self.lab, "carol", port=7642):
            seen = [self.ask("alice", "udp", f"{lab.CAROL}:7642", bind=f"10.10.10.{last}")[0] for last in (40, 41, 42)]
        given = {answer.split()[0] for answer in seen if answer != "-"}
        self.assertEqual(given, {"203.0.113.130", "203.0.113.141"})
        self.assertEqual(seen.count("-"), 1, "three hosts, two addresses")
        self.assertGreaterEqual(self.lab.drops("addresses-exhausted"), 1)

    def test_a_network_entry_keeps_host_parts_and_works_from_both_sides(self):
        with observer(self.lab, "carol", port=7643):
            for last in 66, 67:
                seen = self.ask("alice", "udp", f"{lab.CAROL}:7643", bind=f"10.10.10.{last}")
                self.assertEqual(seen, [f"203.0.113.{last} 50000"])
        with nginx(self.lab, "alice"):
            output = self.lab.run("dave", "curl", "-sS", "-m", "5", "http://203.0.113.67/server").stdout
        self.assertEqual(output.strip(), "10.10.10.67")

    def test_a_static_port_on_an_interface_leads_inside_and_other_ports_do_not(self):
        with nginx(self.lab, "alice", port=8081):
            output = self.lab.run("dave", "curl", "-sS", "-m", "5", f"http://{lab.GATEWAY_OUTSIDE}:81/").stdout
            self.assertEqual(output.strip(), lab.DAVE)
            result = self.lab.run("dave", "curl", "-sS", "-m", "1", f"http://{lab.GATEWAY_OUTSIDE}:8081/", check=False)
            self.assertNotEqual(result.returncode, 0)

    def test_a_static_udp_port_answers_from_the_port_that_was_asked(self):
        with observer(self.lab, "alice", port=7777):
            program = "python3", lab.PROGRAMS / "ask.py", "udp", 50100, f"{lab.GATEWAY_OUTSIDE}:77"
            self.assertEqual(self.lab.run("dave", *program).stdout.split(), [lab.DAVE, "50100"])

    def test_connections_to_a_virtual_host_go_to_its_real_hosts_in_turn(self):
        with nginx(self.lab, "alice"):
            served = [
                self.lab.run("dave", "curl", "-sS", "-m", "5", "http://203.0.113.90/server").stdout.strip()
                for _ in range(30)
            ]
        self.assertEqual(set(served), set(REAL))
        for address in REAL:
            self.assertGreaterEqual(served.count(address), 5, served)

    def test_a_virtual_host_is_for_tcp_only(self):
        with capture(self.lab, "alice") as seen:
            self.lab.run("dave", "ping", "-q", "-c", "1", "-W", "0.5", "203.0.113.90", check=False)
            self.lab.run("dave", "bash", "-c", "echo x >/dev/udp/203.0.113.90/80")
        self.assertEqual(seen.count(f"(icmp || udp) && ip.addr == {lab.DAVE}"), 0)

    def test_the_gateway_answers_arp_for_every_address_it_translates_to(self):
        for address in "203.0.113.67", "203.0.113.90", "203.0.113.110", "203.0.113.141":
            self.lab.run("carol", "ping", "-q", "-c", "1", "-W", "0.3", address, check=False)
            entry = self.lab.run("carol", "ip", "neighbour", "show", address).stdout
            self.assertIn("lladdr", entry, address)
        self.lab.run("carol", "ping", "-q", "-c", "1", "-W", "0.3", "203.0.113.140", check=False)
        self.assertNotIn("lladdr", self.lab.run("carol", "ip", "neighbour", "show", "203.0.113.140").stdout)
