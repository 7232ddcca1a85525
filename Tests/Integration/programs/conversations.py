"""Both ends of scripted conversations, for comparing two gateways.

    conversations.py serve UDPPORT TCPPORT               answers whoever speaks the script
    conversations.py hold                                holds conversations; one JSON object a line on standard input

A conversation is {"id", "transport", "address", "port", "local", "sizes", "replies", "closing", "seed"}: the client
sends a message of each of `sizes` octets and expects one of each of `replies` back. A message is a header (its reply's
length, how to close, the seed) and octets made of the seed; a reply's octets are made of the message's digest, so that
whoever gets it knows that the message arrived unchanged. The client prints {"id", "outcome", "digest"} a line: the
outcome is "done", or what went wrong and at which message, as both gateways should have it. The last line is
{"repeats"}: how many datagrams had to be sent twice.

Closing: "client" and "server" say whose FIN is first, "reset" and "server-reset" who resets, "half" that the client
stops sending and reads on.
"""

import concurrent.futures
import hashlib
import json
import selectors
import socket
import struct
import sys
import threading

HEADER = struct.Struct("!IIBI")
CLOSINGS = ["client", "server", "reset", "server-reset", "half"]
PATIENCE = 2.5
# Datagrams that were sent twice.
repeats = []


def octets(seed, count):
    """So many octets that nothing but the seed decides."""
    return hashlib.shake_128(seed).digest(count)


def message(script, index):
    """The client's message number `index`."""
    closing = CLOSINGS.index(script["closing"])
    header = HEADER.pack(script["sizes"][index], script["replies"][index], closing, script["seed"])
    return header + octets(f"{script['seed']}/{index}".encode(), script["sizes"][index])


def reply(received):
    """What the server says to a whole message."""
    _, count, _, _ = HEADER.unpack_from(received)
    return octets(hashlib.sha256(received).digest(), count)


def abort(connection):
    """Makes the closing of a connection a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def read_exactly(connection, count):
    """So many octets, or fewer when the other side has closed."""
    pieces = []
    while count > 0 and (piece := connection.recv(min(count, 1 << 18))):
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)


def serve_connection(connection):
    """Answers messages until the client closes, or as the script's closing says."""
    connection.settimeout(PATIENCE * 4)
    with connection:
        try:
            while len(header := read_exactly(connection, HEADER.size)) == HEADER.size:
                size, _, closing, _ = HEADER.unpack(header)
                connection.sendall(reply(header + read_exactly(connection, size)))
                if CLOSINGS[closing] == "server-reset":
                    # The client says "bye" when it has read all.
                    read_exactly(connection, 3)
                    abort(connection)
                    return
                if CLOSINGS[closing] == "server":
                    if read_exactly(connection, 3) == b"bye":
                        return
            # The client has closed its half: one last word on ours.
            connection.sendall(b"end")
        except OSError:
            pass


def serve(udp_port, tcp_port):
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    datagrams.bind(("", udp_port))
    listener = socket.create_server(("", tcp_port), backlog=256)
    ready = selectors.DefaultSelector()
    ready.register(datagrams, selectors.EVENT_READ)
    ready.register(listener, selectors.EVENT_READ)
    while True:
        for key, _ in ready.select():
            if key.fileobj is datagrams:
                received, sender = datagrams.recvfrom(65536)
                if len(received) >= HEADER.size:
                    datagrams.sendto(reply(received), sender)
            else:
                threading.Thread(target=serve_connection, args=(listener.accept()[0],), daemon=True).start()


def ask(datagrams, sent):
    """The answer to a datagram, which is sent once more when none comes, as every user of UDP does."""
    datagrams.send(sent)
    try:
        return datagrams.recv(65536)
    except TimeoutError:
        repeats.append(sent)
        datagrams.send(sent)
        return datagrams.recv(65536)


def by_udp(script, digest):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        datagrams.bind(("", script["local"]))
        datagrams.connect((script["address"], script["port"]))
        datagrams.settimeout(PATIENCE)
        for index in range(len(script["sizes"])):
            sent = message(script, index)
            received = ask(datagrams, sent)
            if received != reply(sent):
                return f"different at {index}"
            digest.update(received)
    return "done"


def by_tcp(script, digest):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        connection.bind(("", script["local"]))
        connection.settimeout(PATIENCE)
        connection.connect((script["address"], script["port"]))
        closing, last = script["closing"], len(script["sizes"]) - 1
        for index in range(last + 1):
            sent = message(script, index)
            # Only the last message carries a closing of the server's.
            if index < last and closing.startswith("server"):
                sent = message({**script, "closing": "client"}, index)
            connection.sendall(sent)
            expected = reply(sent)
            received = read_exactly(connection, len(expected))
            if received != expected:
                return f"different at {index}"
            digest.update(received)
        if closing.startswith("server"):
            connection.sendall(b"bye")
            try:
                return "done" if connection.recv(1) == b"" and closing == "server" else "not reset"
            except ConnectionResetError:
                return "done" if closing == "server-reset" else "reset"
        if closing == "reset":
            abort(connection)
        elif closing == "half":
            connection.shutdown(socket.SHUT_WR)
            if read_exactly(connection, 3) != b"end":
                return "no end"
    return "done"


def hold(script):
    digest = hashlib.sha256()
    try:
        outcome = {"udp": by_udp, "tcp": by_tcp}[script["transport"]](script, digest)
    except TimeoutError:
        outcome = "silence"
    except ConnectionRefusedError:
        outcome = "refused"
    except OSError as error:
        outcome = str(error)
    return {"id": script["id"], "outcome": outcome, "digest": digest.hexdigest()}


if sys.argv[1] == "serve":
    serve(int(sys.argv[2]), int(sys.argv[3]))
else:
    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        for line in pool.map(hold, map(json.loads, sys.stdin)):
            print(json.dumps(line), flush=True)
    print(json.dumps({"repeats": len(repeats)}), flush=True)
