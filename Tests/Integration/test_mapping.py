"""How mappings behave towards the outside: endpoint-independent mapping, filtering, paired pooling (RFC 4787, 5382)."""

import contextlib

import lab
from servers import await_listener


def setUpModule():
    lab.shared()


@contextlib.contextmanager
def observers(port):
    """Programs on carol and dave that tell each client as whom they see it."""
    program = "python3", lab.PROGRAMS / "observer.py", port
    with lab.shared().start("carol", *program), lab.shared().start("dave", *program):
        for host in "carol", "dave":
            await_listener(lab.shared(), host, port)
        yield [f"{lab.CAROL}:{port}", f"{lab.DAVE}:{port}"]


def ask(host, transport, local, endpoints):
    """As whom the observers at `endpoints` see the local port of `host`."""
    program = "python3", lab.PROGRAMS / "ask.py", transport, local
    return lab.shared().run(host, *program, *endpoints).stdout.splitlines()


class Mapping(lab.LabTestCase):
    @lab.sallyport_only  # The kernel's mapping is endpoint-dependent wherever two hosts want one port.
    def test_one_inside_endpoint_is_one_outside_endpoint_whomever_it_talks_to(self):
        with observers(7000) as endpoints:
            # bob's static address keeps his ports, so alice shows the pool's behaviour.
            for transport, local in ("udp", 41000), ("tcp", 41001):
                with self.subTest(transport):
                    first, second = ask("alice", transport, local, endpoints)
                    self.assertNotEqual(first, "-")
                    self.assertEqual(first, second)

    def test_all_sessions_of_a_host_leave_by_one_address(self):
        with observers(7000) as endpoints:
            seen = {
                answer.split()[0]
                for transport in ("udp", "tcp")
                for local in range(42000, 42010)
                for answer in ask("alice", transport, local, endpoints)
            }
        self.assertEqual(len(seen), 1)
        self.assertLessEqual(seen, lab.POOL)

    def test_a_static_host_keeps_its_ports(self):
        with observers(7000) as endpoints:
            self.assertEqual(ask("bob", "udp", 43000, endpoints), [f"{lab.BOB_GLOBAL} 43000"] * 2)
            self.assertEqual(ask("bob", "tcp", 43001, endpoints), [f"{lab.BOB_GLOBAL} 43001"] * 2)

    def test_a_port_keeps_its_class(self):
        with observers(7000) as endpoints:
            low, high = ask("alice", "udp", 900, endpoints)[0], ask("alice", "udp", 44001, endpoints)[0]
        self.assertLess(int(low.split()[1]), 1024)
        self.assertGreaterEqual(int(high.split()[1]), 1024)
