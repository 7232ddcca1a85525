"""One TCP connection by hand: sends what comes on the input, a line of hexadecimal octets at a time and each as segments
of its own, and prints each line that the other end says.

    talk.py ADDRESS PORT [SOURCE]
"""

import socket
import sys
import threading

source = (sys.argv[3], 0) if len(sys.argv) > 3 else None
connection = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=60, source_address=source)
connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def listen():
    for line in connection.makefile("rb"):
        print(line.decode(errors="replace").rstrip(), flush=True)


threading.Thread(target=listen, daemon=True).start()
for line in sys.stdin:
    connection.sendall(bytes.fromhex(line))
