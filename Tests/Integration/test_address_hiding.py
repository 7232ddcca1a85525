"""tshark on carol's side sees inside global addresses only: in headers, in quoted headers, in ARP."""

import socket

import lab
from captures import capture
from servers import dnsmasq, iperf3, nginx


def setUpModule():
    lab.shared()


class AddressHiding(lab.LabTestCase):
    def converse(self):
        """Traffic of every kind: TCP, UDP, ICMP queries, and ICMP errors in both directions."""
        the_lab = lab.shared()
        for host in "alice", "bob":
            the_lab.run(host, "curl", "-sS", "-o", "/dev/null", f"http://{lab.CAROL}/?[1-20]")
            the_lab.run(host, "dig", "+tries=1", f"@{lab.CAROL}", "www.lab.example")
            the_lab.run(host, "ping", "-q", "-c", "5", "-i", "0.05", lab.CAROL)
            the_lab.run(host, "iperf3", "--client", lab.CAROL, "--time", "1", "--bitrate", "5M")
            # Inbound error: nobody listens on carol's port 9.
            the_lab.run(host, "bash", "-c", f"echo x >/dev/udp/{lab.CAROL}/9")
            # Outbound error: the answer comes when the asking socket is gone already, so the host complains.
            the_lab.run(host, "bash", "-c", f"echo x >/dev/udp/{lab.CAROL}/7200; sleep 0.5")

    def test_outside_sees_only_inside_global_addresses(self):
        observer = lab.shared().start("carol", "python3", lab.PROGRAMS / "observer.py", 7200, 0.2)
        with nginx(lab.shared(), "carol"), dnsmasq(lab.shared(), "carol", lab.CAROL, www="192.0.2.80"):
            with iperf3(lab.shared(), "carol"), observer, capture(lab.shared(), "carol", snap=200) as seen:
                self.converse()
        for protocol in "tcp", "udp", "icmp.type == 8", "icmp.type == 3":
            self.assertGreater(seen.count(f"({protocol}) && ip.src#1 != {lab.CAROL}"), 0, f"no {protocol} was captured")
        # ip.addr also looks into the packets that ICMP errors quote.
        self.assertEqual(seen.count(f"ip.addr == {lab.INSIDE_NETWORK}"), 0)
        inside_by_arp = " || ".join(f"arp.{end}.proto_ipv4 == {lab.INSIDE_NETWORK}" for end in ("src", "dst"))
        self.assertEqual(seen.count(inside_by_arp), 0)
        sources = {row[0].split(",")[0] for row in seen.select(f"ip && ip.src#1 != {lab.CAROL}", "ip.src")}
        self.assertLessEqual(sources, lab.POOL | {lab.BOB_GLOBAL, lab.GATEWAY_OUTSIDE})
        # And nowhere in the octets, whatever the protocol.
        self.assertNotIn(socket.inet_aton(lab.ALICE), seen.octets())
        self.assertNotIn(socket.inet_aton(lab.BOB), seen.octets())
