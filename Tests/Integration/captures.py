"""What passes a host's interface, read by tshark: a judge that is not ours."""

import contextlib
import pathlib
import subprocess
import tempfile
import time


class Capture:
    """A capture in a temporary file that lives as long as this object."""

    def __init__(self):
        self._file = tempfile.NamedTemporaryFile(prefix="sallyport-test-", suffix=".pcap")
        self.path = self._file.name

    def select(self, display_filter, *fields, options=()):
        """The values of `fields`, a tuple a packet; with no field, the frame numbers."""
        return select(self.path, display_filter, *fields, options=options)

    def count(self, display_filter, options=()):
        """How many packets a display filter names."""
        return len(self.select(display_filter, options=options))

    def octets(self):
        """The file as it is, for a search below the level of protocols."""
        return pathlib.Path(self.path).read_bytes()


def select(path, display_filter, *fields, options=()):
    """What tshark reads in the capture file at `path`: the values of `fields` of each packet the filter names."""
    command = ["tshark", "-n", "-r", str(path), "-Y", display_filter, "-T", "fields", "-E", "separator=/t"]
    for name in fields or ("frame.number",):
        command += ["-e", name]
    for option in options:
        command += ["-o", option]
    result = subprocess.run(command, text=True, capture_output=True, timeout=90)
    if result.returncode != 0:
        raise AssertionError(f"tshark: {result.stderr}")
    return [tuple(line.split("\t")) for line in result.stdout.splitlines()]


@contextlib.contextmanager
def capture(lab, host, interface="eth0", snap=0):
    """Records what passes `interface` of `host` during the block; the capture is complete after it."""
    result = Capture()
    # Immediate mode and -U hand over and write each packet as it comes, so that ending tcpdump loses none;
    # -Z root lets it write where we say.
    with lab.start(
        host, "tcpdump", "-n", "-i", interface, "--immediate-mode", "-U", "-s", snap, "-B", "16384", "-Z", "root",
        "-w", result.path,
    ) as recorder:
        # Its first lines end with saying that it listens; frames from then on are seen.
        said = ""
        while "listening on" not in said:
            if not (line := recorder.process.stdout.readline()):
                raise AssertionError(f"tcpdump on {host} ended at once: {said}")
            said += line
        yield result
        time.sleep(0.3)
