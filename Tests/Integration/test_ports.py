"""Which ports hosts get: in sets, computable, and after a rest (RFC 6888 section 4, RFC 7422, RFC 6888 REQ-8)."""

import json
import pathlib
import subprocess
import tempfile
import time

import lab
from servers import observer

POOL_OF_ONE = """
access-list 10 permit 10.10.10.0 0.0.0.255
ip nat pool ONE 203.0.113.100 203.0.113.100 prefix-length 24
"""


def many(the_lab, source, first, count, *options, host="alice", port=7660):
    """(local port, address, port) as carol sees of `count` UDP ports of a host's address, as far as answered."""
    program = "python3", lab.PROGRAMS / "many_ports.py", source, first, count, f"{lab.CAROL}:{port}", *options
    lines = the_lab.run(host, *program).stdout.splitlines()
    return [(int(local), address, int(port)) for local, address, port in map(str.split, lines)]


class Ports(lab.LabTestCase):
    """A lab for each configuration; these say something about the whole gateway."""

    def raised(self, statements, cores=None):
        name = f"{lab.NAME}-ports"
        result = lab.Lab(name, lab.configuration(name, statements=statements, cores=cores)).up()
        self.addCleanup(result.down)
        return result


@lab.sallyport_only
class PortSets(Ports):
    SETS = POOL_OF_ONE + "ip nat inside source list 10 pool ONE overload\n"

    def test_a_host_gets_ports_set_by_set_and_no_set_is_two_hosts(self):
        the_lab = self.raised(self.SETS + "ip nat settings pap limit 60 bpa set-size 64 step-size 4\n")

        def set_of(port):
            # Groups of four sets of 64 ports, interleaved.
            group, place = divmod(port - 1024, 64 * 4)
            return group, place % 4

        with observer(the_lab, "carol", port=7660):
            alice = many(the_lab, lab.ALICE, 20000, 200)
            bob = many(the_lab, lab.BOB, 20000, 200, host="bob")
        self.assertEqual((len(alice), len(bob)), (200, 200))
        of_alice, of_bob = ({set_of(port) for _, _, port in seen} for seen in (alice, bob))
        for sets in of_alice, of_bob:
            self.assertEqual(len(sets), 4, "200 ports are four sets of 64")
        self.assertEqual(of_alice & of_bob, set())
        self.assertEqual({address for _, address, _ in alice + bob}, {"203.0.113.100"})
        shown = the_lab.show("ip", "nat", "bpa")
        self.assertRegex(shown, r"(?i)port set size: *64")
        self.assertRegex(shown, r"(?i)port step size: *4")

    def test_a_host_with_a_single_set_gets_no_port_beyond_it(self):
        the_lab = self.raised(self.SETS + "ip nat settings pap bpa set-size 64 step-size 1 single-set\n")
        with observer(the_lab, "carol", port=7660):
            alice = many(the_lab, lab.ALICE, 20000, 70)
            self.assertEqual(len(alice), 64)
            self.assertEqual(len({(port - 1024) // 64 for _, _, port in alice}), 1)
            self.assertGreaterEqual(the_lab.drops("ports-exhausted"), 6)
            self.assertEqual(len(many(the_lab, lab.BOB, 20000, 10, host="bob")), 10, "others have theirs")

    def test_no_more_hosts_share_an_address_than_allowed(self):
        the_lab = self.raised(self.SETS.replace(
            "203.0.113.100 203.0.113.100", "203.0.113.100 203.0.113.101") + "ip nat settings pap limit 30\n")
        hosts = [f"10.10.10.{last}" for last in range(100, 170)]
        the_lab.add_addresses("alice", *hosts)
        with observer(the_lab, "carol", port=7660):
            seen = [answer for host in hosts for answer in many(the_lab, host, 20000, 1, "--wait", "0.2")]
        used = [address for _, address, _ in seen]
        self.assertEqual(len(used), 60, "seventy hosts, two addresses for thirty each")
        self.assertEqual({used.count(address) for address in set(used)}, {30})


DETERMINISTIC = """
access-list 10 permit 10.10.10.0 0.0.0.255
ip nat pool FEW 203.0.113.100 203.0.113.101 prefix-length 24
ip nat inside source list 10 pool FEW overload deterministic ports-per-host 128 reserved 512
"""


@lab.sallyport_only
class DeterministicPorts(Ports):
    def computed(self, *words):
        """What the command says that needs no gateway, only the configuration."""
        with tempfile.TemporaryDirectory(prefix="sallyport-test-") as directory:
            path = pathlib.Path(directory) / "gateway.conf"
            path.write_text(lab.configuration("any", statements=DETERMINISTIC))
            command = [str(lab.BINARIES / "sallyport"), "deterministic", *words, "--config", str(path), "--json"]
            result = subprocess.run(command, text=True, capture_output=True, timeout=20)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def test_every_port_a_host_gets_is_the_one_that_can_be_computed_and_the_other_way_round(self):
        the_lab = self.raised(DETERMINISTIC)
        hosts = [f"10.10.10.{last}" for last in (77, 254)]
        the_lab.add_addresses("alice", *hosts)
        with observer(the_lab, "carol", port=7660):
            seen = {host: many(the_lab, host, 30000, 130) for host in [lab.ALICE, *hosts]}
            seen[lab.BOB] = many(the_lab, lab.BOB, 30000, 130, host="bob")
        for host, ports in seen.items():
            with self.subTest(host):
                said = self.computed("inside", host)
                address, first, last = said["insideGlobal"], said["firstPort"], said["lastPort"]
                self.assertEqual(last - first + 1, 128)
                self.assertGreaterEqual(first, 1024 + 512)
                self.assertEqual(len(ports), 128, "and not one more")
                self.assertEqual({seen_as for _, seen_as, _ in ports}, {address})
                self.assertEqual({port for _, _, port in ports}, set(range(first, last + 1)))
                for port in first, last:
                    self.assertEqual(self.computed("global", address, str(port))["insideLocal"], host)
        everything = [(address, port) for ports in seen.values() for _, address, port in ports]
        self.assertEqual(len(everything), len(set(everything)))


@lab.sallyport_only
class HoldDown(Ports):
    def test_a_freed_port_rests_before_another_host_gets_it(self):
        the_lab = self.raised("""
access-list 10 permit 10.10.10.0 0.0.0.255
ip nat inside source list 10 interface outside0 overload filtering endpoint-independent
ip nat settings interface-overload port range 50000 50001
ip nat settings hold-down 6
ip nat translation udp-timeout 2
""")
        with observer(the_lab, "carol", port=7660):
            self.assertEqual(len(many(the_lab, lab.ALICE, 50000, 2, "--wait", "0.3")), 2)
            # Both ports are alice's; bob waits for their timeout (2 s), and then for their rest (6 s).
            began, got = time.monotonic(), []
            while time.monotonic() < began + 20 and not got:
                got = many(the_lab, lab.BOB, 50000, 1, "--wait", "0.3", host="bob")
                time.sleep(0.2)
            took = time.monotonic() - began
        self.assertEqual(len(got), 1, "bob never got a port")
        self.assertGreater(took, 6, "bob got alice's port while it should rest")
        self.assertGreaterEqual(the_lab.drops("ports-exhausted"), 3)
