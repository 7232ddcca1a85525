"""A host behind an 802.1Q tag, spoken by hand through a packet socket, for kernels without VLAN devices.

    tagged_host.py DEVICE VLAN OWN GATEWAY TARGET

Asks for GATEWAY's Ethernet address, pings TARGET through it three times, and answers ARP for OWN all along.
Prints "arp MAC" when the gateway answered, and "reply N" for each right echo reply; all under the tag, or not at all.
"""

import socket
import struct
import sys
import time

device, vlan, own, gateway, target = sys.argv[1], int(sys.argv[2]), *sys.argv[3:6]
SOL_PACKET, PACKET_AUXDATA, TAG_IS_VALID = 263, 8, 0x10
IDENTIFIER = 0x5A11

wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
wire.bind((device, 0))
# The kernel strips tags from what it hands over and tells them beside the frame.
wire.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
own_mac = wire.getsockname()[4]
own_octets, gateway_octets, target_octets = (socket.inet_aton(text) for text in (own, gateway, target))


def send(destination, ethertype, payload):
    header = destination + own_mac + struct.pack("!HHH", 0x8100, vlan, ethertype)
    wire.send((header + payload).ljust(64, b"\0"))


def send_arp(operation, destination, target_mac, target_address):
    body = struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation)
    send(destination, 0x0806, body + own_mac + own_octets + target_mac + target_address)


def checksum(octets):
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def send_echo(destination, sequence):
    message = struct.pack("!BBHHH", 8, 0, 0, IDENTIFIER, sequence) + b"under a tag!"
    message = message[:2] + struct.pack("!H", checksum(message)) + message[4:]
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(message), sequence, 0x4000, 64, 1, 0)
    header += own_octets + target_octets
    header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
    send(destination, 0x0800, header + message)


def receive(until):
    """The next frame to us under our tag, as (EtherType, payload); None when time is up."""
    while (left := until - time.monotonic()) > 0:
        wire.settimeout(left)
        try:
            frame, ancillary, _, sender = wire.recvmsg(2048, 256)
        except TimeoutError:
            return None
        if sender[2] == socket.PACKET_OUTGOING:
            continue
        for level, kind, data in ancillary:
            if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
                status, _, _, _, _, tag, _ = struct.unpack("IIIHHHH", data[:20])
                if status & TAG_IS_VALID and tag & 0xFFF == vlan:
                    return struct.unpack("!H", frame[12:14])[0], frame[14:]
    return None


gateway_mac, sequence = None, 0
deadline = time.monotonic() + 4
send_arp(1, b"\xff" * 6, bytes(6), gateway_octets)
while sequence < 4 and (received := receive(deadline)):
    ethertype, payload = received
    if ethertype == 0x0806:
        operation, sender_mac, sender, asked = payload[7], payload[8:14], payload[14:18], payload[24:28]
        if operation == 1 and asked == own_octets:
            send_arp(2, sender_mac, sender_mac, sender)
        elif operation == 2 and sender == gateway_octets and gateway_mac is None:
            gateway_mac, sequence = sender_mac, 1
            print("arp", gateway_mac.hex(":"), flush=True)
            send_echo(gateway_mac, sequence)
    elif ethertype == 0x0800 and payload[9] == 1 and payload[12:20] == target_octets + own_octets:
        message = payload[20 : struct.unpack("!H", payload[2:4])[0]]
        right = checksum(payload[:20]) == 0 and checksum(message) == 0 and message[8:] == b"under a tag!"
        if message[0] == 0 and struct.unpack("!HH", message[4:8]) == (IDENTIFIER, sequence) and right:
            print("reply", sequence, flush=True)
            sequence += 1
            if sequence < 4:
                send_echo(gateway_mac, sequence)
