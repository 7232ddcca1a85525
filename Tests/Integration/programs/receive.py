"""Prints a line "ADDRESS PORT LENGTH SHA256" for each UDP datagram that arrives on a port, and echoes it when asked to.

    receive.py PORT [--echo] [--bind ADDRESS]
"""

import argparse
import hashlib
import socket

parser = argparse.ArgumentParser()
parser.add_argument("port", type=int)
parser.add_argument("--echo", action="store_true")
parser.add_argument("--bind", default="")
arguments = parser.parse_args()

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
    datagrams.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    datagrams.bind((arguments.bind, arguments.port))
    while True:
        data, (address, port) = datagrams.recvfrom(65536)
        if arguments.echo:
            datagrams.sendto(data, (address, port))
        print(address, port, len(data), hashlib.sha256(data).hexdigest(), flush=True)
