"""Sends a file over one TCP connection, and prints the local port it used.

    source.py ADDRESS PORT FILE
"""

import socket
import sys

with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=60) as connection:
    with open(sys.argv[3], "rb") as file:
        connection.sendfile(file)
    connection.shutdown(socket.SHUT_WR)
    print(connection.getsockname()[1])
    connection.recv(1)
