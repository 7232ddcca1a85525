"""Asks an observer from many local ports at once, and prints "LOCALPORT ADDRESS PORT" for each that is answered.

    many_ports.py FROM FIRSTPORT COUNT ADDRESS:PORT [--gap SECONDS] [--wait SECONDS]

The local ports are FIRSTPORT and those after it, of the address FROM. The questions leave GAP seconds apart.
"""

import argparse
import select
import socket
import time

parser = argparse.ArgumentParser()
parser.add_argument("source")
parser.add_argument("first", type=int)
parser.add_argument("count", type=int)
parser.add_argument("observer")
parser.add_argument("--gap", type=float, default=0)
parser.add_argument("--wait", type=float, default=1)
arguments = parser.parse_args()

address, _, port = arguments.observer.rpartition(":")
sockets = []
for local in range(arguments.first, arguments.first + arguments.count):
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.bind((arguments.source, local))
    sockets.append(datagrams)
for datagrams in sockets:
    datagrams.sendto(b"?", (address, int(port)))
    time.sleep(arguments.gap)

waiting = select.poll()
by_number = {datagrams.fileno(): datagrams for datagrams in sockets}
for number in by_number:
    waiting.register(number, select.POLLIN)
deadline = time.monotonic() + arguments.wait
while by_number and (left := deadline - time.monotonic()) > 0:
    for number, _ in waiting.poll(left * 1000):
        datagrams = by_number.pop(number)
        waiting.unregister(number)
        try:
            print(datagrams.getsockname()[1], datagrams.recv(100).decode(), flush=True)
        except OSError:
            pass  # Refused: an ICMP error came in place of an answer.
