"""Sends IPv4 packets as they are given on standard input: one a line, in hexadecimal; "wait S" pauses for S seconds.

    inject.py GAP

GAP is the pause after each packet. The kernel fills in the header's checksum and leaves the rest alone.
"""

import socket
import sys
import time

gap = float(sys.argv[1])
with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
    for line in sys.stdin:
        words = line.split()
        if not words:
            continue
        if words[0] == "wait":
            time.sleep(float(words[1]))
            continue
        packet = bytes.fromhex(words[0])
        raw.sendto(packet, (socket.inet_ntoa(packet[16:20]), 0))
        if gap:
            time.sleep(gap)
