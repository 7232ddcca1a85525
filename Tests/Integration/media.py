"""Ears for media: a program on a host listens on many ports and counts, for each, packets and who sent them."""

import json

from lab import PROGRAMS
from servers import await_listener


class Listener:
    """Counts what arrives at UDP ports of a host during a `with` block; `echo` sends it back too."""

    def __init__(self, lab, host, address, ports, echo=False):
        self._lab, self._host, self._address, self._ports, self._echo = lab, host, address, list(ports), echo
        self.packets, self.sources = {}, {}

    def __enter__(self):
        arguments = ["--echo"] if self._echo else []
        self._running = self._lab.start(
            self._host, "python3", PROGRAMS / "listen.py", self._address, *self._ports, *arguments
        )
        await_listener(self._lab, self._host, self._ports[-1], "udp")
        return self

    def __exit__(self, *_):
        for port, (count, sources) in json.loads(self._running.stop()).items():
            self.packets[int(port)] = count
            self.sources[int(port)] = {tuple(source) for source in sources}


class Meter:
    """Counts the UDP packets that come to a range of ports of a host, whoever listens there, from now until the block
    ends."""

    def __init__(self, lab, host, first, last):
        self._lab, self._host, self._table = lab, host, f"meter{first}"
        self._rule = f"udp dport {first}-{last} counter"

    def __enter__(self):
        self._lab.run(self._host, "nft", "-f", "-", input=f"""
            table ip {self._table} {{ chain incoming {{
              type filter hook input priority 0; {self._rule}; }}
            }}""")
        return self

    def __exit__(self, *_):
        self._lab.run(self._host, "nft", "delete", "table", "ip", self._table)

    def count(self):
        """How many there have been."""
        words = self._lab.run(self._host, "nft", "list", "table", "ip", self._table).stdout.split()
        return int(words[words.index("packets") + 1])
