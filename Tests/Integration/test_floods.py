"""What one host may do to the others: nothing. alice floods, bob's steady transfer keeps its rate.

The flood's rate is one that the gateway's cores can take beside the hosts' own programs, which share this machine's
cores with it: the point is that what a flood may use up (sessions, ports, fragments' places, neighbours, ICMP) is
bounded for each host, and not how many packets a second a core can look at.
"""

import json
import time

import lab
from servers import iperf3

STATEMENTS = """
access-list 10 permit 10.10.10.0 0.0.0.255
ip nat pool OUT 203.0.113.100 203.0.113.103 prefix-length 24
ip nat inside source list 10 pool OUT overload
ip nat translation max-entries 3000
ip nat translation max-entries all-host 1000
ip nat translation new-sessions-per-second 200
"""

RATE = 10_000
SECONDS = 20 if lab.LONG else 5
# Bits a second, of which the machine can carry many times more.
STEADY = "40M"


@lab.sallyport_only
class Floods(lab.LabTestCase):
    @classmethod
    def setUpClass(cls):
        name = f"{lab.NAME}-flood"
        cls.lab = lab.Lab(name, lab.configuration(name, statements=STATEMENTS)).up()
        cls.addClassCleanup(cls.lab.down)

    def transfer(self, *options):
        """What bob's steady transfer achieves in some seconds: bits a second at its receiver."""
        result = json.loads(self.lab.run(
            "bob", "iperf3", "--client", lab.CAROL, "--time", SECONDS, "--json", "--bitrate", STEADY, *options,
            timeout=60,
        ).stdout)["end"]
        received = result.get("sum_received") or result["sum"]
        lost = result["sum"].get("lost_percent", 0) if "sum" in result else 0
        return received["bits_per_second"] * (1 - lost / 100 if "sum_received" not in result else 1)

    def flood(self, kind):
        """alice's flood, a little longer than the transfer."""
        return self.lab.start(
            "alice", "python3", lab.PROGRAMS / "flood.py", kind, "eth0", lab.ALICE, lab.CAROL, lab.GATEWAY_INSIDE, RATE,
            SECONDS + 2,
        )

    def bob_keeps_his_rate(self, kind):
        """bob's rate just before, and while alice floods; the reasons that were counted meanwhile."""
        with iperf3(self.lab, "carol"):
            for options in ((), ("--udp", "--length", "1200")):
                with self.subTest(transfer=options[:1] or "tcp"):
                    before = self.transfer(*options)
                    counted = self.counted()
                    with self.flood(kind) as flooding:
                        time.sleep(0.5)
                        during = self.transfer(*options)
                        sent = int(flooding.finish(20))
                    self.assertGreater(sent, RATE * SECONDS / 2, "there was no flood to speak of")
                    self.assertGreaterEqual(during, 0.95 * before)
                    grown = {reason: count - counted[reason] for reason, count in self.counted().items()
                             if count > counted[reason]}
                    # What would have hit bob as well.
                    for shared in "no-buffer", "hand-over-full", "sessions-exhausted", "mappings-exhausted", \
                            "neighbor-table-full":
                        self.assertEqual(grown.get(shared, 0), 0, grown)
        return grown, sent

    def counted(self):
        return {row["reason"]: row["packets"] for row in self.lab.show_json("drops", "all")}

    def test_new_flows(self):
        grown, sent = self.bob_keeps_his_rate("flows")
        refused = grown.get("host-rate-exceeded", 0) + grown.get("host-sessions-exhausted", 0)
        self.assertGreater(refused, sent * 0.7, grown)
        # Others still get new sessions while alice has spent hers.
        self.lab.run("bob", "ping", "-q", "-c", "3", "-i", "0.1", lab.CAROL)
        self.assertLessEqual(self.lab.show_json("ip", "nat", "statistics")["limit"]["used"], 1200)

    def test_fragments_without_a_first(self):
        grown, sent = self.bob_keeps_his_rate("fragments")
        self.assertGreater(sum(count for reason, count in grown.items() if reason.startswith("fragment")), sent * 0.9)
        # bob's own fragments find room.
        self.lab.run("bob", "ping", "-q", "-c", "3", "-i", "0.1", "-s", "4000", lab.CAROL)

    def test_pings(self):
        grown, sent = self.bob_keeps_his_rate("icmp")
        refused = grown.get("host-rate-exceeded", 0) + grown.get("host-sessions-exhausted", 0)
        self.assertGreater(refused, sent * 0.7, grown)

    def test_arp_requests(self):
        self.bob_keeps_his_rate("arp")
        # And bob is still known under his own address.
        self.lab.run("bob", "ping", "-q", "-c", "3", "-i", "0.1", lab.CAROL)
