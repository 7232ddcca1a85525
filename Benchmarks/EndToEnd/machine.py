"""What a result depends on beside the code: the machine, and who else used it meanwhile."""

import os
import platform
import subprocess
import time
from pathlib import Path

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def description(root: Path) -> dict:
    """The machine, its kernel, and the revision of the tree at `root`."""
    return {
        "cpu": cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "revision": revision(root),
        # With it on, each session of processes gets an equal share, which favours a gateway in a session of its own.
        "sched_autogroup": setting("/proc/sys/kernel/sched_autogroup_enabled"),
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def cpu_model() -> str:
    """The processor's name as the kernel gives it."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.lower().startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def revision(root: Path) -> str:
    """The commit checked out, marked when files differ from it."""
    described = subprocess.run(
        ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12"],
        capture_output=True, text=True, timeout=30)
    return described.stdout.strip() if described.returncode == 0 else "unknown"


def setting(path: str) -> str:
    """A kernel setting, or `absent`."""
    try:
        return Path(path).read_text().strip()
    except OSError:
        return "absent"


class Steal:
    """How many cores' worth of time the hypervisor gave to others while the block ran."""

    def __enter__(self) -> "Steal":
        self._ticks, self._time = self._stolen(), time.monotonic()
        self.cores = 0.0
        return self

    def __exit__(self, *_) -> None:
        elapsed = time.monotonic() - self._time
        if elapsed > 0:
            self.cores = (self._stolen() - self._ticks) / TICKS_A_SECOND / elapsed

    @staticmethod
    def _stolen() -> int:
        # The first line: cpu user nice system idle iowait irq softirq steal ...
        return int(Path("/proc/stat").read_text().split(maxsplit=9)[8])


def on_cpu_nanoseconds(pid: int) -> int:
    """The time that all threads of a process have spent on a core."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        total += int((task / "schedstat").read_text().split()[0])
    return total
