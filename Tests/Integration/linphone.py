"""Linphone, a telephone that replaces one call by another (RFC 3891), and asks others to; commands go in and events
come out over its standard streams.

Where there is no sound card it sends no voice, but what keeps each stream's way open, from and to the same ports, twice
a second.
"""

import contextlib
import os
import pathlib
import re
import select
import tempfile
import time

from lab import GATEWAY_OUTSIDE
from servers import await_listener

CONFIGURATION = """
[sip]
sip_port=5060
sip_tcp_port=5060
sip_tls_port=0
guess_hostname=0
contact=sip:{name}@{address}
bind_address={address}
use_ipv6=0
[rtp]
audio_rtp_port={first}-{last}
[video]
enabled=0
"""


class Linphone:
    """A telephone that is on."""

    def __init__(self, name, process):
        self.name, self._process = name, process
        self._said, self._heard = "", 0

    def do(self, command):
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()

    def _read(self):
        number = self._process.stdout.fileno()
        if select.select([number], [], [], 0.1)[0]:
            self._said += os.read(number, 65536).decode(errors="replace")

    def await_event(self, kind, seconds=10):
        """Waits until a call has come to that state, forgets what came before, and tells the call's number."""
        deadline = time.monotonic() + seconds
        pattern = re.compile(rf"Event: LinphoneCall{kind}\nFrom: .*\nId: (\d+)")
        while not (found := pattern.search(self._said, self._heard)):
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.name}'s phone waited for {kind}; it said\n{self._said[-3000:]}")
            self._read()
        self._heard = found.end()
        return int(found[1])


@contextlib.contextmanager
def default_route(lab, host):
    """Linphone learns its own address from the way to a host far away, so there has to be one."""
    if lab.run(host, "ip", "route", "show", "default").stdout.strip():
        yield
        return
    lab.run(host, "ip", "route", "add", "default", "via", GATEWAY_OUTSIDE)
    try:
        yield
    finally:
        lab.run(host, "ip", "route", "delete", "default")


@contextlib.contextmanager
def linphone(lab, host, address, first_media_port):
    """A telephone on a host, at SIP's port, that nobody registers."""
    with default_route(lab, host), tempfile.TemporaryDirectory(prefix="sallyport-test-") as directory:
        home = pathlib.Path(directory)
        for place in ".config/linphone", ".local/share/linphone":
            (home / place).mkdir(parents=True)
        (home / "settings").write_text(CONFIGURATION.format(
            name=host, address=address, first=first_media_port, last=first_media_port + 100,
        ))
        with lab.start(
            host, "env", f"HOME={home}", "linphone-daemon", "--config", home / "settings", "--log", home / "log",
            "--disable-stats-events", interactive=True,
        ) as running:
            await_listener(lab, host, 5060, "udp")
            yield Linphone(host, running.process)
