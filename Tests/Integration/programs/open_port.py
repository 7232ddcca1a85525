"""Speaks from a local TCP port to an observer, and listens on the same port for three seconds.

    open_port.py ADDRESS PORT OBSERVER:PORT

Prints as whom the observer sees us, then "ADDRESS PORT" of each host that connects. The first connection stays open
meanwhile on our side, so that the mapping lives.
"""

import socket
import sys
import time


def bound():
    """A socket on the local port; several may have it."""
    result = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    for option in socket.SO_REUSEADDR, socket.SO_REUSEPORT:
        result.setsockopt(socket.SOL_SOCKET, option, 1)
    result.bind((sys.argv[1], int(sys.argv[2])))
    return result


observer, _, port = sys.argv[3].rpartition(":")
with bound() as speaking, bound() as listening:
    speaking.settimeout(3)
    speaking.connect((observer, int(port)))
    seen = speaking.recv(100).decode()
    listening.listen(8)
    print(seen, flush=True)
    deadline = time.monotonic() + 3
    while (left := deadline - time.monotonic()) > 0:
        listening.settimeout(left)
        try:
            connection, (address, source) = listening.accept()
        except OSError:
            break
        connection.close()
        print(address, source, flush=True)
