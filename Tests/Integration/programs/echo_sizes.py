"""Sends one UDP datagram of each size to an echo server, and prints "same" for each that comes back unchanged.

    echo_sizes.py ADDRESS PORT SIZE…

A datagram that is lost is "lost"; one that came back different is "different".
"""

import os
import socket
import sys

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
    datagrams.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    datagrams.connect((sys.argv[1], int(sys.argv[2])))
    datagrams.settimeout(2)
    for size in map(int, sys.argv[3:]):
        data = os.urandom(size)
        try:
            datagrams.send(data)
            print("same" if datagrams.recv(65536) == data else "different", flush=True)
        except OSError:
            print("lost", flush=True)
