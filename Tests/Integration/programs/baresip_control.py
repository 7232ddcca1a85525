"""Joins standard input and output to a baresip on this host: baresip_control.py PORT. A line in is a command with its
parameters; a line out is an event, as JSON, after a first one that says that both are joined."""

import json
import os
import select
import socket
import sys

control = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
print(json.dumps({"joined": True}), flush=True)
unread = b""
while True:
    for ready in select.select([0, control], [], [])[0]:
        if ready == 0:
            told = os.read(0, 4096)
            if not told:
                sys.exit(0)
            for line in told.decode().splitlines():
                command, _, parameters = line.partition(" ")
                text = json.dumps({"command": command, "params": parameters}).encode()
                control.sendall(b"%d:%s," % (len(text), text))  # A netstring.
        else:
            heard = control.recv(65536)
            if not heard:
                sys.exit(0)
            unread += heard
            while b":" in unread:
                length, _, rest = unread.partition(b":")
                if len(rest) <= int(length):
                    break
                print(json.dumps(json.loads(rest[: int(length)])), flush=True)
                unread = rest[int(length) + 1 :]
