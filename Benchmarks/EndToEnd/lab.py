"""The lab as a path for traffic: alice, a gateway, carol."""

import os
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
STATE = Path("/run/sallyport-lab")

INSIDE_HOST = "10.10.10.10"
OUTSIDE_HOST = "203.0.113.10"

# Tens of thousands of connections a second leave as many behind for a while: ports, backlogs and waiting states
# must not be what ends them, on either path.
HOST_SETTINGS = [
    "net.ipv4.ip_local_port_range=1024 65535",
    "net.ipv4.tcp_tw_reuse=1",
    "net.ipv4.tcp_max_syn_backlog=16384",
    "net.core.somaxconn=16384",
    "net.ipv4.tcp_syncookies=0",
]
# The kernel's table is sized for the whole machine, so its closed connections are forgotten early instead.
KERNEL_GATEWAY_SETTINGS = [
    "net.netfilter.nf_conntrack_tcp_timeout_time_wait=5",
    "net.netfilter.nf_conntrack_tcp_timeout_close=2",
]
# Sessions shall stand until all are filled and verified.
KERNEL_TABLE_SETTINGS = [
    "net.netfilter.nf_conntrack_udp_timeout=600", "net.netfilter.nf_conntrack_udp_timeout_stream=600",
]
KERNEL_LIMIT = Path("/proc/sys/net/netfilter/nf_conntrack_max")

# Hosts and servers that the generator plays on the devices of alice and carol.
HOSTS, SERVERS = "10.10.10.100+100", "203.0.113.120+8"
GATEWAY_INSIDE = "10.10.10.1"
# For tables of millions: hosts behind a router, and global addresses enough for their ports.
TABLE_ROUTER = "10.10.10.200"
TABLE_FIRST_HOST, TABLE_NETWORK, TABLE_MASK, TABLE_WILDCARD = "10.128.0.1", "10.128.0.0", "255.254.0.0", "0.1.255.255"
TABLE_POOL = ("203.0.113.131", "203.0.113.230")
TABLE_ENTRIES = 5_000_000
SESSIONS_PER_HOST = 63


class Route:
    """Where traffic goes from a host called alice to a host called carol."""

    name = ""

    def command(self, host: str, *words: str) -> list[str]:
        """The command line that runs `words` on `host`."""
        raise NotImplementedError

    def run(self, host: str, *words: str, seconds: float = 30) -> str:
        """Runs a command on a host to its end; returns what it printed."""
        done = subprocess.run(
            self.command(host, *words), capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise RuntimeError(f"{self.name}: {' '.join(words)} on {host}: {(done.stderr or done.stdout).strip()}")
        return done.stdout

    def forget(self) -> None:
        """Drops what earlier traffic left in the path's tables."""

    @property
    def pid(self) -> int | None:
        """The process of the gateway, where it is one."""
        return None

    def received_packets(self, host: str = "carol") -> int:
        """How many packets have reached a host's device."""
        for line in self.run(host, "cat", "/proc/net/dev").splitlines():
            device, colon, counters = line.partition(":")
            if colon and device.strip() != "lo":
                return int(counters.split()[1])
        raise RuntimeError(f"{self.name}: {host} has no device")


class Unable(Exception):
    """A path cannot carry what is measured; the text says why."""


class Lab(Route):
    """A lab in the direct topology, with Sallyport or the kernel in the middle, down again when the block ends."""

    # What its name ends with.
    suffix = ""

    def __init__(self, name: str, peer: str | None = None, workers: str | None = None):
        self.name = name
        self.peer = peer
        self.workers = workers

    def __enter__(self) -> "Lab":
        self._up()
        try:
            self._tune()
        except BaseException:
            self._down()
            raise
        return self

    def __exit__(self, *_) -> None:
        self._down()

    def command(self, host: str, *words: str) -> list[str]:
        return [*self._tool(), "exec", host, *words]

    def forget(self) -> None:
        if self.peer:
            self.run("gateway", "conntrack", "--flush")
        else:
            subprocess.run(
                [str(binaries() / "sallyport"), "clear", "ip", "nat", "translation", "*",
                 "--socket", str(STATE / self.name / "control.sock")],
                check=True, timeout=60, stdout=subprocess.DEVNULL)

    @property
    def pid(self) -> int | None:
        return None if self.peer else int((STATE / self.name / "sallyportd.pid").read_text().split()[0])

    def ends(self) -> list[str]:
        """Where the load generator stands, and whom it plays."""
        inside, outside = ("eth0", "eth0") if self.peer else ("sp-inside", "sp-outside")
        return ["--inside", f"{inside}@{self.name}-alice", "--outside", f"{outside}@{self.name}-carol",
                "--gateway", GATEWAY_INSIDE, "--hosts", HOSTS, "--servers", SERVERS]

    def generator(self) -> list[str]:
        """The load generator's command, where it runs as it should for this lab."""
        return [str(binaries() / "sallyport-load")]

    def pacing(self) -> list[str]:
        """How the load generator waits until something is due."""
        return []

    def _options(self) -> list[str]:
        options = ["--peer", self.peer] if self.peer else []
        return [*options, "--workers", self.workers] if self.workers and not self.peer else options

    def _up(self) -> None:
        subprocess.run(
            [*self._tool(), "up", "--topology", "direct", *self._options()], check=True, timeout=120,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def _tool(self) -> list[str]:
        return [str(ROOT / "Tools/lab"), "--name", self.name]

    def _tune(self) -> None:
        for host in ("alice", "carol"):
            self.run(host, "sysctl", "-qw", *HOST_SETTINGS)
        if self.peer:
            self.run("gateway", "sysctl", "-qw", *KERNEL_GATEWAY_SETTINGS)
        # The first packet waits for two address resolutions; the measurement shall not.
        self.run("alice", "ping", "-q", "-c", "3", "-i", "0.2", "-W", "2", OUTSIDE_HOST)

    def _down(self) -> None:
        subprocess.run([*self._tool(), "down"], timeout=60, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


class ApartLab(Lab):
    """A lab whose load generator has the first core for itself and never sleeps, and the gateway's workers the others.

    What a packet then waits for is the gateway's own; a generator that shares the worker's core would add its turns.
    """

    suffix = "-apart"

    def __init__(self, name: str, peer: str | None = None, workers: str | None = None):
        self._first, *others = sorted(os.sched_getaffinity(0))
        super().__init__(name, peer, workers or ",".join(map(str, others or [self._first])))

    def generator(self) -> list[str]:
        return ["taskset", "--cpu-list", str(self._first), *super().generator()]

    def pacing(self) -> list[str]:
        return ["--spin"]


class TableLab(Lab):
    """A lab whose gateway has room and global addresses for millions of sessions, of hosts behind a router."""

    suffix = "-table"

    def ends(self) -> list[str]:
        words = super().ends()
        return [*words[:words.index("--hosts")], "--host-router", TABLE_ROUTER, "--servers", SERVERS]

    def hosts(self, sessions: int) -> list[str]:
        """As many hosts as have so many sessions; refuses what the kernel's table has no room for."""
        if self.peer and int(KERNEL_LIMIT.read_text()) < sessions:
            raise Unable(f"the kernel's table has room for {int(KERNEL_LIMIT.read_text())} sessions of all namespaces "
                         "together (net.netfilter.nf_conntrack_max)")
        return ["--hosts", f"{TABLE_FIRST_HOST}+{sessions // SESSIONS_PER_HOST}"]

    def _up(self) -> None:
        if self.peer:
            return super()._up()
        cores = self.workers or ("0-1" if len(os.sched_getaffinity(0)) > 1 else "0")
        with tempfile.NamedTemporaryFile("w", suffix=".conf", prefix="sallyport-bench-") as file:
            file.write(self._configuration(cores))
            file.flush()
            subprocess.run(
                [*self._tool(), "up", "--topology", "direct", "--config", file.name], check=True, timeout=120,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def _configuration(self, cores: str) -> str:
        return f"""hostname bench
dataplane
 worker-cores {cores}
 poll adaptive
!
interface inside0
 device tap sp-inside netns {self.name}-alice
 ip address {GATEWAY_INSIDE} 255.255.255.0
 ip nat inside
!
interface outside0
 device tap sp-outside netns {self.name}-carol
 ip address 203.0.113.1 255.255.255.0
 ip nat outside
!
ip route {TABLE_NETWORK} {TABLE_MASK} {TABLE_ROUTER}
access-list 10 permit 10.10.10.0 0.0.0.255
access-list 10 permit {TABLE_NETWORK} {TABLE_WILDCARD}
ip nat pool OUT {TABLE_POOL[0]} {TABLE_POOL[1]} prefix-length 24
ip nat inside source list 10 pool OUT overload
ip nat translation max-entries {TABLE_ENTRIES}
control-socket {STATE / self.name}/control.sock
"""

    def _tune(self) -> None:
        super()._tune()
        if not self.peer:
            return
        self.run("gateway", "sysctl", "-qw", *KERNEL_TABLE_SETTINGS)
        self.run("gateway", "ip", "route", "add", f"{TABLE_NETWORK}/15", "via", TABLE_ROUTER, "dev", "inside0")
        first, last = (int(address.rpartition(".")[2]) for address in TABLE_POOL)
        for number in range(first, last + 1):
            self.run("gateway", "ip", "address", "add", f"203.0.113.{number}/32", "dev", "outside0")
        self.run("gateway", "nft", "add", "rule", "ip", "lab", "outgoing", "oifname", "outside0", "ip", "saddr",
                 f"{TABLE_NETWORK}/15", "snat", "to", "-".join(TABLE_POOL), "persistent")


def binaries() -> Path:
    """The directory of the programs under test."""
    return Path(os.environ.get("SALLYPORT_BIN", ROOT / ".build/release"))
