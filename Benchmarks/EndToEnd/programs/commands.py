"""Commands without end over one TCP connection, as an FTP client would send them.

    commands.py receive PORT
    commands.py send ADDRESS PORT SECONDS

The receiver says "ready" on standard error once it listens, and prints how many octets came in how many seconds.
"""

import json
import socket
import sys
import time

LINE_OCTETS, LINES, PATIENCE = 1000, 1000, 60


def receive(port: int) -> None:
    with socket.create_server(("", port)) as listener:
        listener.settimeout(PATIENCE)
        print("ready", file=sys.stderr, flush=True)
        connection, _ = listener.accept()
    buffer, octets, began = bytearray(1 << 20), 0, time.monotonic()
    connection.settimeout(PATIENCE)
    with connection:
        while count := connection.recv_into(buffer):
            octets += count
    print(json.dumps({"octets": octets, "seconds": time.monotonic() - began}))


def send(address: str, port: int, seconds: float) -> None:
    lines = b"".join((b"NOOP %d " % number).ljust(LINE_OCTETS - 2, b"x") + b"\r\n" for number in range(LINES))
    with socket.create_connection((address, port), timeout=PATIENCE) as connection:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            connection.sendall(lines)
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1)
    print(json.dumps({}))


if sys.argv[1] == "receive":
    receive(int(sys.argv[2]))
else:
    send(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
