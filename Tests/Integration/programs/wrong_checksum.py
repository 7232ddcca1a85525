"""Sends one UDP datagram whose checksum is wrong on purpose: the control for tests that watch checksum errors.

    wrong_checksum.py ADDRESS PORT
"""

import socket
import struct
import sys

payload = b"not what the checksum says"
header = struct.pack("!HHHH", 40000, int(sys.argv[2]), 8 + len(payload), 0x0001)
with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP) as raw:
    raw.sendto(header + payload, (sys.argv[1], 0))
