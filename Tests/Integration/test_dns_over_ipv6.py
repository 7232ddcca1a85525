"""DNS over IPv6 (`ip nat service dns-v6`): what a name server says of IPv4 hosts is what the asker can reach, though the
question and its answer travel over IPv6, which nothing translates."""

import contextlib
import pathlib
import shutil
import subprocess

import gateways
import lab
from captures import capture
from gateways import configured
from servers import named

INSIDE, OUTSIDE = "2001:db8:a::1", "2001:db8:b::1"
ALICE, CAROL = "2001:db8:a::10", "2001:db8:b::20"

# More of them than 18 KB of a message hold, and as many as make a datagram large.
HUGE = [f"198.18.{number >> 8}.{number & 255}" for number in range(256, 256 + 2000)]
HUGE_LOCAL = [f"10.20.{number >> 8}.{number & 255}" for number in range(256, 256 + 2000)]
MANY, MANY_LOCAL = HUGE[:60], HUGE_LOCAL[:60]
LARGE = HUGE[:120]

STATE = pathlib.Path("/dev/shm") / f"{lab.NAME}-dns6-state"
SERVICE = "ip nat service dns-v6"
LISTS = f"""
ipv6 access-list SERVERS
 permit udp any host {CAROL} eq domain
 deny ipv6 any any
!
"""
MORE = f"""
ip nat inside source static network 10.20.0.0 198.18.0.0 /20
ipv6 unicast-routing
{LISTS}
"""

OUTSIDE_ZONE = f"""
bob A {lab.BOB_GLOBAL}
carol A {lab.CAROL}
bob AAAA 2001:db8:a::11
svc HTTPS 1 . alpn=h2 ipv4hint={lab.BOB_GLOBAL} ipv6hint=2001:db8:a::11
""" + "\n".join(f"many A {address}" for address in MANY) + "\n" + "\n".join(
    f"large A {address}" for address in LARGE) + "\n" + "\n".join(f"huge A {address}" for address in HUGE)
OUTSIDE_REVERSE = "50 PTR bob.lab.example.\n10 PTR carol.lab.example.\n"
INSIDE_ZONE = f"bob A {lab.BOB}\nbob AAAA 2001:db8:a::11\n"
INSIDE_REVERSE = "11 PTR bob.lab.example.\n"

VERIFY = "udp.check_checksum:TRUE", "tcp.check_checksum:TRUE"
BAD = 'udp.checksum.status == "Bad" || tcp.checksum.status == "Bad" || _ws.malformed'


def setUpModule():
    global the_lab
    if lab.PEER != "sallyport":
        return
    name = f"{lab.NAME}-dns6"
    text = lab.configuration(
        name, inside=f" ipv6 address {INSIDE}/64\n", outside=f" ipv6 address {OUTSIDE}/64\n",
        statements=gateways.STATEMENTS + MORE,
    )
    # With a state directory the devices outlive the daemon.
    shutil.rmtree(STATE, ignore_errors=True)
    lab.unittest.addModuleCleanup(shutil.rmtree, STATE, ignore_errors=True)
    the_lab = lab.Lab(name, text.replace(" poll adaptive\n", f" poll adaptive\n state-directory {STATE}\n")).up()
    lab.unittest.addModuleCleanup(the_lab.down)
    the_lab.run("alice", "sysctl", "-qw", "net.ipv6.conf.eth0.accept_ra=0")
    for host, address, gateway in ("alice", ALICE, INSIDE), ("carol", CAROL, OUTSIDE):
        for setting in "all.disable_ipv6=0", "eth0.disable_ipv6=0", "eth0.accept_dad=0", "eth0.dad_transmits=0":
            the_lab.run(host, "sysctl", "-qw", f"net.ipv6.conf.{setting}")
        the_lab.run(host, "ip", "-6", "addr", "add", f"{address}/64", "dev", "eth0", "nodad")
        the_lab.run(host, "ip", "-6", "route", "add", "2001:db8::/32", "via", gateway)


def ask(host, server, *words):
    """What dig prints as the short answer, line by line."""
    return the_lab.run(host, "dig", "-6", "+short", "+tries=2", "+time=2", f"@{server}", *words).stdout.split()


@contextlib.contextmanager
def outside_server():
    with named(the_lab, "carol", CAROL, lab_example=OUTSIDE_ZONE, _113_0_203_in_addr_arpa=OUTSIDE_REVERSE):
        yield


@contextlib.contextmanager
def inside_server():
    with named(the_lab, "alice", ALICE, lab_example=INSIDE_ZONE, _10_10_10_in_addr_arpa=INSIDE_REVERSE):
        yield


@contextlib.contextmanager
def without_offloads():
    """Hosts' kernels finish their checksums and segments themselves, so that a capture can judge them."""
    for host in "alice", "carol":
        the_lab.run(host, "ethtool", "-K", "eth0", "tx", "off", "tso", "off", "gso", "off")
    try:
        yield
    finally:
        for host in "alice", "carol":
            the_lab.run(host, "ethtool", "-K", "eth0", "tx", "on", "tso", "on", "gso", "on")


@lab.sallyport_only
class Switches(lab.LabTestCase):
    def test_without_the_service_answers_over_ipv6_are_left_as_they_are(self):
        with outside_server():
            for transport in "+notcp", "+tcp":
                self.assertEqual(ask("alice", CAROL, transport, "bob.lab.example"), [lab.BOB_GLOBAL])
            self.assertEqual(gateways.count(the_lab, "dns-v6")["state"], "off")
            # The switch of questions over IPv4 is another one.
            with configured(the_lab, SERVICE, "no ip nat service dns"):
                self.assertEqual(ask("alice", CAROL, "bob.lab.example"), [lab.BOB])
            with configured(the_lab, SERVICE, "no ip nat service all-algs"):
                self.assertEqual(ask("alice", CAROL, "bob.lab.example"), [lab.BOB_GLOBAL])
            self.assertEqual(ask("alice", CAROL, "bob.lab.example"), [lab.BOB_GLOBAL])

    def test_a_list_says_whose_questions_are_read(self):
        with outside_server(), inside_server(), configured(the_lab, f"{SERVICE} list SERVERS"):
            self.assertEqual(ask("alice", CAROL, "+notcp", "bob.lab.example"), [lab.BOB])
            self.assertEqual(ask("alice", CAROL, "+tcp", "bob.lab.example"), [lab.BOB_GLOBAL])
            self.assertEqual(ask("carol", ALICE, "+notcp", "bob.lab.example"), [lab.BOB])
            shown = the_lab.show("running-config")
            self.assertIn(f"{SERVICE} list SERVERS\n", shown)
            self.assertIn(LISTS.strip(), shown)
            self.assertIn("(IPv6, list SERVERS)", the_lab.show("ip", "nat", "gateways", "dns-v6"))

    def test_a_dry_run_tells_with_the_ends_addresses_and_changes_nothing(self):
        with outside_server(), configured(the_lab, SERVICE, f"{SERVICE} dry-run"):
            with gateways.trace(the_lab, "--json", "--host", ALICE) as told:
                self.assertEqual(ask("alice", CAROL, "bob.lab.example"), [lab.BOB_GLOBAL])
        [event] = told.events
        self.assertTrue(event["isDryRun"])
        self.assertEqual(event["gateway"], "dns-v6")
        self.assertTrue(event["insideLocal"].startswith(f"[{ALICE}]:"), event)
        self.assertEqual(event["outsideGlobal"], f"[{CAROL}]:53")

    def test_a_stream_that_is_under_way_when_the_service_is_switched_off_goes_on(self):
        with outside_server(), configured(the_lab, SERVICE):
            with self.talk() as talk:
                self.assertEqual(talk("bob"), lab.BOB)
                the_lab.rewrite(the_lab.text.replace(f"{SERVICE}\n", ""))
                the_lab.sallyport("reload")
                self.assertEqual(talk("bob"), lab.BOB_GLOBAL)
                self.assertEqual(talk("carol"), lab.CAROL)

    @contextlib.contextmanager
    def talk(self):
        with the_lab.start("alice", "python3", "-u", "-c", RESOLVER, CAROL, interactive=True) as program:
            def question(name):
                program.process.stdin.write(f"{name}\n")
                program.process.stdin.flush()
                return program.process.stdout.readline().strip()
            yield question


# Asks for the names that it is given on one connection, one question after the other.
RESOLVER = """
import socket, struct, sys
link = socket.create_connection((sys.argv[1], 53), timeout=5)
def whole(count):
    octets = b""
    while len(octets) < count:
        octets += link.recv(count - len(octets))
    return octets
for number, line in enumerate(sys.stdin):
    labels = [line.strip(), "lab", "example"]
    name = b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\\0"
    query = struct.pack(">6H", number, 0x100, 1, 0, 0, 0) + name + struct.pack(">2H", 1, 1)
    link.sendall(struct.pack(">H", len(query)) + query)
    answer = whole(struct.unpack(">H", whole(2))[0])
    print(socket.inet_ntoa(answer[-4:]), flush=True)
"""


@lab.sallyport_only
class ServerOutside(lab.LabTestCase):
    def setUp(self):
        super().setUp()
        self.enterContext(configured(the_lab, SERVICE))

    def test_alice_is_told_the_addresses_she_reaches_hosts_by(self):
        before = gateways.count(the_lab, "dns-v6")["edits"]
        with outside_server():
            for transport in "+notcp", "+tcp":
                with self.subTest(transport):
                    self.assertEqual(ask("alice", CAROL, transport, "bob.lab.example"), [lab.BOB])
                    self.assertEqual(ask("alice", CAROL, transport, "carol.lab.example"), [lab.CAROL])
                    self.assertEqual(ask("alice", CAROL, transport, "AAAA", "bob.lab.example"), ["2001:db8:a::11"])
                    self.assertEqual(ask("alice", CAROL, transport, "-x", lab.BOB), ["bob.lab.example."])
                    hints = " ".join(ask("alice", CAROL, transport, "HTTPS", "svc.lab.example"))
                    self.assertIn(f"ipv4hint={lab.BOB}", hints)
                    self.assertIn("ipv6hint=2001:db8:a::11", hints)
        self.assertGreater(gateways.count(the_lab, "dns-v6")["edits"], before)
        self.assertEqual(gateways.count(the_lab, "dns-v6")["malformed"], 0)

    def test_every_message_is_well_formed_on_both_sides(self):
        with without_offloads(), outside_server():
            with capture(the_lab, "alice") as inside, capture(the_lab, "carol") as outside:
                for transport in "+notcp", "+tcp":
                    self.assertEqual(ask("alice", CAROL, transport, "+cookie", "bob.lab.example"), [lab.BOB])
                    self.assertEqual(ask("alice", CAROL, transport, "-x", lab.BOB), ["bob.lab.example."])
                    self.assertEqual(
                        sorted(ask("alice", CAROL, transport, "+bufsize=1400", "many.lab.example")), sorted(MANY_LOCAL))
        for seen in inside, outside:
            self.assertEqual(seen.count("dns.flags.response == 1 && ipv6"), 6)
            self.assertEqual(seen.select(BAD, "frame.number", "ipv6.src", options=VERIFY), [])
        self.assertEqual(inside.count("dns.qry.name == 50.113.0.203.in-addr.arpa"), 0)
        self.assertEqual(outside.count("dns.qry.name == 11.10.10.10.in-addr.arpa"), 0)
        self.assertNotIn(lab.BOB_GLOBAL, str(inside.select("dns.a", "dns.a")))

    def test_an_answer_of_more_than_eighteen_kilobytes_and_a_whole_zone_are_translated(self):
        with outside_server():
            answer = ask("alice", CAROL, "+tcp", "huge.lab.example")
            zone = the_lab.run("alice", "dig", "-6", "+noall", "+answer", f"@{CAROL}", "lab.example", "axfr").stdout
        self.assertEqual(sorted(answer), sorted(HUGE_LOCAL))
        self.assertEqual(
            sorted(line.split()[4] for line in zone.splitlines() if line.startswith("huge.")), sorted(HUGE_LOCAL))
        self.assertNotIn("198.18.", zone)
        self.assertIn("2001:db8:a::11", zone)

    def test_a_datagram_in_fragments_passes_unread_and_is_counted(self):
        before = self.unread()
        with outside_server():
            with capture(the_lab, "alice") as seen:
                large = ask("alice", CAROL, "+notcp", "+ignore", "+bufsize=4096", "large.lab.example")
            # What fits its link comes whole, and so does what is asked for by TCP instead.
            self.assertEqual(sorted(ask("alice", CAROL, "+bufsize=1232", "many.lab.example")), sorted(MANY_LOCAL))
            self.assertEqual(
                sorted(ask("alice", CAROL, "+bufsize=1232", "large.lab.example")), sorted(HUGE_LOCAL[:120]))
        self.assertGreaterEqual(seen.count("ipv6.fraghdr.nxt == 17"), 2)
        self.assertEqual(sorted(large), sorted(LARGE))
        self.assertEqual(self.unread(), before + 1)

    def unread(self):
        return sum(worker["load"]["ipv6Unread"] for worker in the_lab.show_json("workers"))

    def test_with_segments_lost_at_random_every_answer_comes_whole(self):
        for percent in 2, 10:
            with self.subTest(percent), outside_server():
                rule = f"ether type ip6 meta l4proto tcp numgen random mod 100 < {percent} counter drop"
                for segment in "lan", "wan":
                    the_lab.run(segment, "nft", "-f", "-", input=f"""
                        table bridge loss {{
                          chain forward {{ type filter hook forward priority 0; {rule}; }}
                        }}""")
                try:
                    names = ["bob.lab.example", "carol.lab.example"] * 10
                    answers = the_lab.run(
                        "alice", "dig", "-6", "+tcp", "+keepopen", "+short", "+time=60", f"@{CAROL}", *names, timeout=90,
                    ).stdout.split()
                    huge = the_lab.run(
                        "alice", "dig", "-6", "+tcp", "+short", "+time=60", f"@{CAROL}", "huge.lab.example", timeout=90,
                    ).stdout.split()
                finally:
                    for segment in "lan", "wan":
                        the_lab.run(segment, "nft", "delete", "table", "bridge", "loss")
                self.assertEqual(answers, [lab.BOB, lab.CAROL] * 10)
                self.assertEqual(sorted(huge), sorted(HUGE_LOCAL))
        rows = the_lab.show_json("vtcp")["slowPaths"]
        self.assertGreater(sum(each["retransmissions"] for each in rows), 0)

    def test_connections_are_listed_with_their_addresses(self):
        with outside_server():
            with the_lab.start("alice", "python3", "-u", "-c", RESOLVER, CAROL, interactive=True) as program:
                program.process.stdin.write("bob\n")
                program.process.stdin.flush()
                self.assertEqual(program.process.stdout.readline().strip(), lab.BOB)
                rows = [row for row in the_lab.show_json("vtcp")["connections"] if row["gateway"] == "dns-v6"]
                self.assertTrue(any(row["insideLocal"].startswith(f"[{ALICE}]:") for row in rows), rows)
                self.assertTrue(all(row["outsideGlobal"] == f"[{CAROL}]:53" for row in rows), rows)

    def test_a_stream_goes_on_unread_after_the_daemon_was_killed(self):
        with outside_server():
            with the_lab.start("alice", "python3", "-u", "-c", RESOLVER, CAROL, interactive=True) as program:
                def talk(name):
                    program.process.stdin.write(f"{name}\n")
                    program.process.stdin.flush()
                    return program.process.stdout.readline().strip()

                self.assertEqual(talk("bob"), lab.BOB)
                tool = [str(lab.ROOT / "Tools/lab"), "restart", "--name", the_lab.name, "--kill"]
                result = subprocess.run(tool, text=True, capture_output=True, timeout=60)
                self.assertEqual(result.returncode, 0, result.stdout + result.stderr + the_lab.log())
                self.assertEqual(talk("bob"), lab.BOB_GLOBAL)
            self.assertEqual(ask("alice", CAROL, "+tcp", "bob.lab.example"), [lab.BOB])


@lab.sallyport_only
class ServerInside(lab.LabTestCase):
    def test_carol_is_told_the_addresses_she_reaches_hosts_by(self):
        self.enterContext(configured(the_lab, SERVICE))
        with inside_server():
            for transport in "+notcp", "+tcp":
                with self.subTest(transport):
                    self.assertEqual(ask("carol", ALICE, transport, "bob.lab.example"), [lab.BOB_GLOBAL])
                    self.assertEqual(ask("carol", ALICE, transport, "AAAA", "bob.lab.example"), ["2001:db8:a::11"])
                    self.assertEqual(ask("carol", ALICE, transport, "-x", lab.BOB_GLOBAL), ["bob.lab.example."])
