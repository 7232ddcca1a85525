"""Sessions outlive the daemon: killed in the middle of transfers and started again, nothing breaks or changes.

The ordinary run kills it five times, the long one a hundred times.
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import time
import unittest

import lab
from servers import await_listener, iperf3

KILLS = 100 if lab.LONG else 5
# From one kill to the next, in seconds: TCP gets going again, and is hit at another place of its way.
BETWEEN = 2.5
PORT = 7000
# How long packets may find nobody after a kill, and how long its control socket may not answer, in seconds.
LONGEST_SILENCE = 1.0

STATE = pathlib.Path("/dev/shm") / f"{lab.NAME}-survival-state"


def configuration(name):
    """The tests' own, with a state directory."""
    text = lab.configuration(name)
    return text.replace(" poll adaptive\n", f" poll adaptive\n state-directory {STATE}\n")


@lab.sallyport_only
class Survival(lab.LabTestCase):
    def setUp(self):
        super().setUp()
        signal.alarm(int(lab.LONGEST_TEST + KILLS * (BETWEEN + 2)))
        shutil.rmtree(STATE, ignore_errors=True)
        self.addCleanup(shutil.rmtree, STATE, ignore_errors=True)
        name = f"{lab.NAME}-survive"
        self.lab = lab.Lab(name, configuration(name))
        self.addCleanup(self.lab.down)
        self.lab.up()

    def restart(self, *options):
        tool = [str(lab.ROOT / "Tools/lab"), "restart", "--name", self.lab.name, *options]
        result = subprocess.run(tool, text=True, capture_output=True, timeout=60)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr + self.lab.log())

    def mappings(self):
        """What the sessions of the transfers are called on every side: a set of tuples."""
        rows = json.loads(self.lab.sallyport("show", "ip", "nat", "translations", "--json").stdout)
        rows = rows["translations"] if isinstance(rows, dict) else rows
        ends = "insideGlobal", "insideLocal", "outsideLocal", "outsideGlobal"
        return {
            (row["protocol"], *((row[end], row[end + "Port"]) for end in ends))
            for row in rows
            if row["kind"] == "session" and PORT in (row["outsideGlobalPort"], row["insideLocalPort"])
        }

    def program(self, *arguments):
        return ["python3", str(lab.PROGRAMS / "transfers.py"), *map(str, arguments)]

    @contextlib.contextmanager
    def echoing(self, *hosts):
        with contextlib.ExitStack() as stack:
            for host in hosts:
                stack.enter_context(self.lab.start(host, *self.program("serve", PORT)))
            for host in hosts:
                await_listener(self.lab, host, PORT)
            yield

    def transfers(self, stack):
        """Two hundred streams: from inside by ports, from inside by a static address, and from outside to one."""
        plans = [("alice", lab.CAROL, 100), ("bob", lab.CAROL, 50), ("dave", lab.BOB_GLOBAL, 50)]
        running = [
            stack.enter_context(self.lab.start(host, *self.program("run", address, PORT, count)))
            for host, address, count in plans
        ]
        expected = sum(count for _, _, count in plans)
        self.eventually(lambda: len(self.mappings()) >= expected, "the transfers did not begin", seconds=20)
        return running, expected

    def test_two_hundred_transfers_and_iperf3_outlive_every_kill_and_keep_their_mappings(self):
        duration = int(KILLS * (BETWEEN + 1.5) + 20)
        with self.echoing("carol", "bob"), iperf3(self.lab, "carol"), contextlib.ExitStack() as stack:
            running, expected = self.transfers(stack)
            probe = stack.enter_context(self.lab.start("alice", *self.program("probe", lab.CAROL, PORT)))
            speed = stack.enter_context(
                self.lab.start("alice", "iperf3", "--client", lab.CAROL, "--json", "--time", duration, "--bitrate", "200M")
            )
            time.sleep(1)
            before, starts = self.mappings(), []
            for _ in range(KILLS):
                began = time.monotonic()
                self.restart("--kill")
                starts.append(time.monotonic() - began)
                self.assertEqual(before - self.mappings(), set(), "mappings changed")
                time.sleep(BETWEEN)
            silences = json.loads(probe.stop())
            report = speed.finish(duration + 30)
            self.assertEqual(speed.process.returncode, 0, report)
            self.assertGreater(json.loads(report)["end"]["sum_received"]["bytes"], 10_000_000)
            # Each stream goes on after the last kill before it ends.
            results = [json.loads(one.stop()) for one in running]
        self.tell(starts, silences)
        self.assertEqual([why for result in results for why in result["broken"]], [])
        self.assertEqual(sum(result["whole"] for result in results), expected)
        for line in self.taken_up():
            self.assertIn(", 0 have no place any more", line)
        self.assertEqual(len(self.taken_up()), KILLS)
        self.assertGreater(silences["answered"], silences["sent"] / 2)
        self.assertLess(max(silences["silences"] or [0]), LONGEST_SILENCE)
        self.assertLess(max(starts), LONGEST_SILENCE)

    def tell(self, starts, silences):
        """The figures of a run."""
        def figures(seconds):
            return f"{statistics.median(seconds) * 1000:.0f} ms (median), {max(seconds) * 1000:.0f} ms (longest)"

        print(
            f"{KILLS} kills: packets found nobody for {figures(silences['silences'] or [0])}; the control socket "
            f"answered after {figures(starts)}", flush=True
        )

    def taken_up(self):
        return [line for line in self.lab.log().splitlines() if "sessions of an earlier run go on" in line]

    def test_an_upgrade_by_sigterm_keeps_sessions_and_devices(self):
        with self.echoing("carol", "bob"), contextlib.ExitStack() as stack:
            running, expected = self.transfers(stack)
            before, links = self.mappings(), self.links()
            self.restart()
            self.assertEqual(before - self.mappings(), set())
            self.assertEqual(self.links(), links)
            time.sleep(1)
            results = [json.loads(one.stop()) for one in running]
        self.assertEqual([why for result in results for why in result["broken"]], [])
        self.assertEqual(sum(result["whole"] for result in results), expected)

    def links(self):
        """The devices' Ethernet addresses and indices on the kernel's side."""
        found = {}
        for place in "lan", "wan":
            output = self.lab.run(place, "ip", "-j", "link", "show", "type", "tun").stdout
            found |= {link["ifname"]: (link["ifindex"], link["address"]) for link in json.loads(output)}
        return found

    @unittest.skipUnless(len(os.sched_getaffinity(0)) > 1, "it takes two cores")
    def test_another_number_of_workers_and_of_entries_takes_the_sessions_over(self):
        with self.echoing("carol", "bob"), contextlib.ExitStack() as stack:
            running, expected = self.transfers(stack)
            facts = dict(line.split("=", 1) for line in (self.lab.state / "facts").read_text().splitlines())
            file = pathlib.Path(facts["config"])
            text = file.read_text()
            for cores, entries in ("0", 5000), ("0-1", 100_000):
                before = self.mappings()
                changed = text.replace(" worker-cores 0-1\n", f" worker-cores {cores}\n")
                file.write_text(changed + f"ip nat translation max-entries {entries}\n")
                self.restart("--kill")
                self.assertEqual(before - self.mappings(), set())
                time.sleep(1)
            results = [json.loads(one.stop()) for one in running]
        self.assertEqual([why for result in results for why in result["broken"]], [])
        self.assertEqual(sum(result["whole"] for result in results), expected)

    def test_what_cannot_be_taken_up_is_refused_with_a_line_and_the_gateway_starts_empty(self):
        self.lab.run("alice", "ping", "-q", "-c", "1", lab.CAROL)
        subprocess.run(["kill", "-KILL", str(self.lab.daemon_pid())], check=True)
        files = sorted((STATE / "tables").iterdir())
        files[0].write_bytes(os.urandom(65536))
        for file in files[1:]:
            os.truncate(file, 65536)
        self.restart()
        refused = [line for line in self.lab.log().splitlines() if "is not taken up" in line]
        self.assertEqual(len(refused), len(files), self.lab.log())
        self.lab.run("alice", "ping", "-q", "-c", "1", lab.CAROL)

