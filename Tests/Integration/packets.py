"""IPv4 packets octet by octet, for what no ordinary program sends: fragments out of order, protocols without a socket,
resets that belong to nobody."""

import socket
import struct

ICMP, TCP, UDP, GRE, ESP, SCTP = 1, 6, 17, 47, 50, 132
MORE_FRAGMENTS, DO_NOT_FRAGMENT = 0x2000, 0x4000
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


def checksum(octets):
    """The Internet checksum (RFC 1071)."""
    octets += b"\0" * (len(octets) % 2)
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(source, destination, protocol, payload, *, identification=1, flags=0, offset=0, ttl=64):
    """A packet; `offset` counts octets and is a multiple of eight."""
    header = struct.pack(
        "!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), identification, flags | offset // 8, ttl, protocol, 0,
        socket.inet_aton(source), socket.inet_aton(destination),
    )
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def _with_checksum(source, destination, protocol, message, place):
    pseudo = socket.inet_aton(source) + socket.inet_aton(destination) + struct.pack("!BBH", 0, protocol, len(message))
    value = checksum(pseudo + message)
    if protocol == UDP and value == 0:
        value = 0xFFFF
    return message[:place] + struct.pack("!H", value) + message[place + 2 :]


def udp(source, source_port, destination, destination_port, data=b""):
    """A UDP message for the two addresses, without the IPv4 header."""
    message = struct.pack("!HHHH", source_port, destination_port, 8 + len(data), 0) + data
    return _with_checksum(source, destination, UDP, message, 6)


def tcp(source, source_port, destination, destination_port, flags, *, sequence=0, acknowledgement=0, window=65535):
    """A TCP segment without data and options."""
    message = struct.pack(
        "!HHIIBBHHH", source_port, destination_port, sequence % 2**32, acknowledgement % 2**32, 5 << 4, flags, window,
        0, 0,
    )
    return _with_checksum(source, destination, TCP, message, 16)


def icmp(kind, code, rest, data=b""):
    """An ICMP message; `rest` are the four octets after the checksum."""
    message = struct.pack("!BBH", kind, code, 0) + rest + data
    return message[:2] + struct.pack("!H", checksum(message)) + message[4:]


def echo_request(identifier, sequence, data=b""):
    """An ICMP echo request."""
    return icmp(8, 0, struct.pack("!HH", identifier, sequence), data)


def fragments(source, destination, protocol, message, cuts, identification):
    """`message` in fragments that begin at 0 and at each of `cuts`, which are multiples of eight, in order."""
    edges = [0, *cuts, len(message)]
    return [
        ipv4(
            source, destination, protocol, message[begin:end], identification=identification, offset=begin,
            flags=0 if end == len(message) else MORE_FRAGMENTS,
        )
        for begin, end in zip(edges, edges[1:])
    ]


def crc32c(octets):
    """The checksum of SCTP (RFC 9260 appendix A)."""
    value = 0xFFFFFFFF
    for octet in octets:
        value ^= octet
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


def sctp_init(source_port, destination_port, tag):
    """An SCTP packet with an INIT chunk."""
    chunk = struct.pack("!BBHIIHHI", 1, 0, 20, tag, 65535, 10, 10, 1)
    packet = struct.pack("!HHII", source_port, destination_port, 0, 0) + chunk
    return packet[:8] + struct.pack("<I", crc32c(packet)) + packet[12:]


def gre(key, inner):
    """A GRE packet with a key (RFC 2890) that carries an IPv4 packet."""
    return struct.pack("!HHI", 0x2000, 0x0800, key) + inner


def esp(spi, sequence, data):
    """An ESP packet; what follows the sequence number is nobody's to read."""
    return struct.pack("!II", spi, sequence) + data
