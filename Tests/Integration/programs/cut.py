"""One SIP call's messages over one TCP connection, cut in two at every octet and then sent octet by octet.

    cut.py serve ADDRESS PORT      answers the first request that comes as often as the client has sent it
    cut.py call ADDRESS PORT MINE  sends an INVITE from address MINE and reads the answers

Each prints JSON: {"sent": HEX, "expected": N, "heard": [[HEX, TIMES]…]}, where what was heard are the messages, each
different one once.
"""

import collections
import json
import socket
import sys

BODY = "v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio {port} RTP/AVP 8\r\n"
INVITE = """\
INVITE sip:callee@{to} SIP/2.0\r
Via: SIP/2.0/TCP {mine}:{port};branch=z9hG4bKcut\r
From: <sip:caller@{mine}>;tag=1\r
To: <sip:callee@{to}>\r
Call-ID: cut@{mine}\r
CSeq: 1 INVITE\r
Contact: <sip:caller@{mine}:{port};transport=tcp>\r
Content-Type: application/sdp\r
Content-Length: {length}\r
\r
"""


def pieces(message):
    """Everything that is sent: the message in two pieces, for every place; in whole; in pieces of an octet."""
    for place in range(1, len(message)):
        yield message[:place]
        yield message[place:]
    yield message
    for place in range(len(message)):
        yield message[place:place + 1]


def times(message):
    return len(message) + 1


def send(connection, message):
    for piece in pieces(message):
        connection.sendall(piece)
    connection.shutdown(socket.SHUT_WR)


def messages(octets):
    """Cuts a stream where Content-Length says that messages end."""
    while octets:
        head, _, rest = octets.partition(b"\r\n\r\n")
        lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
        length = len(head) + 4 + (int(lengths[0].split(b":")[1]) if lengths else len(rest))
        yield octets[:length]
        octets = octets[length:]


def hear(connection):
    octets = bytearray()
    while data := connection.recv(65536):
        octets += data
    return list(messages(bytes(octets)))


def answer(request, mine):
    """200 to an INVITE, with media at another port."""
    lines = request.split(b"\r\n\r\n")[0].split(b"\r\n")[1:]
    kept = [line for line in lines if line.split(b":")[0] in (b"Via", b"From", b"To", b"Call-ID", b"CSeq")]
    body = BODY.format(host=mine, port=7000).encode()
    kept = [line + b";tag=2" if line.startswith(b"To:") else line for line in kept]
    kept += [f"Contact: <sip:callee@{mine};transport=tcp>".encode(), b"Content-Type: application/sdp"]
    return b"\r\n".join([b"SIP/2.0 200 OK", *kept, b"Content-Length: %d" % len(body), b"", body])


def report(sent, expected, heard):
    counted = collections.Counter(message.hex() for message in heard)
    print(json.dumps({"sent": sent.hex(), "expected": expected, "heard": counted.most_common(5)}))


match sys.argv[1:]:
    case ["serve", address, port]:
        connection, _ = socket.create_server((address, int(port))).accept()
    case ["call", address, port, mine]:
        connection = socket.create_connection((address, int(port)), timeout=60)
    case _:
        sys.exit(__doc__)
connection.settimeout(60)
connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
if sys.argv[1] == "serve":
    heard = hear(connection)
    response = answer(heard[0], address)
    send(connection, response)
    report(response, None, heard)
else:
    body = BODY.format(host=mine, port=6000)
    own = connection.getsockname()[1]
    request = (INVITE.format(to=address, mine=mine, port=own, length=len(body)) + body).encode()
    send(connection, request)
    report(request, times(request), hear(connection))
