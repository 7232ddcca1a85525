"""Answers every UDP datagram and every TCP connection on a port with the address and port it sees as the sender's.

    observer.py PORT [DELAY]

A datagram's answer waits DELAY seconds first, by when the asker may have gone.
"""

import selectors
import socket
import sys
import time

port = int(sys.argv[1])
delay = float(sys.argv[2]) if len(sys.argv) > 2 else 0.0
datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
datagrams.bind(("", port))
listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("", port))
listener.listen(64)

ready = selectors.DefaultSelector()
ready.register(datagrams, selectors.EVENT_READ)
ready.register(listener, selectors.EVENT_READ)
while True:
    for key, _ in ready.select():
        if key.fileobj is datagrams:
            _, (address, source) = datagrams.recvfrom(2048)
            time.sleep(delay)
            datagrams.sendto(f"{address} {source}".encode(), (address, source))
        else:
            connection, (address, source) = listener.accept()
            with connection:
                connection.sendall(f"{address} {source}".encode())
