"""Sends a file over one TCP connection, and prints the local port it used.

    source.py ADDRESS PORT FILE [--rate MEBIBYTES] [--until-eof]

With --rate it sends no more than so many MiB a second; with --until-eof it prints what the receiver says afterwards.
"""

import argparse
import socket
import time

parser = argparse.ArgumentParser()
parser.add_argument("address")
parser.add_argument("port", type=int)
parser.add_argument("file")
parser.add_argument("--rate", type=float)
parser.add_argument("--until-eof", action="store_true")
arguments = parser.parse_args()

PIECE = 1 << 16


def paced(connection, file):
    """Sends the file piece by piece, each when its time has come."""
    began, sent = time.monotonic(), 0
    while piece := file.read(PIECE):
        connection.sendall(piece)
        sent += len(piece)
        ahead = sent / (arguments.rate * (1 << 20)) - (time.monotonic() - began)
        if ahead > 0:
            time.sleep(ahead)


with socket.create_connection((arguments.address, arguments.port), timeout=60) as connection:
    with open(arguments.file, "rb") as file:
        if arguments.rate:
            paced(connection, file)
        else:
            connection.sendfile(file)
    connection.shutdown(socket.SHUT_WR)
    print(connection.getsockname()[1])
    if arguments.until_eof:
        while octets := connection.recv(1000):
            print(octets.decode())
    else:
        connection.recv(1)
