"""Opens a TCP connection from a local port to another that does the same: both are clients, nobody listens.

    meet.py LOCALPORT ADDRESS PORT [--after SECONDS] [--hold SECONDS]

Begins after the one and keeps the connection open for the other. Prints "met" when each has read what the other said,
otherwise the error.
"""

import argparse
import socket
import time

parser = argparse.ArgumentParser()
parser.add_argument("local", type=int)
parser.add_argument("address")
parser.add_argument("port", type=int)
parser.add_argument("--after", type=float, default=0)
parser.add_argument("--hold", type=float, default=0.5)
arguments = parser.parse_args()

time.sleep(arguments.after)
with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as connection:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    connection.bind(("", arguments.local))
    connection.settimeout(10)
    try:
        connection.connect((arguments.address, arguments.port))
        connection.sendall(b"hello")
        print("met" if connection.recv(5) == b"hello" else "another spoke", flush=True)
        time.sleep(arguments.hold)
    except OSError as error:
        print(error, flush=True)
