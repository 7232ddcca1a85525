"""Counts datagrams: listen.py ADDRESS PORT… [--echo]. When ended, prints {port: [count, [sources]]} as JSON.

Ports come in ascending order; the last is bound last, so that who waits for it has them all.
"""

import json
import select
import signal
import socket
import sys

echo = "--echo" in sys.argv
address, *ports = (word for word in sys.argv[1:] if word != "--echo")
poll = select.epoll()
sockets, heard = {}, {}
for port in map(int, ports):
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    opened.bind((address, port))
    opened.setblocking(False)
    sockets[opened.fileno()] = opened
    heard[opened.fileno()] = [port, 0, set()]
    poll.register(opened, select.EPOLLIN)


def ended(*_):
    print(json.dumps({port: [count, sorted(sources)] for port, count, sources in heard.values()}))
    sys.exit(0)


signal.signal(signal.SIGTERM, ended)
while True:
    for number, _ in poll.poll():
        record = heard[number]
        try:
            while True:
                data, source = sockets[number].recvfrom(2048)
                record[1] += 1
                record[2].add(source)
                if echo:
                    sockets[number].sendto(data, source)
        except (BlockingIOError, ConnectionRefusedError):
            pass
