"""iperf3 in both directions: every stream ends well. How fast is the benchmarks' business."""

import json

import lab
from servers import iperf3


def setUpModule():
    lab.shared()


class Throughput(lab.LabTestCase):
    def iperf(self, host, address, *options):
        with iperf3(lab.shared(), "carol" if address == lab.CAROL else "bob"):
            output = lab.shared().run(
                host, "iperf3", "--client", address, "--json", "--time", "2", *options, timeout=30
            ).stdout
        return json.loads(output)["end"]

    def test_tcp_flows_from_inside_to_outside(self):
        self.assertGreater(self.iperf("alice", lab.CAROL)["sum_received"]["bytes"], 10_000_000)

    def test_tcp_flows_from_outside_to_inside_on_a_connection_from_inside(self):
        self.assertGreater(self.iperf("alice", lab.CAROL, "--reverse")["sum_received"]["bytes"], 10_000_000)

    def test_eight_tcp_streams_both_ways_all_flow(self):
        end = self.iperf("alice", lab.CAROL, "--bidir", "--parallel", "4")
        self.assertEqual(len(end["streams"]), 8)
        for stream in end["streams"]:
            self.assertGreater(stream["receiver"]["bytes"], 1_000_000)

    def test_udp_arrives_from_inside_to_outside(self):
        self.assert_udp_arrives("alice", lab.CAROL, receiver="carol")

    def test_udp_arrives_from_outside_to_inside(self):
        self.assert_udp_arrives("alice", lab.CAROL, "--reverse", receiver="alice")

    def test_tcp_and_udp_flow_to_the_static_address(self):
        self.assertGreater(self.iperf("dave", lab.BOB_GLOBAL)["sum_received"]["bytes"], 10_000_000)
        self.assert_udp_arrives("dave", lab.BOB_GLOBAL, receiver="bob")

    def assert_udp_arrives(self, host, address, *options, receiver):
        """Nearly every datagram comes through; those a busy machine drops at the receiver's own socket do not count."""
        before = lab.shared().counters(receiver)["UdpRcvbufErrors"]
        total = self.iperf(host, address, "--udp", "--bitrate", "50M", "--length", "1400", *options)["sum"]
        at_the_socket = lab.shared().counters(receiver)["UdpRcvbufErrors"] - before
        self.assertGreater(total["packets"], 5_000)
        self.assertLess(total["lost_packets"] - at_the_socket, total["packets"] * 0.02)
