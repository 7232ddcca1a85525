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
        self.assert_arrived(self.iperf("alice", lab.CAROL, "--udp", "--bitrate", "50M", "--length", "1400"))

    def test_udp_arrives_from_outside_to_inside(self):
        self.assert_arrived(
            self.iperf("alice", lab.CAROL, "--udp", "--bitrate", "50M", "--length", "1400", "--reverse")
        )

    def test_tcp_and_udp_flow_to_the_static_address(self):
        self.assertGreater(self.iperf("dave", lab.BOB_GLOBAL)["sum_received"]["bytes"], 10_000_000)
        self.assert_arrived(self.iperf("dave", lab.BOB_GLOBAL, "--udp", "--bitrate", "50M", "--length", "1400"))

    def assert_arrived(self, end):
        self.assertGreater(end["sum"]["packets"], 5_000)
        # A busy machine may drop some in the receiver's socket; a gateway that loses its way loses nearly all.
        self.assertLess(end["sum"]["lost_percent"], 5)
