"""Takes one TCP connection on a port, reads it to its end, and prints "OCTETS SHA256" of what came.

    sink.py PORT [--after-eof SECONDS] [--ipv6]

With --after-eof it says "goodbye" on the half of the connection that is still open, so many seconds later.
"""

import argparse
import hashlib
import socket
import time

parser = argparse.ArgumentParser()
parser.add_argument("port", type=int)
parser.add_argument("--after-eof", type=float)
parser.add_argument("--ipv6", action="store_true")
arguments = parser.parse_args()

family = socket.AF_INET6 if arguments.ipv6 else socket.AF_INET
with socket.create_server(("", arguments.port), family=family) as listener:
    listener.settimeout(60)
    connection, _ = listener.accept()
digest, count = hashlib.sha256(), 0
connection.settimeout(60)
with connection:
    while octets := connection.recv(1 << 20):
        digest.update(octets)
        count += len(octets)
    if arguments.after_eof is not None:
        time.sleep(arguments.after_eof)
        connection.sendall(b"goodbye")
print(count, digest.hexdigest())
