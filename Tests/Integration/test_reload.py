"""A new configuration while traffic flows: what still stands goes on, what does not is ended, what is wrong changes
nothing."""

import os
import signal
import subprocess
import time

import lab
from payload import file_of
from servers import await_listener, nginx, observer

BEFORE = """
access-list 10 permit 10.10.10.0 0.0.0.255
ip nat pool OUT 203.0.113.100 203.0.113.103 prefix-length 24
ip nat inside source list 10 pool OUT overload
ip nat inside source static tcp 10.10.10.10 8080 203.0.113.1 80
"""
AFTER = BEFORE + """
access-list 11 permit 10.10.10.30
ip nat pool MORE 203.0.113.110 203.0.113.110 prefix-length 24
ip nat inside source list 11 pool MORE overload
ip nat inside source static tcp 10.10.10.10 8081 203.0.113.1 81
"""
WRONG = BEFORE.replace("pool OUT overload", "pool NONE overload")


@lab.sallyport_only
class Reload(lab.LabTestCase):
    def setUp(self):
        super().setUp()
        name = f"{lab.NAME}-reload"
        self.lab = lab.Lab(name, lab.configuration(name, statements=BEFORE)).up()
        self.addCleanup(self.lab.down)

    def rewrite(self, statements):
        self.lab.rewrite(lab.configuration(self.lab.name, statements=statements))

    def rules(self):
        return self.lab.show("running-config")

    def test_a_transfer_and_its_session_do_not_notice_a_reload(self):
        with file_of(64) as (_, path, expected), self.lab.start(
            "carol", "python3", lab.PROGRAMS / "sink.py", 9500
        ) as sink:
            await_listener(self.lab, "carol", 9500)
            program = "python3", lab.PROGRAMS / "source.py", lab.CAROL, 9500, path, "--rate", "16"
            with self.lab.start("alice", *program) as source, observer(self.lab, "carol", port=7690):
                asking = "python3", lab.PROGRAMS / "ask.py", "udp", 43100, f"{lab.CAROL}:7690"
                mapping = self.lab.run("alice", *asking).stdout
                for statements in AFTER, BEFORE, AFTER:
                    time.sleep(0.7)
                    self.rewrite(statements)
                    self.lab.sallyport("reload")
                    self.assertIsNone(source.process.poll(), "the transfer had ended before")
                self.assertEqual(self.lab.run("alice", *asking).stdout, mapping)
                self.assertEqual(sink.finish(30).split(), [str(64 << 20), expected])

    def test_the_new_rules_hold_and_the_old_listing_is_gone(self):
        self.assertNotIn("pool MORE", self.rules())
        self.rewrite(AFTER)
        said = self.lab.sallyport("reload").stdout
        self.assertNotEqual(said, "")
        self.assertIn("pool MORE", self.rules())
        with nginx(self.lab, "alice", port=8081):
            output = self.lab.run("dave", "curl", "-sS", "-m", "5", f"http://{lab.GATEWAY_OUTSIDE}:81/").stdout
        self.assertEqual(output.strip(), lab.DAVE)

    def test_sessions_whose_rule_is_gone_end_and_others_stay(self):
        self.lab.add_addresses("alice", "10.10.10.30")
        # A rule of its own for .30 that goes away, before the one for everybody.
        own = AFTER.replace("ip nat inside source list 10 pool OUT overload\n", "") + \
            "ip nat inside source list 10 pool OUT overload\n"
        self.rewrite(own)
        self.lab.sallyport("reload")
        with observer(self.lab, "carol", port=7691):
            program = "python3", lab.PROGRAMS / "ask.py", "udp", 43200, f"{lab.CAROL}:7691"
            ends = self.lab.run("alice", *program, "--bind", "10.10.10.30").stdout
            self.assertEqual(ends.split()[0], "203.0.113.110")
            stays = self.lab.run("alice", *program, "--bind", lab.ALICE).stdout
            self.rewrite(BEFORE)
            self.lab.sallyport("reload")
            rows = {row[2]: row[1] for row in self.lab.translations()}
            self.assertNotIn("10.10.10.30:43200", rows)
            self.assertEqual(rows[f"{lab.ALICE}:43200"], stays.strip().replace(" ", ":"))
            moved = self.lab.run("alice", *program, "--bind", "10.10.10.30").stdout
            self.assertIn(moved.split()[0], lab.POOL)

    def test_a_wrong_file_is_refused_with_its_place_and_changes_nothing(self):
        before = self.rules()
        with observer(self.lab, "carol", port=7692):
            program = "python3", lab.PROGRAMS / "ask.py", "udp", 43300, f"{lab.CAROL}:7692"
            mapping = self.lab.run("alice", *program).stdout
            self.rewrite(WRONG)
            result = self.lab.sallyport("reload", check=False)
            self.assertEqual(result.returncode, 1)
            text = self.lab.text.splitlines()
            line = next(number for number, words in enumerate(text, 1) if "pool NONE" in words)
            self.assertIn(f"{self.lab.config_path}:{line}:{text[line - 1].index('NONE') + 1}: error: ",
                          result.stdout + result.stderr)
            self.assertEqual(self.rules(), before)
            self.assertEqual(self.lab.run("alice", *program).stdout, mapping)

    def test_sighup_does_the_same_and_the_log_says_what_came_of_it(self):
        pid = self.lab.daemon_pid()
        self.rewrite(AFTER)
        os.kill(pid, signal.SIGHUP)
        self.eventually(lambda: "pool MORE" in self.rules(), self.lab.log())
        self.rewrite(WRONG)
        os.kill(pid, signal.SIGHUP)
        self.eventually(lambda: "error: " in self.lab.log(), self.lab.log())
        self.assertIn("pool MORE", self.rules())
        self.assertEqual(self.lab.daemon_pid(), pid)
        self.assertEqual(subprocess.run(["kill", "-0", str(pid)]).returncode, 0)

    def test_reloads_in_a_row_under_many_short_connections_lose_none(self):
        with nginx(self.lab, "carol"):
            fetching = self.lab.start(
                "alice", "curl", "-sS", "-H", "Connection: close", "-o", "/dev/null", "-w", "%{http_code}\\n",
                f"http://{lab.CAROL}/?request=[1-2000]",
            )
            with fetching:
                for number in range(10):
                    self.rewrite((AFTER, BEFORE)[number % 2])
                    self.lab.sallyport("reload")
                self.assertEqual(fetching.finish(60).split(), ["200"] * 2000)
