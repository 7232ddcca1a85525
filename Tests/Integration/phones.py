"""Baresip, a telephone without a person: commands go in and events come out over its control socket."""

import contextlib
import json
import os
import pathlib
import select
import tempfile
import time

from lab import PROGRAMS
from servers import await_listener

CONFIGURATION = """
sip_listen {address}:{port}
call_max_calls 4
audio_source ausine,440
audio_player aubridge,{name}
audio_alert aubridge,alert
ausrc_srate 48000
auplay_srate 8000
ausrc_channels 2
auplay_channels 1
rtp_ports {first}-{last}
rtp_stats yes
net_interface eth0
jitter_buffer_delay 5-10
module_path /usr/lib/baresip/modules
module g711.so
module aubridge.so
module ausine.so
{video}
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
"""
VIDEO = """
module vp8.so
module fakevideo.so
video_source fakevideo
video_display fakevideo
video_size 176x144
video_fps 10
"""
CONTROL_PORT = 4444


class Phone:
    """A telephone that is on: it can register, dial, answer, hold, resume, transfer and hang up."""

    def __init__(self, name, uri, control, log):
        self.name, self.uri = name, uri
        self._control, self._log = control, log
        self._unread = b""
        self.events = []

    def do(self, command, parameters=""):
        """Gives a command of baresip's menu."""
        self._control.stdin.write(f"{command} {parameters}\n")
        self._control.stdin.flush()

    def dial(self, uri):
        self.do("dial", uri)

    def _read(self, seconds):
        number = self._control.stdout.fileno()
        if select.select([number], [], [], seconds)[0]:
            *lines, self._unread = (self._unread + os.read(number, 65536)).split(b"\n")
            self.events += [event for event in map(json.loads, lines) if event.get("event")]

    def await_event(self, kind, seconds=6):
        """Waits for an event of that type, and forgets what came before it."""
        deadline = time.monotonic() + seconds
        while True:
            for place, event in enumerate(self.events):
                if event["type"] == kind:
                    del self.events[: place + 1]
                    return event
            if time.monotonic() > deadline:
                heard = [(event["type"], event.get("param")) for event in self.events]
                raise AssertionError(f"{self.name}'s phone waited for {kind}; it had {heard}\n{self.said()[-3000:]}")
            self._read(0.1)

    def await_registration(self, seconds=6):
        """Waits until the registrar has answered that it knows the phone."""
        deadline = time.monotonic() + seconds
        while "binding" not in self.said():
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.name}'s phone did not register\n{self.said()[-3000:]}")
            time.sleep(0.05)

    def said(self):
        """What baresip has printed."""
        return self._log.read_text(errors="replace")


@contextlib.contextmanager
def phone(lab, host, address, proxy, *, name=None, transport="udp", port=5060, first_media_port=20000, video=False,
          register=True):
    """A telephone on a host, registered at the proxy if asked to be."""
    name = name or host
    with contextlib.ExitStack() as stack:
        directory = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sallyport-test-")))
        control = CONTROL_PORT + port - 5060
        (directory / "config").write_text(CONFIGURATION.format(
            address=address, port=port, name=name, first=first_media_port, last=first_media_port + 100,
            control=control, video=VIDEO if video else "",
        ))
        uri = f"sip:{name}@{proxy}"
        (directory / "accounts").write_text(
            f"<{uri};transport={transport}>;regint={600 if register else 0};audio_codecs=pcma;answermode=manual\n"
        )
        log = directory / "log"
        stack.enter_context(lab.start(host, "baresip", "-4", "-f", directory, "-v", stdout=log.open("w")))
        await_listener(lab, host, control)
        joined = stack.enter_context(lab.start(
            host, "python3", PROGRAMS / "baresip_control.py", control, interactive=True
        ))
        # What happens before then is not told.
        joined.process.stdout.readline()
        result = Phone(name, uri, joined.process, log)
        if register:
            result.await_registration()
        yield result
        # Unregisters and ends its calls.
        with contextlib.suppress(BrokenPipeError):
            result.do("quit")
        time.sleep(0.3)
