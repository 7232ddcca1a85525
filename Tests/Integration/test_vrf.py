"""Routing instances: the same addresses in use twice, at once, without meeting."""

import contextlib

import lab
from captures import capture
from servers import nginx, observer, receiver, vsftpd


def setUpModule():
    lab.shared()


def ask(host, transport, local, *endpoints, the_lab=None):
    """As whom the observers at `endpoints` see the local port of `host`."""
    program = "python3", lab.PROGRAMS / "ask.py", transport, local
    return (the_lab or lab.shared()).run(host, *program, *endpoints).stdout.splitlines()


class SameAddressesTwice(lab.LabTestCase):
    """alice and red are both 10.10.10.10 behind a gateway's 10.10.10.1; red's instance is RED."""

    def test_both_speak_from_the_same_address_and_port_to_the_same_server_at_once(self):
        with observer(lab.shared(), "carol", port=7600):
            program, endpoints = ("python3", lab.PROGRAMS / "ask.py"), [f"{lab.CAROL}:7600"] * 20
            asking = [
                lab.shared().start(host, *program, transport, 47000, *endpoints)
                for transport in ("udp", "tcp")
                for host in ("alice", "red")
            ]
            with contextlib.ExitStack() as stack:
                for running in asking:
                    stack.enter_context(running)
                seen = [running.finish(20).splitlines() for running in asking]
        for answers in seen[0], seen[2]:
            addresses = {answer.split()[0] for answer in answers}
            self.assertEqual((len(answers), len(addresses)), (20, 1), answers)
            self.assertLessEqual(addresses, lab.POOL)
        for answers in seen[1], seen[3]:
            self.assertEqual(answers, [f"{lab.RED_GLOBAL} 47000"] * 20)

    def test_red_is_reached_by_his_static_address_and_alice_sees_nothing_of_it(self):
        with nginx(lab.shared(), "red"), capture(lab.shared(), "alice") as seen:
            for host, address in ("dave", lab.DAVE), ("carol", lab.CAROL):
                output = lab.shared().run(host, "curl", "-sS", "-m", "5", f"http://{lab.RED_GLOBAL}/").stdout
                self.assertEqual(output.strip(), address)
            lab.shared().run("dave", "ping", "-q", "-c", "3", "-i", "0.05", lab.RED_GLOBAL)
        # An answer to something that alice asked in an earlier test is no stray.
        askers = f"ip.src in {{{lab.DAVE}, {lab.CAROL}}}"
        strays = f"ip.dst == {lab.ALICE} && {askers} && (tcp.dstport == 80 || icmp.type == 8)"
        self.assertEqual(seen.select(strays, "ip.src", "frame.protocols"), [])

    def test_an_error_about_reds_packet_reaches_red_and_not_alice(self):
        with capture(lab.shared(), "alice") as alice, capture(lab.shared(), "red") as red:
            lab.shared().run("red", "bash", "-c", f"echo x >/dev/udp/{lab.CAROL}/9; sleep 0.2")
        told = red.select("icmp.type == 3 && icmp.code == 3", "ip.src", "ip.dst")
        self.assertEqual(told, [(f"{lab.CAROL},{lab.RED}", f"{lab.RED},{lab.CAROL}")])
        self.assertEqual(alice.count(f"icmp.type == 3 && ip.src == {lab.CAROL} && udp.dstport == 9"), 0)

    def test_outside_never_sees_reds_own_address(self):
        with nginx(lab.shared(), "carol"), capture(lab.shared(), "carol") as seen:
            lab.shared().run("red", "curl", "-sS", "-o", "/dev/null", f"http://{lab.CAROL}/?[1-10]")
            lab.shared().run("red", "ping", "-q", "-c", "2", "-i", "0.05", lab.CAROL)
        self.assertGreater(seen.count(f"ip.addr == {lab.RED_GLOBAL}"), 0)
        self.assertEqual(seen.count(f"ip.addr == {lab.INSIDE_NETWORK}"), 0)

    @lab.sallyport_only
    def test_the_listing_of_an_instance_shows_its_entries_only(self):
        with observer(lab.shared(), "carol", port=7601):
            ask("alice", "udp", 47010, f"{lab.CAROL}:7601")
            ask("red", "udp", 47011, f"{lab.CAROL}:7601")
        red = {row[1] for row in lab.shared().translations("vrf", "RED")}
        self.assertIn(f"{lab.RED_GLOBAL}:47011", red)
        self.assertEqual({endpoint.split(":")[0] for endpoint in red}, {lab.RED_GLOBAL})
        everything = {row[1] for row in lab.shared().translations()}
        self.assertIn(f"{lab.RED_GLOBAL}:47011", everything)
        self.assertTrue(any(row.endswith(":47010") for row in everything), everything)

    @lab.sallyport_only
    def test_an_instance_goes_by_its_own_routes(self):
        # The global table reaches 198.51.100.0/24 by 203.0.113.200; red's default route leads to 203.0.113.254.
        asked = {}
        for host in "red", "alice":
            with capture(lab.shared(), "carol") as seen:
                lab.shared().run(host, "ping", "-q", "-c", "1", "-W", "1", "198.51.100.77", check=False)
            asked[host] = {row[0] for row in seen.select("arp.opcode == 1", "arp.dst.proto_ipv4")}
        self.assertIn("203.0.113.254", asked["red"])
        self.assertNotIn("203.0.113.200", asked["red"])
        self.assertIn("203.0.113.200", asked["alice"])


MATCH_IN_VRF = """
access-list 10 permit 10.10.10.0 0.0.0.255
ip nat pool OUT 203.0.113.100 203.0.113.103 prefix-length 24
ip nat inside source list 10 pool OUT overload
ip vrf RED
!
interface inside1
 device tap sp-red netns {name}-redlan
 ip vrf forwarding RED
 ip address 10.10.10.1 255.255.255.0
 ip nat inside
!
interface outside1
 device tap sp-outside1 netns {name}-wan
 ip vrf forwarding RED
 ip address 203.0.113.1 255.255.255.0
 ip nat outside
!
ip nat pool RED-OUT 203.0.113.100 203.0.113.100 prefix-length 24
ip nat inside source list 10 pool RED-OUT vrf RED match-in-vrf overload
ip nat inside source static tcp 10.10.10.10 8080 203.0.113.60 80 vrf RED match-in-vrf
ip nat inside source static tcp 10.10.10.10 21 203.0.113.60 21 vrf RED match-in-vrf
"""

RED_SERVER = "203.0.113.10"


@lab.sallyport_only
class InstanceWithItsOwnOutside(lab.LabTestCase):
    """RED has an outside interface too, and there the same addresses as the global outside has: `match-in-vrf`."""

    @classmethod
    def setUpClass(cls):
        name = f"{lab.NAME}-vrf"
        text = lab.configuration(name, statements=MATCH_IN_VRF.format(name=name))
        cls.lab = lab.Lab(name, text).up()
        cls.addClassCleanup(cls.lab.down)
        cls.part_segments()

    @classmethod
    def part_segments(cls):
        """Moves RED's outside device to a bridge of its own, and dave, as another carol, with it."""
        for command in (
            "link add br1 type bridge stp_state 0 forward_delay 0 mcast_snooping 0", "link set br1 up",
            "link set sp-outside1 master br1", "link set dave master br1",
        ):
            cls.lab.run("wan", "ip", *command.split())
        for host in "carol", "dave", "red":
            cls.lab.run(host, "ip", "neighbour", "flush", "all")
        cls.lab.run("dave", "ip", "address", "del", f"{lab.DAVE}/24", "dev", "eth0")
        cls.lab.run("dave", "ip", "address", "add", f"{RED_SERVER}/24", "dev", "eth0")

    def test_two_servers_of_one_address_each_see_their_own_client(self):
        with nginx(self.lab, "carol"), nginx(self.lab, "dave"):
            carol = self.lab.run("alice", "curl", "-sS", "-m", "5", f"http://{RED_SERVER}/").stdout.strip()
            dave = self.lab.run("red", "curl", "-sS", "-m", "5", f"http://{RED_SERVER}/").stdout.strip()
        self.assertIn(carol, lab.POOL)
        self.assertEqual(dave, "203.0.113.100")

    def test_both_instances_use_the_same_inside_global_endpoint_at_once(self):
        # dave and carol listen on one endpoint; the pools overlap on purpose.
        with receiver(self.lab, "carol", 7610) as carol, receiver(self.lab, "dave", 7610) as dave:
            for host in "alice", "red":
                self.lab.run(
                    host, "bash", "-c", f"for n in 1 2 3; do echo {host} >/dev/udp/{RED_SERVER}/7610; done; sleep 0.3"
                )
            heard = [running.stop().splitlines() for running in (carol, dave)]
        self.assertEqual([len(lines) for lines in heard], [3, 3])
        self.assertEqual({line.split()[0] for line in heard[1]}, {"203.0.113.100"})
        self.assertNotEqual(heard[0][0].split()[3], heard[1][0].split()[3], "each heard its own client")

    def test_ftp_works_in_the_instance_whichever_side_the_server_is_on(self):
        for server, client, address in ("dave", "red", RED_SERVER), ("red", "dave", lab.RED_GLOBAL):
            with vsftpd(self.lab, server) as root:
                (root / "data").write_bytes(server.encode() * 50_000)
                for mode in ("--ftp-port", "-", "--disable-eprt"), ("--disable-epsv",), ("--ftp-port", "-"), ():
                    with self.subTest(mode, server=server):
                        got = self.lab.run(client, "curl", "-sS", "-m", "8", *mode, f"ftp://{address}/data").stdout
                        self.assertEqual(got, server * 50_000)
        # In the global instance there is nobody behind red's address, nor a door of his.
        result = self.lab.run("carol", "curl", "-sS", "-m", "1", f"ftp://{lab.RED_GLOBAL}/data", check=False)
        self.assertNotEqual(result.returncode, 0)

    def test_a_static_port_of_the_instance_is_open_on_its_own_outside_only(self):
        with nginx(self.lab, "red", port=8080):
            seen = self.lab.run("dave", "curl", "-sS", "-m", "5", f"http://{lab.RED_GLOBAL}/").stdout.strip()
            self.assertEqual(seen, RED_SERVER)
            result = self.lab.run("carol", "curl", "-sS", "-m", "1", f"http://{lab.RED_GLOBAL}/", check=False)
            self.assertNotEqual(result.returncode, 0)
