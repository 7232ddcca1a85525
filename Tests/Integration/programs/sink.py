"""Takes one TCP connection on a port, reads it to its end, and prints "OCTETS SHA256" of what came.

    sink.py PORT
"""

import hashlib
import socket
import sys

with socket.create_server(("", int(sys.argv[1]))) as listener:
    listener.settimeout(60)
    connection, _ = listener.accept()
digest, count = hashlib.sha256(), 0
connection.settimeout(60)
with connection:
    while octets := connection.recv(1 << 20):
        digest.update(octets)
        count += len(octets)
print(count, digest.hexdigest())
