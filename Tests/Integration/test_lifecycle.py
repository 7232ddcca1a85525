"""How the gateway begins and ends: configuration errors, SIGTERM, a crash, and what it costs while idle."""

import contextlib
import pathlib
import signal
import subprocess
import tempfile
import time

import lab

NAMESPACE = f"{lab.NAME}-alone"


def setUpModule():
    if lab.PEER == "sallyport":
        lab.shared()


@contextlib.contextmanager
def written(text):
    """A file with the text, and the directory it is in."""
    with tempfile.TemporaryDirectory(prefix="sallyport-test-") as directory:
        path = pathlib.Path(directory) / "gateway.conf"
        path.write_text(text)
        yield path


def alone(socket):
    """A configuration whose devices stay in the gateway's own namespace."""
    text = lab.configuration("unused").replace("control-socket /run/sallyport-lab/unused/control.sock", "")
    return text.replace(" netns unused-lan", "").replace(" netns unused-wan", "") + f"control-socket {socket}\n"


@lab.sallyport_only
class Lifecycle(lab.LabTestCase):
    def daemon(self, path):
        """sallyportd in a namespace of its own, without a lab."""
        subprocess.run(["ip", "netns", "delete", NAMESPACE], capture_output=True)
        subprocess.run(["ip", "netns", "add", NAMESPACE], check=True)
        self.addCleanup(subprocess.run, ["ip", "netns", "delete", NAMESPACE], capture_output=True)
        return lab.Running(
            ["ip", "netns", "exec", NAMESPACE, str(lab.BINARIES / "sallyportd"), "--config", str(path)]
        )

    def await_answer(self, socket):
        """The daemon is up when it answers, as for Tools/lab."""
        command = [str(lab.BINARIES / "sallyport"), "show", "workers", "--socket", str(socket)]
        self.eventually(
            lambda: subprocess.run(command, capture_output=True, timeout=10).returncode == 0,
            "the daemon did not answer", seconds=15,
        )

    def devices(self):
        command = ["ip", "-n", NAMESPACE, "-o", "link", "show", "type", "tun"]
        return subprocess.run(command, check=True, text=True, capture_output=True).stdout

    def test_sigterm_in_the_middle_of_the_start_ends_it_cleanly(self):
        for patience in 0, 0.01, 0.05, 0.2:
            with self.subTest(patience), tempfile.TemporaryDirectory(prefix="sallyport-test-") as directory:
                socket = pathlib.Path(directory) / "control.sock"
                with written(alone(socket)) as path, self.daemon(path) as running:
                    # The socket is there before the devices are.
                    self.eventually(socket.exists, "no control socket", seconds=15)
                    time.sleep(patience)
                    output = running.stop()
                    self.assertEqual(running.process.returncode, 0, output)
                    self.assertEqual(self.devices(), "")
                    self.assertFalse(socket.exists())

    def test_sigterm_and_sigint_end_it_cleanly_and_leave_no_device_and_no_socket(self):
        for ending in signal.SIGTERM, signal.SIGINT:
            with self.subTest(ending.name), tempfile.TemporaryDirectory(prefix="sallyport-test-") as directory:
                socket = pathlib.Path(directory) / "control.sock"
                with written(alone(socket)) as path, self.daemon(path) as running:
                    self.await_answer(socket)
                    self.assertIn("sp-inside", self.devices())
                    began = time.monotonic()
                    output = running.stop(ending)
                    self.assertEqual(running.process.returncode, 0, output)
                    self.assertLess(time.monotonic() - began, 3)
                    self.assertEqual(self.devices(), "")
                    self.assertFalse(socket.exists())

    def test_the_socket_that_a_killed_daemon_left_does_not_stop_the_next(self):
        with tempfile.TemporaryDirectory(prefix="sallyport-test-") as directory:
            socket = pathlib.Path(directory) / "control.sock"
            with written(alone(socket)) as path:
                for ending in signal.SIGKILL, signal.SIGTERM:
                    with self.daemon(path) as running:
                        self.await_answer(socket)
                        running.stop(ending)
                        self.assertEqual(socket.exists(), ending == signal.SIGKILL)

    def test_a_second_daemon_does_not_take_the_socket_of_one_that_runs(self):
        socket = lab.shared().state / "control.sock"
        with written(alone(socket)) as path, self.daemon(path) as running:
            output = running.finish(15)
            self.assertEqual(running.process.returncode, 1, output)
            self.assertIn(str(socket), output)
        self.assertNotEqual(lab.shared().show("workers"), "")

    def test_a_wrong_configuration_is_refused_by_the_daemon_with_its_place(self):
        text = alone("/nonexistent/control.sock")
        statement = "ip nat inside source list 10 pool OUT overload"
        place = f"{text.splitlines().index(statement) + 1}:{statement.index('overload') + 1}"
        with written(text.replace("pool OUT overload", "pool OUT overlord")) as path, self.daemon(path) as running:
            output = running.finish(15)
            self.assertEqual(running.process.returncode, 1)
            self.assertIn(f"{path}:{place}: error: ", output)
            self.assertEqual(self.devices(), "")

    def test_check_accepts_what_is_right(self):
        with written(lab.configuration("any")) as path:
            command = [str(lab.BINARIES / "sallyport"), "check", str(path)]
            result = subprocess.run(command, capture_output=True, timeout=20)
        self.assertEqual(result.returncode, 0)

    def test_check_points_at_what_is_wrong(self):
        with written("hostname lab\nip nat pool P 203.0.113.300 203.0.113.103 prefix-length 24\n") as path:
            result = subprocess.run(
                [str(lab.BINARIES / "sallyport"), "check", str(path)], text=True, capture_output=True, timeout=20
            )
            said = (result.stdout + result.stderr).splitlines()
            self.assertEqual(result.returncode, 1)
            self.assertTrue(said[0].startswith(f"{path}:2:15: error: "), said)
        # The line, and the caret under the address.
        shown = next(index for index, line in enumerate(said) if "ip nat pool P" in line)
        self.assertEqual(said[shown + 1].index("^"), said[shown].index("203.0.113.300"))

    def test_a_gateway_that_was_killed_is_raised_again(self):
        with lab.Lab(f"{lab.NAME}-crash") as crashed:
            subprocess.run(["kill", "-KILL", str(crashed.daemon_pid())], check=True)
            crashed.up()
            crashed.run("alice", "ping", "-q", "-c", "2", "-i", "0.1", lab.CAROL)

    def test_an_idle_gateway_uses_less_than_a_hundredth_of_a_core(self):
        pid = lab.shared().daemon_pid()

        def used():
            """Seconds of processor time all its threads have had."""
            tasks = pathlib.Path(f"/proc/{pid}/task").iterdir()
            return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9

        time.sleep(1)
        before, began = used(), time.monotonic()
        time.sleep(5)
        share = (used() - before) / (time.monotonic() - began)
        self.assertLess(share, 0.01)
