"""SIPp, a real user agent that follows a script: the scenarios under sip/, run on the lab's hosts.

A scenario file is SIPp's own XML. What would be the same in each is a word in braces, which stands for a text of
`TEXTS` or `_expand`: `{begin INVITE}` are the lines of a request that begins a dialog, `{audio}` is a body that
offers audio.
"""

import contextlib
import csv
import pathlib
import re
import struct
import tempfile

import packets
from servers import await_listener

SCENARIOS = pathlib.Path(__file__).resolve().parent / "sip"

# What each end plays: so many packets of G.711 at their usual pace.
RECORDING_PACKETS = 20
PACE = 0.02
# The first port that calls have for media; below it are those that SIPp binds for its own echo. A call has four: audio
# and its RTCP, a second medium and its RTCP.
FIRST_MEDIA_PORT, PORTS_A_CALL = 6000, 4

_REQUEST = """\
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
Max-Forwards: 70
{routes}From: "A caller" <sip:caller@[local_ip]:[local_port]>;tag=[pid]c[call_number]
To: <sip:callee@[remote_ip]:[remote_port]>{tag}
Call-ID: [call_id]
CSeq: {sequence} {method}
Contact: <sip:caller@[local_ip]:[local_port];transport=[transport]>"""

_RESPONSE = """\
SIP/2.0 {status}
[last_Via:]
[last_Record-Route:]
[last_From:]
[last_To:]{tag}
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:callee@[local_ip]:[local_port];transport=[transport]>"""

_SDP = """\
Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 20 {version} IN IP4 [local_ip]
s=-
c=IN IP4 {address}
t=0 0
{media}"""

_AUDIO = "m=audio [auto_media_port+4] RTP/AVP 8\na=rtpmap:8 PCMA/8000\na=ptime:20\n"
_VIDEO = "m=video [auto_media_port+6] RTP/AVP 31\na=rtpmap:31 H261/90000\n"
_FAX = "m=image [auto_media_port+6] udptl t38\na=T38FaxVersion:0\na=T38FaxRateManagement:transferredTCF\n"


def _body(media, version=1, address="[media_ip]"):
    return _SDP.format(version=version, address=address, media=media).rstrip("\n")


TEXTS = {
    "nothing": "Content-Length: 0\n",
    "audio": _body(_AUDIO),
    "video": _body(_AUDIO + _VIDEO),
    "fax": _body(_FAX, 2),
    # At SIPp's own port, from which it can send back what it hears.
    "echo": _body(_AUDIO.replace("auto_media_port+4", "media_port")),
    # At the port of a call's second medium.
    "moved": _body(_AUDIO.replace("+4", "+6"), 2),
    "elsewhere": _body(_AUDIO.replace("+4", "+6")),
    # More than a packet takes.
    "large": _body(_AUDIO + "".join(f"a=x-sallyport-{n}:what nobody reads but all must carry\n" for n in range(35))),
    "on hold": _body(_AUDIO + "a=sendonly\n", 2),
    "held": _body(_AUDIO + "a=recvonly\n", 2),
    "on hold by 0.0.0.0": _body(_AUDIO, 2, "0.0.0.0"),
    "resumed": _body(_AUDIO + "a=sendrecv\n", 3),
    "requiring reliability": "Require: 100rel",
    "being reliable": "Require: 100rel\nRSeq: 1",
    "acknowledging reliably": "RAck: 1 1 INVITE",
}
_TAG = ";tag=[pid]s[call_number]"
_OUTSIDE_DIALOG = "{method} sip:callee@[remote_ip]:[remote_port] SIP/2.0\n" + _REQUEST


def _response(status, tag, **replacements):
    text = _RESPONSE.format(status=status, tag=tag)
    for field, value in replacements.items():
        text = text.replace(f"[last_{field}:]", f"{field}: {value}")
    return text


def _expand(match):
    if (whole := match.group(1)) in TEXTS:
        return TEXTS[whole]
    word, _, rest = whole.partition(" ")
    first, _, number = rest.partition(" ")
    match word:
        case "begin":  # A request that begins something.
            return _OUTSIDE_DIALOG.format(routes="", tag="", sequence="[cseq]", method=first)
        case "within":  # A request in a dialog, with another sequence number than the next one, if that is said.
            return f"{first} [next_url] SIP/2.0\n" + _REQUEST.format(
                routes="[routes]\n", tag="[peer_tag_param]", sequence=number or "[cseq]", method=first)
        case "again":  # CANCEL, or ACK after a refusal: in the transaction of the INVITE, so many steps ago.
            tag = "" if first == "CANCEL" else "[peer_tag_param]"
            return _OUTSIDE_DIALOG.replace("[branch]", f"[branch-{number}]").format(
                routes="", tag=tag, sequence="1", method=first)
        case "early":  # A response that brings the callee's tag.
            return _response(rest, _TAG)
        case "first" | "second":  # The same of two phones.
            return _response(rest, f"{_TAG}-{word}")
        case "answer":  # A response to a request that has it.
            return _response(rest, "")
        case "end":  # The INVITE's, after its CANCEL, which has the same Via.
            return _response(rest, _TAG, CSeq="1 INVITE")
        case "accept":  # The INVITE's, after other requests; `via` was kept.
            return _response(rest, "", CSeq="1 INVITE", Via="[$via]")
    raise ValueError(f"a scenario asks for {{{whole}}}, which is nothing known")


def scenario_text(name, linger=0):
    """The scenario of that name as SIPp reads it; `linger` is how many milliseconds the answering end stays, to answer
    once more a request whose answer was lost."""
    text = (SCENARIOS / f"{name}.xml").read_text()
    # Where a connection ends, a call that only waits would be said to have failed.
    text = text.replace("{linger}", str(linger)) if linger else re.sub(r".*\{linger\}.*\n", "", text)
    return re.sub(r"\{([^{}\n]+)\}", _expand, text)


def media_ports(calls, streams=1):
    """The ports that so many calls, one after the other, use for media."""
    return [FIRST_MEDIA_PORT + PORTS_A_CALL * call + 2 * stream for call in range(calls) for stream in range(streams)]


def write_recording(path):
    """A capture file of one short RTP stream, for SIPp to play."""
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for number in range(RECORDING_PACKETS):
            rtp = struct.pack("!BBHII", 0x80, 8, number, 160 * number, 0x5A11) + b"\xD5" * 160
            frame = b"\2" * 12 + b"\x08\0" + packets.ipv4(
                "192.0.2.1", "192.0.2.2", packets.UDP, packets.udp("192.0.2.1", 6000, "192.0.2.2", 6000, rtp)
            )
            when = round(number * PACE * 1e6)
            file.write(struct.pack("<IIII", when // 1_000_000, when % 1_000_000, len(frame), len(frame)) + frame)


class Run:
    """One SIPp and its files. After finish: how many calls were successful and how many failed, and what it said."""

    def __init__(self, lab, host, address, scenario, arguments, *, count, transport, port, timeout, linger=0,
                 media_address=None):
        self._directory = tempfile.TemporaryDirectory(prefix="sallyport-test-")
        self._path = pathlib.Path(self._directory.name)
        (self._path / "scenario.xml").write_text(scenario_text(scenario, linger))
        write_recording(self._path / "recording.pcap")
        self._timeout = timeout
        self._running = lab.start(
            host, "bash", "-c", 'cd "$0" && exec sipp "$@"', self._path, *arguments,
            "-sf", "scenario.xml", "-i", address, "-bind_local", "-p", port, "-mi", media_address or address, "-m", count,
            "-t", transport, "-mp", FIRST_MEDIA_PORT - PORTS_A_CALL, "-nostdin", "-max_socket", 2000,
            "-timeout", timeout, "-timeout_error",
            "-trace_stat", "-stf", "statistics.csv", "-fd", "1", "-trace_err", "-error_file", "errors.log",
        )
        self.successful = self.failed = 0
        self.statistics, self.errors = {}, ""

    def finish(self):
        """Waits for SIPp's own end."""
        said = self._running.finish(self._timeout + 5)
        return self._read(said)

    def stop(self):
        """Ends SIPp where it has not ended."""
        said = self._running.stop()
        return self._read(said)

    def _read(self, said):
        if not self._path.exists():
            return self
        statistics, errors = self._path / "statistics.csv", self._path / "errors.log"
        if statistics.exists():
            rows = list(csv.DictReader(statistics.open(), delimiter=";"))
            self.statistics = rows[-1] if rows else {}
        self.successful = int(self.statistics.get("SuccessfulCall(C)") or 0)
        self.failed = int(self.statistics.get("FailedCall(C)") or 0)
        self.errors = (errors.read_text(errors="replace") if errors.exists() else "") or said
        self._directory.cleanup()
        return self


def call(lab, host, address, scenario, to, *, count=1, rate=10, transport="u1", port=5060, timeout=30, options=(),
         media_address=None):
    """Runs the calling end of a scenario to its end; its media may be at another address of the host."""
    arguments = [to, "-r", rate, "-l", count, *options]
    return Run(lab, host, address, scenario, arguments, count=count, transport=transport, port=port,
               timeout=timeout, media_address=media_address).finish()


@contextlib.contextmanager
def answering(lab, host, address, scenario, *, count=1, transport="u1", port=5060, timeout=60, options=(),
              linger=500):
    """Runs the answering end of a scenario during a block."""
    # An answering SIPp has one socket for all who call.
    kind = transport[0] + "1"
    run = Run(lab, host, address, scenario, options, count=count, transport=kind, port=port, timeout=timeout,
              linger=linger if kind == "u1" else 0)
    try:
        try:
            await_listener(lab, host, port, "tcp" if kind == "t1" else "udp")
        except AssertionError as error:
            raise AssertionError(f"{error}: {run.stop().errors}") from None
        yield run
    finally:
        run.stop()
