"""Asks observers, from one local port, as whom they see us, and prints a line "ADDRESS PORT" for each; "-" for none.

    ask.py udp|tcp LOCALPORT ADDRESS:PORT… [--bind ADDRESS] [--then-listen SECONDS]

With --then-listen (UDP only) it afterwards prints a line "from ADDRESS PORT LENGTH SHA256" for each datagram that still
arrives.
"""

import argparse
import errno
import hashlib
import socket
import time

parser = argparse.ArgumentParser()
parser.add_argument("transport", choices=["udp", "tcp"])
parser.add_argument("local", type=int)
parser.add_argument("observers", nargs="+")
parser.add_argument("--bind", default="")
parser.add_argument("--then-listen", type=float, default=0)
arguments = parser.parse_args()


def bound(kind):
    """A socket on the local port."""
    result = socket.socket(socket.AF_INET, kind)
    result.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    result.bind((arguments.bind, arguments.local))
    result.settimeout(2)
    return result


def answer(exchange):
    """Prints what an exchange brings, or "-" when nothing comes."""
    try:
        print(exchange().decode(), flush=True)
    except OSError:
        print("-", flush=True)


def connect(stream, endpoint):
    """Connects; the last acknowledgement of the connection before, from the same port, may still be on its way."""
    deadline = time.monotonic() + 1
    while True:
        try:
            return stream.connect(endpoint)
        except OSError as error:
            if error.errno != errno.EADDRNOTAVAIL or time.monotonic() > deadline:
                raise
            time.sleep(0.005)


def ask_by_tcp(endpoint):
    """A connection that the other side closes first, so that no TIME-WAIT of ours is in the next one's way."""
    with bound(socket.SOCK_STREAM) as stream:
        connect(stream, endpoint)
        said = b""
        while octets := stream.recv(100):
            said += octets
        return said


endpoints = [(name.rsplit(":", 1)[0], int(name.rsplit(":", 1)[1])) for name in arguments.observers]
if arguments.transport == "tcp":
    for endpoint in endpoints:
        answer(lambda: ask_by_tcp(endpoint))
else:
    with bound(socket.SOCK_DGRAM) as datagrams:
        for endpoint in endpoints:
            datagrams.sendto(b"?", endpoint)
            answer(lambda: datagrams.recvfrom(100)[0])
        deadline = time.monotonic() + arguments.then_listen
        while (left := deadline - time.monotonic()) > 0:
            datagrams.settimeout(left)
            try:
                data, (address, port) = datagrams.recvfrom(65536)
            except OSError:
                break
            print("from", address, port, len(data), hashlib.sha256(data).hexdigest(), flush=True)
