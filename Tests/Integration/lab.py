"""The lab as the tests see it: Tools/lab under a name of the tests' own, so that a lab someone is using stays up.

SALLYPORT_PEER=kernel runs the same tests against the kernel's NAT: what fails there too is the test's fault.
"""

import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = pathlib.Path(__file__).resolve().parent / "programs"
BINARIES = pathlib.Path(os.environ.get("SALLYPORT_BIN", ROOT / ".build/release"))
NAME = os.environ.get("SALLYPORT_TEST_LAB", "sallyport-test")
PEER = os.environ.get("SALLYPORT_PEER", "sallyport")
LONG = "SALLYPORT_LONG" in os.environ

CAROL, DAVE = "203.0.113.10", "203.0.113.11"
ALICE, BOB = "10.10.10.10", "10.10.10.11"
# red has alice's address, in a VRF of his own.
RED = ALICE
GATEWAY_INSIDE, GATEWAY_OUTSIDE = "10.10.10.1", "203.0.113.1"
POOL = {f"203.0.113.{last}" for last in range(100, 104)}
BOB_GLOBAL = "203.0.113.50"
RED_GLOBAL = "203.0.113.60"
INSIDE_NETWORK = "10.10.10.0/24"

# A test that takes longer than this hangs. Seconds.
LONGEST_TEST = 120

sallyport_only = unittest.skipUnless(PEER == "sallyport", "they speak of Sallyport itself, and the peer is the kernel")


def red_configuration(name):
    """What red needs: an interface in VRF RED, a static address, and look-ups that go to the global table."""
    return f"""
ip vrf RED
!
interface inside1
 device tap sp-red netns {name}-redlan
 ip vrf forwarding RED
 ip address 10.10.10.1 255.255.255.0
 ip nat inside
!
ip nat inside source static {RED} {RED_GLOBAL} vrf RED
ip nat route vrf RED 203.0.113.0 255.255.255.0 global
ip route vrf RED 0.0.0.0 0.0.0.0 203.0.113.254 global
"""


def configuration(name, *, inside="", outside="", statements=None, cores=None, red=False):
    """The text of a gateway's configuration for the lab `name`; `inside` and `outside` are further interface lines."""
    if statements is None:
        statements = """
access-list 10 permit 10.10.10.0 0.0.0.255
ip nat pool OUT 203.0.113.100 203.0.113.103 prefix-length 24
ip nat inside source list 10 pool OUT overload
ip nat inside source static 10.10.10.11 203.0.113.50
ip nat inside source static tcp 10.10.10.10 8080 203.0.113.1 80
ip route 198.51.100.0 255.255.255.0 203.0.113.200
"""
    if red:
        statements += red_configuration(name)
    cores = cores or ("0-1" if len(os.sched_getaffinity(0)) > 1 else "0")
    return f"""hostname test
dataplane
 worker-cores {cores}
 poll adaptive
!
interface inside0
 device tap sp-inside netns {name}-lan
 ip address 10.10.10.1 255.255.255.0
 ip nat inside
{inside}!
interface outside0
 device tap sp-outside netns {name}-wan
 ip address 203.0.113.1 255.255.255.0
 ip nat outside
{outside}!
{statements.strip()}
control-socket /run/sallyport-lab/{name}/control.sock
"""


class Lab:
    """A raised lab. Commands run on its hosts; Sallyport's client speaks to its gateway."""

    def __init__(self, name, text=None, peer=None):
        self.name = name
        self.peer = peer or PEER
        self.text = text if text is not None else configuration(name)
        self.state = pathlib.Path("/run/sallyport-lab") / name
        self._config = None

    def up(self):
        """Raises the lab, anew when it is up."""
        arguments = ["up", "--name", self.name]
        if self.peer == "sallyport":
            self._config = tempfile.NamedTemporaryFile("w", suffix=".conf", prefix="sallyport-test-")
            self._config.write(self.text)
            self._config.flush()
            arguments += ["--config", self._config.name]
        else:
            arguments += ["--peer", self.peer]
        self._tool(*arguments)
        if self.peer != "sallyport":
            self._teach_kernel()
        return self

    def down(self):
        """Takes the lab down; harmless when it is down."""
        self._tool("down", "--name", self.name)
        if self._config:
            self._config.close()
            self._config = None

    def __enter__(self):
        return self.up()

    def __exit__(self, *_):
        self.down()

    def argv(self, host, *command):
        """The command line that runs `command` on `host`."""
        return [str(ROOT / "Tools/lab"), "--name", self.name, "exec", host, *map(str, command)]

    def run(self, host, *command, timeout=30, check=True, input=None):
        """Runs a command on a host to its end and returns what subprocess.run does; text in and out."""
        result = subprocess.run(
            self.argv(host, *command), timeout=timeout, input=input, text=True, capture_output=True
        )
        if check and result.returncode != 0:
            raise AssertionError(
                f"{host}$ {' '.join(map(str, command))}\nexit {result.returncode}\n{result.stdout}{result.stderr}"
            )
        return result

    def rewrite(self, text):
        """Puts another text into the configuration's file, for a reload."""
        self.text = text
        pathlib.Path(self._config.name).write_text(text)

    @property
    def config_path(self):
        """The file that the gateway was started with."""
        return self._config.name

    def add_addresses(self, host, *addresses):
        """Gives a host further addresses: one namespace then plays several hosts of its segment."""
        for address in addresses:
            self.run(host, "ip", "address", "add", f"{address}/24", "dev", "eth0")

    def inject(self, host, packets, gap=0.0):
        """Sends whole IPv4 packets, as octets, from a host; a number among them is a pause in seconds."""
        lines = [packet.hex() if isinstance(packet, bytes) else f"wait {packet}" for packet in packets]
        self.run(host, "python3", PROGRAMS / "inject.py", gap, input="\n".join(lines) + "\n", timeout=60)

    def counters(self, host):
        """The kernel's network counters on a host, such as UdpInCsumErrors, since the host exists."""
        return json.loads(self.run(host, "nstat", "-a", "-s", "-z", "-j").stdout)["kernel"]

    def start(self, host, *command, **options):
        """Starts a command on a host; a `with` ends it by its own pid."""
        return Running(self.argv(host, *command), **options)

    def sallyport(self, *arguments, check=True, timeout=20):
        """Runs Sallyport's client against this lab's gateway and returns what subprocess.run does."""
        result = subprocess.run(
            [str(BINARIES / "sallyport"), *map(str, arguments), "--socket", str(self.state / "control.sock")],
            timeout=timeout, text=True, capture_output=True,
        )
        if check and result.returncode != 0:
            raise AssertionError(f"sallyport {' '.join(arguments)}: exit {result.returncode}\n{result.stderr}")
        return result

    def show(self, *arguments):
        """What `sallyport show …` prints."""
        return self.sallyport("show", *arguments).stdout

    def show_json(self, *arguments):
        """What `sallyport show … --json` says, parsed."""
        return json.loads(self.sallyport("show", *arguments, "--json").stdout)

    def translations(self, *words):
        """The rows of `show ip nat translations`: protocol, inside global, inside local, outside local and global."""
        rows = [line.split() for line in self.show("ip", "nat", "translations", *words).splitlines()]
        protocols = {"tcp", "udp", "icmp", "gre", "esp", "---"}
        return [tuple(row[:5]) for row in rows if len(row) >= 5 and (row[0] in protocols or row[0].isdigit())]

    def drops(self, reason):
        """How often `show drops` says the gateway dropped a frame for `reason`."""
        for line in self.show("drops").splitlines():
            words = line.split()
            if words and words[0] == reason:
                return next(int(word) for word in words[1:] if word.isdigit())
        return 0

    def daemon_pid(self):
        """The gateway's process."""
        return int((self.state / "sallyportd.pid").read_text().split()[0])

    def log(self):
        """What the gateway has logged."""
        path = self.state / "sallyportd.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def _tool(self, *arguments):
        result = subprocess.run([str(ROOT / "Tools/lab"), *arguments], timeout=90, text=True, capture_output=True)
        if result.returncode != 0:
            raise RuntimeError(f"Tools/lab {' '.join(arguments)}: exit {result.returncode}\n{result.stderr}")

    def _teach_kernel(self):
        """What the tests' configuration asks for beyond the lab's own."""
        self.run("gateway", "nft", 'add rule ip lab incoming iifname "outside0" ip daddr 203.0.113.1 tcp dport 80 '
                 "dnat to 10.10.10.10:8080")
        self.run("gateway", "ip", "route", "add", "198.51.100.0/24", "via", "203.0.113.200")


class Running:
    """A process that runs beside a test and ends with its `with` block."""

    def __init__(self, argv, *, interactive=False, **options):
        options.setdefault("stdin", subprocess.PIPE if interactive else subprocess.DEVNULL)
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.STDOUT)
        self.process = subprocess.Popen(argv, text=True, **options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def tell(self, text):
        """Gives an interactive process all of its input, which then ends, while others are still to be told."""
        self.process.stdin.write(text)
        self.process.stdin.close()
        self.process.stdin = None

    def stop(self, with_signal=signal.SIGTERM):
        """Ends the process and returns what it printed."""
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        return self.finish(10)

    def finish(self, timeout):
        """Waits for the process's own end and returns what it printed."""
        try:
            output, _ = self.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            output, _ = self.process.communicate()
        except ValueError:
            return ""  # Finished before: its output was read then.
        return output or ""


class LabTestCase(unittest.TestCase):
    """A test that ends in bounded time."""

    longMessage = True
    maxDiff = None

    def setUp(self):
        self.addCleanup(signal.alarm, 0)
        self.bounded_by(LONGEST_TEST)

    def bounded_by(self, seconds):
        """The test hangs when it runs for so long from now."""
        def too_long(*_):
            raise TimeoutError(f"the test ran longer than {seconds} seconds")

        signal.signal(signal.SIGALRM, too_long)
        signal.alarm(seconds)

    def eventually(self, predicate, message, seconds=5):
        """Holds until `predicate` does, or fails with `message`."""
        deadline = time.monotonic() + seconds
        while True:
            value = predicate()
            if value:
                return value
            if time.monotonic() > deadline:
                self.fail(message)
            time.sleep(0.05)


_shared = None


def shared():
    """The lab most tests use; raised when the first of them asks."""
    global _shared
    if _shared is None:
        _shared = Lab(NAME, configuration(NAME, red=True)).up()
    return _shared


def shared_down():
    """Takes the shared lab down after the last test, and returns what its gateway logged."""
    global _shared
    if _shared is None:
        return ""
    log, lab = _shared.log(), _shared
    _shared = None
    lab.down()
    return log
