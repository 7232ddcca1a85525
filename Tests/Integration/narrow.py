"""A path beyond the lab whose second link takes fewer octets than the others.

From alice: the gateway, the router hop at 203.0.113.200, the host far at 198.51.100.10. Only hop's end of the link to
far is narrow: far itself announces segments of 1460 octets, so that senders must be told.
"""

import contextlib
import subprocess

from lab import Running

FAR = "198.51.100.10"
LINK_MTU = 1400


class Far:
    """The host far, with the verbs of a lab's host; what a host is called is ignored, since there is only one."""

    def __init__(self, namespace):
        self.namespace = namespace

    def argv(self, _, *command):
        return ["ip", "netns", "exec", self.namespace, *map(str, command)]

    def start(self, host, *command, **options):
        return Running(self.argv(host, *command), **options)

    def run(self, host, *command):
        return subprocess.run(self.argv(host, *command), text=True, capture_output=True, timeout=10)


def _ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, capture_output=True, timeout=10)


def _remove(*namespaces):
    for name in namespaces:
        subprocess.run(["ip", "netns", "delete", name], capture_output=True)


@contextlib.contextmanager
def narrow_path(lab_name):
    """Makes the path on a lab's outside segment; yields far. The lab needs a route to it by way of hop."""
    hop, far, wan = f"{lab_name}-hop", f"{lab_name}-far", f"{lab_name}-wan"
    _remove(hop, far)
    try:
        for name in hop, far:
            _ip("netns", "add", name)
            _ip("-n", name, "link", "set", "lo", "up")
        _ip("-n", wan, "link", "add", "hop", "type", "veth", "peer", "name", "eth0", "netns", hop)
        _ip("-n", wan, "link", "set", "hop", "master", "br0", "up")
        _ip("-n", hop, "link", "add", "eth1", "type", "veth", "peer", "name", "eth0", "netns", far)
        _ip("-n", hop, "link", "set", "eth1", "mtu", str(LINK_MTU))
        for name, device, address in (
            (hop, "eth0", "203.0.113.200/24"), (hop, "eth1", "198.51.100.1/24"), (far, "eth0", f"{FAR}/24")
        ):
            _ip("-n", name, "address", "add", address, "dev", device)
            _ip("-n", name, "link", "set", device, "up")
        _ip("-n", far, "route", "add", "default", "via", "198.51.100.1")
        _ip("netns", "exec", hop, "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=0")
        yield Far(far)
    finally:
        _remove(hop, far)
