"""The lab as a path for traffic: alice, a gateway, carol."""

import os
import subprocess
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

    def received_packets(self) -> int:
        """How many packets have reached carol's device."""
        for line in self.run("carol", "cat", "/proc/net/dev").splitlines():
            device, colon, counters = line.partition(":")
            if colon and device.strip() != "lo":
                return int(counters.split()[1])
        raise RuntimeError(f"{self.name}: carol has no device")


class Lab(Route):
    """A lab in the direct topology, with Sallyport or the kernel in the middle, down again when the block ends."""

    def __init__(self, name: str, peer: str | None = None, workers: str | None = None):
        self.name = name
        self.peer = peer
        self.workers = workers

    def __enter__(self) -> "Lab":
        options = ["--topology", "direct"]
        if self.peer:
            options += ["--peer", self.peer]
        if self.workers:
            options += ["--workers", self.workers]
        subprocess.run(
            [*self._tool(), "up", *options], check=True, timeout=120, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL)
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
        if not self.peer:
            subprocess.run(
                [str(binaries() / "sallyport"), "clear", "ip", "nat", "translation", "*",
                 "--socket", str(STATE / self.name / "control.sock")],
                check=True, timeout=30, stdout=subprocess.DEVNULL)

    @property
    def pid(self) -> int:
        """The process of the gateway, where it is one."""
        return int((STATE / self.name / "sallyportd.pid").read_text().split()[0])

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


def binaries() -> Path:
    """The directory of the programs under test."""
    return Path(os.environ.get("SALLYPORT_BIN", ROOT / ".build/release"))
