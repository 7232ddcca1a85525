"""One of two peers behind a gateway that learn each other's external endpoints and then talk by UDP.

    punch.py LOCALPORT OBSERVER:PORT

Prints as whom the observer sees us; reads the peer's "ADDRESS PORT" from standard input; greets the peer every 50 ms
for two seconds, and prints "heard ADDRESS PORT" for the first greeting that comes, "silence" when none does.
"""

import socket
import sys
import time

observer, _, port = sys.argv[2].rpartition(":")
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
    datagrams.bind(("", int(sys.argv[1])))
    datagrams.settimeout(2)
    datagrams.sendto(b"?", (observer, int(port)))
    print(datagrams.recv(100).decode(), flush=True)
    address, peer_port = sys.stdin.readline().split()
    datagrams.settimeout(0.05)
    heard, deadline = None, time.monotonic() + 2
    while time.monotonic() < deadline:
        datagrams.sendto(b"!", (address, int(peer_port)))
        try:
            _, heard = datagrams.recvfrom(100)
            # The peer may not have heard us yet.
            datagrams.sendto(b"!", (address, int(peer_port)))
            break
        except OSError:
            continue
    print(f"heard {heard[0]} {heard[1]}" if heard else "silence", flush=True)
    time.sleep(0.3)
