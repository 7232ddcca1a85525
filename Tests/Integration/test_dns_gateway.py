"""DNS through the gateway (RFC 2694): what a name server says of hosts is what the asker can reach."""

import contextlib
import ipaddress

import gateways
import lab
from captures import capture
from gateways import configured
from servers import dnsmasq, named, nginx

# A host whose entry says no-payload, one that only a name server knows of, and a network of them.
QUIET, QUIET_GLOBAL = "10.10.10.23", "203.0.113.52"
# Outside hosts by their names inside: dave by a static entry, eve from a pool.
DAVE_LOCAL, EVE = "10.99.0.11", "203.0.113.12"
# More of them than 18 KB of a message hold.
HUGE = [f"198.18.{number >> 8}.{number & 255}" for number in range(256, 256 + 2000)]
HUGE_LOCAL = [f"10.20.{number >> 8}.{number & 255}" for number in range(256, 256 + 2000)]
MANY = [f"198.18.0.{last}" for last in range(1, 181)]
MANY_LOCAL = [f"10.20.0.{last}" for last in range(1, 181)]

MORE = f"""
ip nat inside source static network 10.20.0.0 198.18.0.0 /20
ip nat inside source static {QUIET} {QUIET_GLOBAL} no-payload
ip nat outside source static {lab.DAVE} {DAVE_LOCAL} add-route
access-list 30 permit {EVE}
ip nat pool EVE 10.99.1.1 10.99.1.9 prefix-length 24
ip nat outside source list 30 pool EVE add-route
"""

OUTSIDE = f"""
bob A {lab.BOB_GLOBAL}
carol A {lab.CAROL}
dave A {lab.DAVE}
eve A {EVE}
quiet A {QUIET_GLOBAL}
both A {lab.BOB_GLOBAL}
both A {gateways.LISTED_GLOBAL}
www CNAME bob
@ MX 10 bob
bob AAAA 2001:db8::50
""" + "\n".join(f"many A {address}" for address in MANY) + "\n" + "\n".join(f"huge A {address}" for address in HUGE)
OUTSIDE_REVERSE = "50 PTR bob.lab.example.\n51 PTR listed.lab.example.\n10 PTR carol.lab.example.\n"
INSIDE = f"bob A {lab.BOB}\nquiet A {QUIET}\ndave A {DAVE_LOCAL}\nwww CNAME bob\n"
INSIDE_REVERSE = "11 PTR bob.lab.example.\n23 PTR quiet.lab.example.\n"

VERIFY = tuple(f"{protocol}.check_checksum:TRUE" for protocol in ("ip", "udp", "tcp"))
BAD = 'ip.checksum.status == "Bad" || udp.checksum.status == "Bad" || tcp.checksum.status == "Bad" || _ws.malformed'


def setUpModule():
    global the_lab
    if lab.PEER == "sallyport":
        the_lab = gateways.raise_lab("dns", more=MORE)
        the_lab.add_addresses("dave", EVE)
        lab.unittest.addModuleCleanup(the_lab.down)


def ask(host, server, *words):
    """What dig prints as the short answer, line by line."""
    return the_lab.run(host, "dig", "+short", "+tries=1", "+time=2", f"@{server}", *words).stdout.split()


def numerically(addresses):
    return sorted(addresses, key=ipaddress.ip_address)


@contextlib.contextmanager
def outside_server(**options):
    with named(
        the_lab, "carol", lab.CAROL, lab_example=OUTSIDE, _113_0_203_in_addr_arpa=OUTSIDE_REVERSE, **options
    ):
        yield


@contextlib.contextmanager
def inside_server(host="bob", address=lab.BOB):
    with named(the_lab, host, address, lab_example=INSIDE, _10_10_10_in_addr_arpa=INSIDE_REVERSE):
        yield


@lab.sallyport_only
class ServerOutside(lab.LabTestCase):
    def test_alice_is_told_the_addresses_she_reaches_hosts_by(self):
        with outside_server():
            for transport in "+notcp", "+tcp":
                with self.subTest(transport):
                    self.assertEqual(ask("alice", lab.CAROL, transport, "bob.lab.example"), [lab.BOB])
                    self.assertEqual(
                        numerically(ask("alice", lab.CAROL, transport, "both.lab.example")),
                        [lab.BOB, gateways.LISTED],
                    )
                    self.assertEqual(
                        ask("alice", lab.CAROL, transport, "www.lab.example"), ["bob.lab.example.", lab.BOB]
                    )

    def test_what_needs_no_translation_is_left_as_it_is(self):
        with outside_server():
            self.assertEqual(ask("alice", lab.CAROL, "carol.lab.example"), [lab.CAROL])
            self.assertEqual(ask("alice", lab.CAROL, "AAAA", "bob.lab.example"), ["2001:db8::50"])
            self.assertEqual(ask("alice", lab.CAROL, "MX", "lab.example"), ["10", "bob.lab.example."])

    def test_an_entry_with_no_payload_is_left_alone(self):
        with outside_server():
            self.assertEqual(ask("alice", lab.CAROL, "quiet.lab.example"), [QUIET_GLOBAL])

    def test_names_of_addresses_are_asked_for_by_the_address_the_server_knows(self):
        with outside_server(), capture(the_lab, "carol") as outside, capture(the_lab, "alice") as inside:
            for transport in "+notcp", "+tcp":
                self.assertEqual(ask("alice", lab.CAROL, transport, "-x", lab.BOB), ["bob.lab.example."])
                self.assertEqual(ask("alice", lab.CAROL, transport, "-x", gateways.LISTED), ["listed.lab.example."])
                self.assertEqual(ask("alice", lab.CAROL, transport, "-x", lab.CAROL), ["carol.lab.example."])
        for seen, name in (outside, "50.113.0.203"), (inside, "11.10.10.10"):
            named_ = seen.select("dns.qry.name contains arpa && dns.flags.response == 1", "dns.qry.name")
            self.assertIn((f"{name}.in-addr.arpa",), named_)
            self.assertEqual(seen.count("_ws.malformed"), 0)
        self.assertEqual(outside.count('dns.qry.name contains "11.10.10.10"'), 0)

    def test_outside_hosts_are_named_by_their_outside_local_addresses(self):
        with outside_server():
            self.assertEqual(ask("alice", lab.CAROL, "dave.lab.example"), [DAVE_LOCAL])
            [eve] = ask("alice", lab.CAROL, "eve.lab.example")
            self.assertTrue(eve.startswith("10.99.1."), eve)
            # The address that the answer names leads to her.
            with nginx(the_lab, "dave"):
                for address, server in (DAVE_LOCAL, lab.DAVE), (eve, EVE):
                    url = f"http://{address}/server"
                    self.assertEqual(the_lab.run("alice", "curl", "-sS", "-m", "5", url).stdout.strip(), server)

    def test_in_an_instance_with_the_addresses_of_another(self):
        with dnsmasq(the_lab, "carol", lab.CAROL, red=lab.RED_GLOBAL, bob=lab.BOB_GLOBAL):
            self.assertEqual(ask("red", lab.CAROL, "red.lab.example"), [lab.RED])
            # Bob is nobody whom RED's own entries know.
            self.assertEqual(ask("red", lab.CAROL, "bob.lab.example"), [lab.BOB_GLOBAL])

    def test_extensions_stay_and_every_message_is_well_formed(self):
        for host in "alice", "carol":
            the_lab.run(host, "ethtool", "-K", "eth0", "tx", "off", "tso", "off", "gso", "off")
            self.addCleanup(the_lab.run, host, "ethtool", "-K", "eth0", "tx", "on", "tso", "on", "gso", "on")
        with outside_server(), capture(the_lab, "alice") as inside, capture(the_lab, "carol") as outside:
            for transport in "+notcp", "+tcp":
                said = the_lab.run(
                    "alice", "dig", transport, "+cookie", "+nsid", f"@{lab.CAROL}", "bob.lab.example"
                ).stdout
                self.assertIn("EDNS: version: 0", said)
                self.assertIn("(good)", said, "the cookie did not come back as it went")
                self.assertEqual(ask("alice", lab.CAROL, transport, "-x", lab.BOB), ["bob.lab.example."])
        for seen in inside, outside:
            self.assertEqual(seen.count("dns.flags.response == 1"), 4)
            self.assertEqual(seen.select(BAD, "frame.number", "ip.src", options=VERIFY), [])
        self.assertEqual(set(inside.select("dns.a", "dns.a")), {(lab.BOB,)})
        self.assertEqual(set(outside.select("dns.a", "dns.a")), {(lab.BOB_GLOBAL,)})

    def test_an_answer_of_more_than_eighteen_kilobytes_is_translated_whole(self):
        with outside_server(), capture(the_lab, "carol", snap=200) as outside:
            answer = ask("alice", lab.CAROL, "+tcp", "huge.lab.example")
            # A transfer of the whole zone comes in messages as long as they can be.
            zone = the_lab.run("alice", "dig", "+noall", "+answer", f"@{lab.CAROL}", "lab.example", "axfr").stdout
        self.assertEqual(numerically(answer), HUGE_LOCAL)
        self.assertEqual(
            numerically(line.split()[4] for line in zone.splitlines() if line.startswith("huge.")), HUGE_LOCAL)
        self.assertNotIn("198.18.", zone)
        self.assertGreater(outside.count("tcp.srcport == 53"), 0)

    def test_several_questions_on_one_connection_are_answered_each(self):
        names = [name for _ in range(20) for name in ("bob.lab.example", "carol.lab.example")]
        with outside_server():
            answers = the_lab.run(
                "alice", "dig", "+tcp", "+keepopen", "+short", f"@{lab.CAROL}", *names
            ).stdout.split()
        self.assertEqual(answers, [lab.BOB, lab.CAROL] * 20)

    def test_signed_answers_are_left_alone_and_counted(self):
        before = gateways.count(the_lab, "dns")["remarks"]
        with outside_server(signed=["lab.example"]):
            with gateways.trace(the_lab, "--gateway", "dns") as told:
                answer = ask("alice", lab.CAROL, "+dnssec", "bob.lab.example")
            self.assertEqual(answer[0], lab.BOB_GLOBAL)
            self.assertIn("ECDSAP256SHA256", " ".join(answer).replace("A 13", "ECDSAP256SHA256"))
            self.assertEqual(ask("alice", lab.CAROL, "+nodnssec", "bob.lab.example"), [lab.BOB])
        self.assertIn("signed", told.text)
        self.assertEqual(gateways.count(the_lab, "dns")["remarks"], before + 1)

    def test_a_large_answer_in_fragments_is_translated_whole(self):
        for host in "alice", "carol":
            the_lab.run(host, "ethtool", "-K", "eth0", "tx", "off")
            self.addCleanup(the_lab.run, host, "ethtool", "-K", "eth0", "tx", "on")
        before = self.reassembled()
        with outside_server(), capture(the_lab, "alice") as inside, capture(the_lab, "carol") as outside:
            answer = ask("alice", lab.CAROL, "+notcp", "+ignore", "+bufsize=4096", "many.lab.example")
        self.assertEqual(numerically(answer), MANY_LOCAL)
        self.assertEqual(self.reassembled(), before + 1)
        for seen, addresses in (inside, MANY_LOCAL), (outside, MANY):
            self.assertGreaterEqual(seen.count("ip.flags.mf == 1 || ip.frag_offset > 0"), 2)
            [(listed,)] = seen.select("dns.a", "dns.a")
            self.assertEqual(numerically(listed.split(",")), addresses)
            self.assertEqual(seen.select(BAD, "frame.number", options=VERIFY), [])

    def reassembled(self):
        return sum(each["reassembled"] for each in the_lab.show_json("vtcp")["slowPaths"])

    def test_thousands_of_questions_are_answered_and_translated(self):
        queries = "".join(f"{name}.lab.example A\n" for name in ("bob", "carol", "both", "www"))
        file = self.enterContext(lab.tempfile.NamedTemporaryFile("w", suffix=".txt"))
        file.write(queries)
        file.flush()
        with outside_server():
            # From twenty sockets, then two hundred at a time from a single one.
            self.load(file.name, "-Q", "2000", "-c", "20")
            self.load(file.name, "-Q", "2000", "-c", "1")
            self.load(file.name, "-n", "500", "-c", "1")

    def load(self, queries, *options):
        before = gateways.count(the_lab, "dns")
        said = the_lab.run(
            "alice", "dnsperf", "-s", lab.CAROL, "-d", queries, "-l", "3", "-q", "200", *options
        ).stdout
        figures = {
            line.split(":")[0].strip(): int(line.split(":")[1].split()[0])
            for line in said.splitlines() if line.strip().startswith("Queries ") and ":" in line
            and line.split(":")[1].split()[0].isdigit()
        }
        self.assertGreaterEqual(figures["Queries sent"], 2000, said)
        self.assertEqual(figures["Queries lost"], 0, said)
        after = gateways.count(the_lab, "dns")
        # Of four answers one has nothing to translate, one two addresses and two one.
        self.assertEqual(after["kinds"]["response"] - before["kinds"].get("response", 0), figures["Queries completed"])
        self.assertAlmostEqual(after["edits"] - before["edits"], figures["Queries completed"], delta=4)
        self.assertEqual((after["malformed"], after["remarks"]), (before["malformed"], before["remarks"]))


@lab.sallyport_only
class ServerInside(lab.LabTestCase):
    def test_dave_is_told_the_addresses_he_reaches_hosts_by(self):
        with inside_server():
            for transport in "+notcp", "+tcp":
                with self.subTest(transport):
                    self.assertEqual(ask("carol", lab.BOB_GLOBAL, transport, "bob.lab.example"), [lab.BOB_GLOBAL])
                    self.assertEqual(ask("dave", lab.BOB_GLOBAL, transport, "dave.lab.example"), [lab.DAVE])
                    self.assertEqual(
                        ask("carol", lab.BOB_GLOBAL, transport, "-x", lab.BOB_GLOBAL), ["bob.lab.example."]
                    )
            self.assertEqual(ask("carol", lab.BOB_GLOBAL, "quiet.lab.example"), [QUIET])

    def test_in_an_instance_with_the_addresses_of_another(self):
        with named(the_lab, "red", lab.RED, lab_example=f"red A {lab.RED}\n"):
            self.assertEqual(ask("carol", lab.RED_GLOBAL, "red.lab.example"), [lab.RED_GLOBAL])


@lab.sallyport_only
class Switches(lab.LabTestCase):
    """What the configuration says otherwise; each by a reload."""

    def time_to_live(self, name):
        words = the_lab.run("alice", "dig", "+noall", "+answer", f"@{lab.CAROL}", name).stdout.split()
        return int(words[1])

    def test_translated_records_get_a_time_to_live_of_zero_if_told_so(self):
        with outside_server():
            self.assertEqual(self.time_to_live("bob.lab.example"), 300)
            with configured(the_lab, "ip nat service dns-reset-ttl"):
                self.assertEqual(self.time_to_live("bob.lab.example"), 0)
                self.assertEqual(self.time_to_live("carol.lab.example"), 300)

    def test_switched_off_it_leaves_everything_alone(self):
        with outside_server():
            for statement in "no ip nat service dns udp", "no ip nat service dns", "no ip nat service all-algs":
                with self.subTest(statement), configured(the_lab, statement):
                    self.assertEqual(ask("alice", lab.CAROL, "bob.lab.example"), [lab.BOB_GLOBAL])
            with configured(the_lab, "no ip nat service dns udp"):
                self.assertEqual(ask("alice", lab.CAROL, "+tcp", "bob.lab.example"), [lab.BOB])
            self.assertEqual(ask("alice", lab.CAROL, "bob.lab.example"), [lab.BOB])

    def test_in_a_dry_run_it_tells_and_changes_nothing(self):
        with outside_server(), configured(the_lab, "ip nat service dns dry-run"):
            with gateways.trace(the_lab, "--json", "--gateway", "dns") as told:
                self.assertEqual(ask("alice", lab.CAROL, "bob.lab.example"), [lab.BOB_GLOBAL])
        [event] = told.events
        self.assertTrue(event["isDryRun"])
        self.assertEqual([edit["field"] for edit in event["edits"]], ["A"])

    def test_its_sessions_end_after_the_time_of_their_own(self):
        with outside_server(), configured(the_lab, "ip nat translation dns-timeout 2"):
            the_lab.sallyport("clear", "ip", "nat", "translation", "*")
            ask("alice", lab.CAROL, "bob.lab.example")
            self.assertEqual(len(self.sessions()), 1)
            self.eventually(lambda: self.sessions() == [], "the session is still there", seconds=8)
            self.eventually(lambda: gateways.count(the_lab, "dns")["openSessions"] == 0, "the gateway still has it")

    def sessions(self):
        return [row for row in the_lab.translations() if row[0] == "udp" and row[4] == f"{lab.CAROL}:53"]
