"""The copy-only C forwarder as a path for traffic: what moving frames between two TAP devices costs at least."""

import subprocess
from pathlib import Path

from .lab import INSIDE_HOST, OUTSIDE_HOST, ROOT, Route

SOURCE = ROOT / "Benchmarks/Reference/copyforward.c"
INSIDE_GATEWAY = "10.10.10.1"
INSIDE_GLOBAL = "203.0.113.100"
# As in the program: of the hosts, and of the forwarder towards each.
HOST_LINK = {"alice": "02:00:00:00:00:02", "carol": "02:00:00:00:01:02"}
FORWARDER_LINK = {"alice": "02:00:00:00:00:01", "carol": "02:00:00:00:01:01"}
DEVICE = "copy0"


def compile_forwarder(directory: Path) -> Path:
    """Builds the program into `directory`."""
    program = directory / "copyforward"
    subprocess.run(
        ["cc", "-std=gnu11", "-O2", "-Wall", "-o", str(program), str(SOURCE), "-luring"], check=True, timeout=60)
    return program


class CopyForwarder(Route):
    """Two namespaces and the forwarder between them, gone again when the block ends. It may run ten minutes."""

    def __init__(self, name: str, program: Path):
        self.name = name
        self.program = program
        self._process: subprocess.Popen | None = None

    def __enter__(self) -> "CopyForwarder":
        try:
            self._start()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, *_) -> None:
        self._remove()

    def command(self, host: str, *words: str) -> list[str]:
        return ["ip", "netns", "exec", self._namespace(host), *words]

    @property
    def pid(self) -> int:
        """The forwarder's process."""
        assert self._process is not None
        return self._process.pid

    def _namespace(self, host: str) -> str:
        return f"{self.name}-{host}"

    def _start(self) -> None:
        self._remove()
        for host in HOST_LINK:
            ip("netns", "add", self._namespace(host))
        # A session of its own, as the lab gives the daemon one.
        self._process = subprocess.Popen(
            [str(self.program), "--inside", f"{self._namespace('alice')}:{DEVICE}",
             "--outside", f"{self._namespace('carol')}:{DEVICE}", "--seconds", "600"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, start_new_session=True)
        if self._process.stdout.readline().strip() != "ready":
            raise RuntimeError("the copy-only forwarder did not start")
        self._address("alice", INSIDE_HOST, INSIDE_GATEWAY)
        self._address("carol", OUTSIDE_HOST, INSIDE_GLOBAL)
        ip("-n", self._namespace("alice"), "route", "replace", "default", "via", INSIDE_GATEWAY)

    def _address(self, host: str, own: str, neighbour: str) -> None:
        namespace = self._namespace(host)
        self.run(host, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")
        ip("-n", namespace, "link", "set", DEVICE, "address", HOST_LINK[host], "up")
        ip("-n", namespace, "address", "replace", f"{own}/24", "dev", DEVICE)
        ip("-n", namespace, "neighbour", "replace", neighbour, "lladdr", FORWARDER_LINK[host], "dev", DEVICE,
           "nud", "permanent")

    def _remove(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=10)
            self._process.stdout.close()
            self._process = None
        for host in HOST_LINK:
            if Path("/run/netns", self._namespace(host)).exists():
                ip("netns", "delete", self._namespace(host))


def ip(*words: str) -> None:
    """Runs ip(8)."""
    subprocess.run(["ip", *words], check=True, timeout=30)
