"""Gateways as an operator meets them: switches, dry runs, listings, the live trace, reloads, restarts and clearing."""

import contextlib
import pathlib
import shutil
import subprocess
import time

import gateways
import lab
from captures import capture
from gateways import Talk, configured
from servers import await_listener, vsftpd

# A host whose entry says no-payload.
QUIET, QUIET_GLOBAL = "10.10.10.23", "203.0.113.52"
ACTIVE = "--ftp-port", "-", "--disable-eprt"
STATE = pathlib.Path("/dev/shm") / f"{lab.NAME}-gateway-state"


def setUpModule():
    global the_lab
    if lab.PEER == "sallyport":
        more = f"ip nat inside source static {QUIET} {QUIET_GLOBAL} no-payload\n"
        the_lab = gateways.raise_lab("alg", more=more)
        the_lab.add_addresses("bob", QUIET)
        lab.unittest.addModuleCleanup(the_lab.down)


@contextlib.contextmanager
def serving(host="carol", the_lab_=None, **options):
    with vsftpd(the_lab_ or the_lab, host, **options) as root:
        (root / "data").write_bytes(b"carol's file\n")
        yield root


def fetch(host, address, *options, the_lab_=None):
    """curl's exit code: 0 for a file that came, 30 where PORT failed."""
    return (the_lab_ or the_lab).run(
        host, "curl", "-sS", "--max-time", "8", *options, "-o", "/dev/null", f"ftp://{address}/data", check=False
    ).returncode


class GatewayTestCase(lab.LabTestCase):
    """A test that finds no door of another."""

    def setUp(self):
        super().setUp()
        the_lab.sallyport("clear", "ip", "nat", "translation", "*")


@lab.sallyport_only
class Switches(GatewayTestCase):
    def test_what_is_switched_off_is_not_looked_into(self):
        with serving():
            for statement in "no ip nat service ftp", "no ip nat service all-algs":
                with self.subTest(statement), configured(the_lab, statement):
                    before = gateways.count(the_lab, "ftp")
                    self.assertEqual(before["state"], "off")
                    self.assertEqual(fetch("alice", lab.CAROL, *ACTIVE), 30)
                    self.assertEqual(fetch("alice", lab.CAROL), 0)
                    self.assertEqual(gateways.count(the_lab, "ftp")["packets"], before["packets"])
            self.assertEqual(fetch("alice", lab.CAROL, *ACTIVE), 0)

    def test_a_static_entry_with_no_payload_keeps_its_host_out(self):
        with serving():
            before = gateways.count(the_lab, "ftp")
            active = "--ftp-port", QUIET, "--disable-eprt"
            self.assertEqual(fetch("bob", lab.CAROL, "--interface", QUIET, *active), 30)
            self.assertEqual(gateways.count(the_lab, "ftp")["packets"], before["packets"])

    def test_a_dry_run_tells_everything_and_does_nothing(self):
        with serving(), configured(the_lab, "ip nat service ftp dry-run"):
            before = gateways.count(the_lab, "ftp")
            self.assertEqual(before["state"], "dry-run")
            with gateways.trace(the_lab, "--json") as told, capture(the_lab, "carol") as seen:
                self.assertEqual(fetch("alice", lab.CAROL, *ACTIVE), 30)
            after = gateways.count(the_lab, "ftp")
        [event] = [event for event in told.events if event["edits"]]
        self.assertTrue(event["isDryRun"])
        self.assertEqual((event["edits"][0]["field"], len(event["doors"])), ("PORT", 1))
        self.assertEqual(set(seen.select("ftp.active.cip", "ftp.active.cip")), {(lab.ALICE,)})
        self.assertEqual((after["dryEdits"], after["edits"], after["doors"]),
                         (before["dryEdits"] + 1, before["edits"], before["doors"]))
        self.assertEqual(gateways.doors(the_lab), [])


@lab.sallyport_only
class Shown(GatewayTestCase):
    def test_every_edit_and_door_is_told_live_in_one_line(self):
        with serving():
            with gateways.trace(the_lab, "--gateway", "ftp", "--host", lab.ALICE) as told:
                self.assertEqual(fetch("alice", lab.CAROL, *ACTIVE), 0)
                # Of another host nothing is told.
                self.assertEqual(fetch("bob", lab.CAROL, *ACTIVE), 0)
        edit, door = told.lines
        self.assertRegex(edit, rf"^\d\d:\d\d:\d\d\.\d+ ftp PORT {lab.ALICE}:\d+ -> {lab.CAROL}:21  "
                               r"PORT 10,10,10,10,\d+,\d+ => 203,0,113,10[0-3],\d+,\d+$")
        self.assertRegex(
            door, rf"door tcp {lab.CAROL} -> 203\.0\.113\.10[0-3]:\d+ \({lab.ALICE}:\d+\) once, 60 s, waiting$"
        )

    def test_a_trace_of_another_gateway_says_nothing(self):
        with serving(), gateways.trace(the_lab, "--gateway", "dns") as told:
            self.assertEqual(fetch("alice", lab.CAROL, *ACTIVE), 0)
        self.assertEqual(told.lines, [])

    def test_a_waiting_door_is_listed_and_counted_until_its_session_ends(self):
        with serving():
            talk = Talk(self, the_lab, "alice", lab.CAROL)
            talk.log_in()
            self.assertIn("200", talk.say("PORT 10,10,10,10,200,7\r\n")[0])
            [door] = [d for d in gateways.doors(the_lab) if d["insideLocalPort"] == 200 * 256 + 7]
            self.assertEqual(
                (door["protocol"], door["direction"], door["insideLocal"], door["remote"], door["gateway"],
                 door["isActive"], door["isSingleUse"], door["vrf"]),
                ("tcp", "inbound", lab.ALICE, lab.CAROL, "ftp", True, True, None),
            )
            self.assertIn(door["insideGlobal"], lab.POOL)
            text = the_lab.show("ip", "nat", "doors")
            self.assertRegex(text, rf"tcp +{door['insideGlobal']}:{door['insideGlobalPort']} +{lab.ALICE}:51207 +"
                                   rf"{lab.CAROL} +in +ftp +active +once")
            statistics = the_lab.show("ip", "nat", "statistics")
            self.assertRegex(statistics, r"Appl doors: [1-9]")
            self.assertRegex(statistics, r"Normal doors: 0")
            the_lab.sallyport("clear", "ip", "nat", "translation", "*")
            self.assertEqual(gateways.doors(the_lab), [])
        self.assertRegex(the_lab.show("ip", "nat", "statistics"), r"Appl doors: 0")

    def test_the_listings_of_gateways_and_virtual_tcp_tell_what_was_done(self):
        with serving():
            before = gateways.count(the_lab, "ftp")
            self.assertEqual(fetch("alice", lab.CAROL, *ACTIVE), 0)
            talk = Talk(self, the_lab, "alice", lab.CAROL)
            talk.log_in()
            talk.say("PORT 10,10,10,10,200,8\r\n")
            after = gateways.count(the_lab, "ftp")
            for name, difference in ("sessions", 2), ("edits", 2), ("doors", 2):
                self.assertEqual(after[name] - before[name], difference, name)
            self.assertGreater(after["messages"], before["messages"])
            self.assertEqual(after["kinds"]["PORT"], before["kinds"].get("PORT", 0) + 2)
            self.assertGreaterEqual(after["openSessions"], 1)
            self.assertIn("ftp is on, at", the_lab.show("ip", "nat", "gateways", "ftp"))
            connections = the_lab.show_json("vtcp")["connections"]
            shifts = {each["shiftOutbound"] for each in connections if each["insideLocal"].startswith(f"{lab.ALICE}:")}
            self.assertTrue(shifts - {"0"}, connections)
            self.assertRegex(the_lab.show("vtcp"), rf"ftp +{lab.ALICE}:\d+ +{lab.CAROL}:21 +established")

    def test_threads_on_named_cores_share_the_hosts(self):
        other = gateways.raise_lab("cores", dataplane=" alg-cores 0,1\n")
        self.addCleanup(other.down)
        slow_paths = other.show_json("vtcp")["slowPaths"]
        self.assertEqual([each["core"] for each in slow_paths], [0, 1])
        hosts = [f"10.10.10.{last}" for last in range(40, 56)]
        other.add_addresses("alice", *hosts)
        with serving(the_lab_=other):
            for host in hosts:
                active = "--interface", host, "--ftp-port", host
                self.assertEqual(fetch("alice", lab.CAROL, *active, the_lab_=other), 0)
        opened = [each["connectionsOpened"] for each in other.show_json("vtcp")["slowPaths"]]
        self.assertEqual(sum(opened), len(hosts))
        self.assertGreater(min(opened), 0)


@lab.sallyport_only
class Attacks(GatewayTestCase):
    """What must open nothing, by hand through a real server."""

    def test_another_hosts_address_in_port_opens_nothing_and_the_server_says_no(self):
        with serving(), gateways.trace(the_lab, "--gateway", "ftp") as told:
            before = gateways.count(the_lab, "ftp")
            talk = Talk(self, the_lab, "alice", lab.CAROL)
            talk.log_in()
            for command in "PORT 10,10,10,11,200,1\r\n", "PORT 203,0,113,11,0,25\r\n", "EPRT |1|10.10.10.11|6000|\r\n":
                self.assertTrue(talk.say(command)[0].startswith("500"))
            after = gateways.count(the_lab, "ftp")
        self.assertEqual(after["remarks"] - before["remarks"], 3)
        self.assertEqual((after["doors"], after["edits"]), (before["doors"], before["edits"]))
        self.assertEqual(sum("bounce" in line for line in told.lines), 3, told.text)

    def test_a_port_of_services_gets_no_door(self):
        with serving():
            talk = Talk(self, the_lab, "alice", lab.CAROL)
            talk.log_in()
            before = gateways.count(the_lab, "ftp")["doors"]
            # The command goes on as it is, and the server refuses what is not its client's address.
            for command in "PORT 10,10,10,10,0,22\r\n", "PORT 10,10,10,10,31,144\r\n":
                self.assertTrue(talk.say(command)[0].startswith("500"))
            self.assertEqual(gateways.count(the_lab, "ftp")["doors"], before)

    def test_commands_may_be_cut_and_pipelined_anywhere(self):
        with serving(), capture(the_lab, "carol") as seen:
            talk = Talk(self, the_lab, "alice", lab.CAROL)
            talk.log_in()
            for piece in b"PO", b"RT 10,10,10,1", b"0,200,9":
                talk.say(piece, answers=0)
                time.sleep(0.05)
            self.assertIn("200", talk.say(b"\r\n")[0])
            answers = talk.say(b"NOOP\r\nEPRT |1|10.10.10.10|51210|\r\nNOOP\r\nPORT 10,10,10,10,200,11\r\n", answers=4)
            self.assertEqual([answer[:3] for answer in answers], ["200"] * 4)
        told = seen.select("ftp.active.cip || ftp.eprt.ip", "ftp.active.cip", "ftp.eprt.ip")
        self.assertEqual(len(told), 3)
        self.assertLessEqual({row[0] or row[1] for row in told}, lab.POOL)

    def test_telnets_interrupt_before_abor_is_no_stranger(self):
        with serving():
            before = gateways.count(the_lab, "ftp")
            talk = Talk(self, the_lab, "alice", lab.CAROL)
            talk.log_in()
            answer = talk.say(b"\xff\xf4\xff\xf2ABOR\r\n")[0]
            self.assertTrue(answer.startswith("225"), answer)
            self.assertIn("200", talk.say("PORT 10,10,10,10,200,12\r\n")[0])
            after = gateways.count(the_lab, "ftp")
            self.assertEqual(after["doors"], before["doors"] + 1)
            self.assertEqual(after["malformed"], before["malformed"])

    def test_a_browsers_post_is_a_strangers_however_it_goes_on(self):
        with the_lab.start("carol", "python3", lab.PROGRAMS / "sink.py", 21) as sink:
            await_listener(the_lab, "carol", 21)
            before = gateways.count(the_lab, "ftp")
            talk = Talk(self, the_lab, "alice", lab.CAROL, greeted=False)
            talk.say(b"POST / HTTP/1.1\r\nContent-Length: 60\r\n\r\n", answers=0)
            time.sleep(0.1)
            talk.say(b"PORT 10,10,10,10,200,13\r\n", answers=0)
            time.sleep(0.2)
            talk.running.stop()
            sink.finish(10)
            after = gateways.count(the_lab, "ftp")
        self.assertEqual(after["steppedAside"]["stranger"], before["steppedAside"].get("stranger", 0) + 1)
        self.assertEqual(after["doors"], before["doors"])


@lab.sallyport_only
class Lifecycle(GatewayTestCase):
    def shifted(self, the_lab_, host="alice"):
        """A control connection whose client's stream has been made longer."""
        talk = Talk(self, the_lab_, host, lab.CAROL)
        talk.log_in()
        for port in 9, 8, 7:
            self.assertIn("200", talk.say(f"PORT 10,10,10,10,200,{port}\r\n")[0])
        shifts = {int(each["shiftOutbound"]) for each in the_lab_.show_json("vtcp")["connections"]}
        self.assertGreater(max(shifts), 0)
        return talk

    def test_a_reload_lets_control_connections_go_on(self):
        with serving():
            talk = self.shifted(the_lab)
            with configured(the_lab, "access-list 77 permit 10.77.0.0 0.0.255.255"):
                self.assertIn("200", talk.say("NOOP\r\n")[0])
                self.assertIn("200", talk.say("PORT 10,10,10,10,200,14\r\n")[0])
            self.assertIn("200", talk.say("NOOP\r\n")[0])

    def test_switched_off_by_a_reload_they_go_on_without_the_gateway(self):
        with serving():
            talk = self.shifted(the_lab)
            with configured(the_lab, "no ip nat service ftp"):
                self.assertIn("200", talk.say("NOOP\r\n")[0])
                # It is given back as soon as nothing is on its way.
                time.sleep(0.3)
                before = gateways.count(the_lab, "ftp")
                for _ in range(20):
                    self.assertIn("200", talk.say("NOOP\r\n")[0])
                self.assertTrue(talk.say("PORT 10,10,10,10,200,15\r\n")[0].startswith("500"))
                after = gateways.count(the_lab, "ftp")
            self.assertGreater(after["steppedAside"].get("switched-off", 0), 0)
            self.assertEqual(after["packets"], before["packets"])
            # And is not taken again.
            self.assertIn("200", talk.say("NOOP\r\n")[0])

    def test_a_transfer_outlives_a_reload(self):
        with serving() as root:
            (root / "large").write_bytes(bytes(24 << 20))
            running = the_lab.start(
                "alice", "curl", "-sS", *ACTIVE, "--limit-rate", "10M", "-o", "/dev/null", "-w", "%{size_download}",
                f"ftp://{lab.CAROL}/large",
            )
            with running:
                time.sleep(0.7)
                with configured(the_lab, "access-list 77 permit 10.77.0.0 0.0.255.255"):
                    time.sleep(0.5)
                self.assertIsNone(running.process.poll(), "the transfer had ended before")
                self.assertEqual(running.finish(20), str(24 << 20))

    def test_clearing_everything_in_the_middle_harms_nobody_else(self):
        with serving():
            for _ in range(5):
                self.shifted(the_lab)
                the_lab.sallyport("clear", "ip", "nat", "translation", "*")
                self.assertEqual(fetch("alice", lab.CAROL, *ACTIVE), 0)
            self.eventually(lambda: len(the_lab.show_json("vtcp")["connections"]) <= 1, "sessions were not forgotten")

    def named(self, row):
        """The words of `clear` that name the session of a row of `show ip nat translations`."""
        ends = [word for endpoint in row[1:] for word in endpoint.split(":")]
        return "clear", "ip", "nat", "translation", row[0], "inside", *ends[:4], "outside", *ends[4:]

    def sessions(self, port):
        """The rows of sessions with a port of carol's."""
        return [row for row in the_lab.translations("tcp") if row[4] == f"{lab.CAROL}:{port}"]

    def test_clearing_a_control_session_closes_its_door_and_spares_a_transfer(self):
        with serving() as root:
            (root / "large").write_bytes(bytes(16 << 20))
            command = "curl", "-sS", *ACTIVE, "--limit-rate", "6M", "-o", "/dev/null", "-w", "%{size_download}"
            with the_lab.start("alice", *command, f"ftp://{lab.CAROL}/large") as running:
                transfer = self.eventually(lambda: self.sessions(20), "there is no transfer")
                before = self.sessions(21)
                talk = Talk(self, the_lab, "alice", lab.CAROL)
                talk.log_in()
                self.assertIn("200", talk.say("PORT 10,10,10,10,200,21\r\n")[0])
                [door] = gateways.doors(the_lab)
                [row] = [row for row in self.sessions(21) if row not in before]
                # alice's kernel may acknowledge the reply 40 ms late, and whatever she sends opens a session anew.
                time.sleep(0.2)
                the_lab.sallyport(*self.named(row))
                self.assertEqual(gateways.doors(the_lab), [])
                self.assertEqual((self.sessions(20), self.sessions(21)), (transfer, before))
                # Who comes for the door now finds none.
                target = f"/dev/tcp/{door['insideGlobal']}/{door['insideGlobalPort']}"
                tried = the_lab.run("carol", "timeout", "1", "bash", "-c", f": > {target}", check=False)
                self.assertNotEqual(tried.returncode, 0)
                self.assertEqual(running.finish(20)[:8], str(16 << 20), "the transfer was to go on")

    def test_clearing_a_session_through_a_door_leaves_the_control_session_its_gateway(self):
        with serving() as root:
            (root / "large").write_bytes(bytes(64 << 20))
            command = "curl", "-sS", *ACTIVE, "--limit-rate", "2M", "-o", "/dev/null"
            with the_lab.start("alice", *command, f"ftp://{lab.CAROL}/large"):
                [row] = self.eventually(lambda: self.sessions(20), "there is no transfer")
                talk = Talk(self, the_lab, "alice", lab.CAROL)
                talk.log_in()
                the_lab.sallyport(*self.named(row))
                self.assertIn("200", talk.say("PORT 10,10,10,10,200,22\r\n")[0])
                self.assertEqual([door["insideLocalPort"] for door in gateways.doors(the_lab)], [200 * 256 + 22])

    def test_clearing_everything_closes_the_doors_of_every_worker(self):
        hosts = [f"10.10.10.{last}" for last in range(70, 82)]
        the_lab.add_addresses("alice", *hosts)
        with serving():
            for host in hosts:
                talk = Talk(self, the_lab, "alice", lab.CAROL, source=[host])
                talk.log_in()
                self.assertIn("200", talk.say(f"PORT {host.replace('.', ',')},200,23\r\n")[0])
            doors = gateways.doors(the_lab)
            self.assertEqual(sorted(door["insideLocal"] for door in doors), hosts)
            if len(the_lab.show_json("workers")) > 1:
                self.assertGreater(len({door["worker"] for door in doors}), 1)
            the_lab.sallyport("clear", "ip", "nat", "translation", "*")
            self.assertEqual(gateways.doors(the_lab), [])
            self.eventually(lambda: the_lab.show_json("vtcp")["connections"] == [], "sessions were not forgotten")

    def test_a_shifted_control_connection_outlives_the_daemon(self):
        shutil.rmtree(STATE, ignore_errors=True)
        self.addCleanup(shutil.rmtree, STATE, ignore_errors=True)
        other = gateways.raise_lab("kill", dataplane=f" state-directory {STATE}\n")
        self.addCleanup(other.down)
        with serving(the_lab_=other):
            talk = self.shifted(other)
            for options in ("--kill",), ():
                tool = [str(lab.ROOT / "Tools/lab"), "restart", "--name", other.name, *options]
                result = subprocess.run(tool, text=True, capture_output=True, timeout=60)
                self.assertEqual(result.returncode, 0, result.stdout + result.stderr + other.log())
                for _ in range(10):
                    self.assertIn("200", talk.say("NOOP\r\n")[0])
            # Its beginning was not seen by this daemon, so nothing is looked into; others are.
            self.assertTrue(talk.say("PORT 10,10,10,10,200,16\r\n")[0].startswith("500"))
            self.assertEqual(fetch("alice", lab.CAROL, *ACTIVE, the_lab_=other), 0)
