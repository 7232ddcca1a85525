"""Words over one TCP connection, there and back.

    talker.py PORT                                        answers every line with itself, for one connection
    talker.py --to ADDRESS PORT --from LOCALPORT          sends each line of standard input, prints the answer

The client prints "lost" in place of an answer when the connection broke.
"""

import argparse
import socket
import sys

parser = argparse.ArgumentParser()
parser.add_argument("--to")
parser.add_argument("port", type=int)
parser.add_argument("--from", dest="local", type=int, default=0)
arguments = parser.parse_args()

if arguments.to is None:
    with socket.create_server(("", arguments.port)) as listener:
        connection, _ = listener.accept()
    with connection, connection.makefile("rw") as lines:
        try:
            for line in lines:
                lines.write(line)
                lines.flush()
        except OSError:
            pass  # Reset, as one test does.
else:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        connection.bind(("", arguments.local))
        connection.settimeout(5)
        connection.connect((arguments.to, arguments.port))
        with connection.makefile("rw") as lines:
            for line in sys.stdin:
                try:
                    lines.write(line)
                    lines.flush()
                    print(lines.readline().strip(), flush=True)
                except OSError:
                    print("lost", flush=True)
