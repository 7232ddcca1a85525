#!/usr/bin/env python3
"""Turns the conversations of captures into inputs of FuzzGateways, FuzzSIP and FuzzEngine.

    Tools/lib/fuzz-seeds.py TARGET OUTPUT CAPTURE...

Each TCP stream and UDP conversation with payload becomes one file in OUTPUT, its segments in order; for FuzzSIP each
message does, or each body of the kind that SALLYPORT_FUZZ_MODE names. What is no capture is one message for FuzzSIP, and
passed over for the others. Needs tshark.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

FIELDS = ["ip.src", "tcp.stream", "udp.stream", "tcp.payload", "udp.payload"]
# The longest input that Tools/fuzz has libFuzzer make, and the conversations of one capture that are worth having.
LONGEST, LONGEST_MESSAGE, MOST = 1024, 4095, 40


def conversations(capture: Path) -> list[tuple[bool, list[tuple[int, bytes]]]]:
    """Whether it is UDP, and what was sent: 0 for who spoke first, or 1, and the octets."""
    command = ["tshark", "-n", "-r", str(capture), "-T", "fields"]
    for field in FIELDS:
        command += ["-e", field, "-E", "occurrence=f"]
    found: dict[tuple[bool, str], tuple[str, list[tuple[int, bytes]]]] = {}
    printed = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False).stdout
    for line in printed.splitlines():
        source, tcp, udp, *payloads = (line.split("\t") + [""] * len(FIELDS))[:len(FIELDS)]
        octets = bytes.fromhex("".join(payloads).replace(":", ""))
        if not octets or not (tcp or udp):
            continue
        first, pieces = found.setdefault((not tcp, tcp or udp), (source, []))
        pieces.append((int(source != first), octets))
    return [(is_udp, pieces) for (is_udp, _), (_, pieces) in found.items()]


def gateway_input(is_udp: bool, pieces: list[tuple[int, bytes]]) -> bytes:
    """As FuzzGateways reads it: a direction and a length of seven bits before each piece."""
    result = bytearray([0, 2 if is_udp else 0])
    for direction, octets in pieces:
        for start in range(0, len(octets), 127):
            part = octets[start:start + 127]
            result += bytes([len(part) << 1 | direction]) + part
    return bytes(result)


def engine_input(pieces: list[tuple[int, bytes]]) -> bytes:
    """As FuzzEngine reads it: what kind of step, where, and a length before each piece."""
    result = bytearray([0])
    for direction, octets in pieces:
        for start in range(0, len(octets), 255):
            part = octets[start:start + 255]
            result += bytes([direction, 0, len(part)]) + part
    return bytes(result)


def sip_inputs(capture: Path) -> list[bytes]:
    """As FuzzSIP reads them: how it travels, and a message, a description, or parts whose boundary is `b`."""
    mode = os.environ.get("SALLYPORT_FUZZ_MODE", "message")
    if is_capture(capture):
        pieces = [octets for _, pieces in conversations(capture)[:MOST] for _, octets in pieces[:MOST]]
    else:
        pieces = [capture.read_bytes()]
    if mode == "sdp":
        pieces = [octets[octets.index(b"\r\nv=0\r\n") + 2:] for octets in pieces if b"\r\nv=0\r\n" in octets]
    elif mode == "multipart":
        found = [(octets, re.search(rb'boundary="?([^";\r\n]+)', octets)) for octets in pieces]
        pieces = [
            octets[octets.index(b"\r\n\r\n") + 4:].replace(b"--" + match[1], b"--b")
            for octets, match in found if match and b"\r\n\r\n" in octets
        ]
    return [bytes([index % 4 * 4]) + octets[:LONGEST_MESSAGE] for index, octets in enumerate(pieces)]


def is_capture(path: Path) -> bool:
    """By its name."""
    return ".pcap" in path.name


def main() -> None:
    """Writes the inputs."""
    target, output = sys.argv[1], Path(sys.argv[2])
    output.mkdir(parents=True, exist_ok=True)
    written = 0
    for capture in map(Path, sys.argv[3:]):
        if target == "FuzzSIP":
            for number, seed in enumerate(sip_inputs(capture)):
                (output / f"seed-{capture.stem}-{number}").write_bytes(seed)
                written += 1
            continue
        if not is_capture(capture):
            continue
        for number, (is_udp, pieces) in enumerate(conversations(capture)[:MOST]):
            if target == "FuzzEngine" and is_udp:
                continue
            seed = engine_input(pieces) if target == "FuzzEngine" else gateway_input(is_udp, pieces)
            (output / f"seed-{capture.stem}-{number}").write_bytes(seed[:LONGEST])
            written += 1
    print(f"{written} inputs from {len(sys.argv) - 3} files")


if __name__ == "__main__":
    main()
