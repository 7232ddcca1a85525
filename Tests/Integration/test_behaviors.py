"""Mapping, filtering, pooling and port assignment as each rule chooses them (RFC 4787 sections 4 and 5)."""

import lab
from servers import observer

# One address of alice's for each behaviour.
HOSTS = {
    "EIF": "10.10.10.21", "ADF": "10.10.10.22", "APDF": "10.10.10.23", "ADM": "10.10.10.24", "APDM": "10.10.10.25",
    "ARBITRARY": "10.10.10.26", "RANDOM": "10.10.10.27",
}
OPTIONS = {
    "EIF": "filtering endpoint-independent", "ADF": "filtering address-dependent",
    "APDF": "filtering address-and-port-dependent", "ADM": "mapping address-dependent",
    "APDM": "mapping address-and-port-dependent", "ARBITRARY": "pooling arbitrary", "RANDOM": "ports random",
}
STATEMENTS = "ip nat pool OUT 203.0.113.100 203.0.113.103 prefix-length 24\n" + "".join(
    f"ip access-list standard {name}\n permit host {address}\n!\n"
    f"ip nat inside source list {name} pool OUT overload {OPTIONS[name]}\n"
    for name, address in HOSTS.items()
)


@lab.sallyport_only
class Behaviors(lab.LabTestCase):
    @classmethod
    def setUpClass(cls):
        name = f"{lab.NAME}-behavior"
        cls.lab = lab.Lab(name, lab.configuration(name, statements=STATEMENTS)).up()
        cls.addClassCleanup(cls.lab.down)
        cls.lab.add_addresses("alice", *HOSTS.values())

    def ask(self, rule, transport, local, *endpoints, more=()):
        """As whom observers see a port of the host that the rule is for."""
        program = "python3", lab.PROGRAMS / "ask.py", transport, local, *endpoints, "--bind", HOSTS[rule], *more
        return self.lab.run("alice", *program).stdout.splitlines()

    def uninvited(self, rule, local):
        """From whom of these a mapping made by asking carol's port 7650 takes datagrams: carol's other ports, dave."""
        program = "python3", lab.PROGRAMS / "ask.py", "udp", local, f"{lab.CAROL}:7650", "--bind", HOSTS[rule]
        with observer(self.lab, "carol", port=7650):
            with self.lab.start("alice", *program, "--then-listen", "1.5") as asking:
                address, port = asking.process.stdout.readline().split()
                for host in "carol", "dave":
                    self.lab.run(host, "bash", "-c", f"echo uninvited >/dev/udp/{address}/{port}")
                heard = asking.finish(10).splitlines()
        return {line.split()[1] for line in heard}

    def test_endpoint_independent_filtering_admits_everybody(self):
        self.assertEqual(self.uninvited("EIF", 51000), {lab.CAROL, lab.DAVE})

    def test_address_dependent_filtering_admits_every_port_of_a_host_spoken_to(self):
        self.assertEqual(self.uninvited("ADF", 51000), {lab.CAROL})

    def test_address_and_port_dependent_filtering_admits_nobody_else(self):
        before = self.lab.drops("filtered")
        self.assertEqual(self.uninvited("APDF", 51000), set())
        self.assertGreaterEqual(self.lab.drops("filtered"), before + 2)

    def test_the_mapping_is_one_whatever_the_filtering(self):
        with observer(self.lab, "carol", "dave", port=7651):
            for rule in "EIF", "ADF", "APDF":
                seen = self.ask(rule, "udp", 51100, f"{lab.CAROL}:7651", f"{lab.DAVE}:7651")
                self.assertEqual(len(set(seen)), 1, rule)
                self.assertNotIn("-", seen)

    def connected(self, rule, local):
        """From whom a TCP listener on a port that has spoken to carol takes connections."""
        program = "python3", lab.PROGRAMS / "open_port.py", HOSTS[rule], local, f"{lab.CAROL}:7652"
        with observer(self.lab, "carol", port=7652), self.lab.start("alice", *program) as opened:
            address, port = opened.process.stdout.readline().split()
            for host in "carol", "dave":
                self.lab.run(host, "timeout", "1", "bash", "-c", f"echo x >/dev/tcp/{address}/{port}", check=False)
            return {line.split()[0] for line in opened.finish(10).splitlines()}

    def test_connections_from_outside_are_admitted_by_the_same_behaviours(self):
        self.assertEqual(self.connected("EIF", 51200), {lab.CAROL, lab.DAVE})
        self.assertEqual(self.connected("ADF", 51200), {lab.CAROL})
        self.assertEqual(self.connected("APDF", 51200), set())

    def test_a_mapping_may_depend_on_the_address_spoken_to(self):
        with observer(self.lab, "carol", "dave", port=7653), observer(self.lab, "carol", port=7654):
            first, other_port, other_host = self.ask(
                "ADM", "udp", 51300, f"{lab.CAROL}:7653", f"{lab.CAROL}:7654", f"{lab.DAVE}:7653"
            )
        self.assertNotIn("-", (first, other_port, other_host))
        self.assertEqual(first, other_port)
        self.assertNotEqual(first, other_host)
        self.assertEqual(first.split()[0], other_host.split()[0], "pooling is paired all the same")

    def test_a_mapping_may_depend_on_the_address_and_port_spoken_to(self):
        endpoints = f"{lab.CAROL}:7653", f"{lab.CAROL}:7654", f"{lab.DAVE}:7653"
        with observer(self.lab, "carol", "dave", port=7653), observer(self.lab, "carol", port=7654):
            seen = self.ask("APDM", "udp", 51300, *endpoints)
            self.assertEqual(len(set(seen) - {"-"}), 3, seen)
            self.assertEqual(self.ask("APDM", "udp", 51300, *endpoints), seen, "and stays what it is")

    def test_arbitrary_pooling_uses_several_addresses_for_one_host(self):
        with observer(self.lab, "carol", port=7655):
            seen = self.many("ARBITRARY", 52000, 40)
        self.assertGreater(len({address for _, address, _ in seen}), 1)

    def test_paired_pooling_uses_one(self):
        with observer(self.lab, "carol", port=7655):
            seen = self.many("EIF", 52000, 40)
        self.assertEqual(len({address for _, address, _ in seen}), 1)

    def test_random_ports_are_not_those_of_the_inside_and_keep_their_class_and_parity(self):
        with observer(self.lab, "carol", port=7655):
            seen = self.many("RANDOM", 52000, 40)
        kept = [local for local, _, port in seen if local == port]
        self.assertLess(len(kept), 5)
        for local, _, port in seen:
            self.assertGreaterEqual(port, 1024)
            self.assertEqual(port % 2, local % 2, "RFC 4787 REQ-4")

    def many(self, rule, first, count):
        """(local port, address, port) as seen outside of `count` ports of the rule's host, all of them answered."""
        program = "python3", lab.PROGRAMS / "many_ports.py", HOSTS[rule], first, count, f"{lab.CAROL}:7655"
        lines = [line.split() for line in self.lab.run("alice", *program).stdout.splitlines()]
        self.assertEqual(len(lines), count)
        return [(int(local), address, int(port)) for local, address, port in lines]
