"""An exchange inside that speaks for media servers inside: their addresses stand in its messages, not its own."""

import lab
import sipp
import telephony
from media import Listener

# Media servers in alice's namespace: some at each worker. One is in no list.
SERVERS = [f"10.10.10.{number}" for number in range(30, 36)]
UNLISTED = "10.10.10.40"
STATEMENTS = "access-list 30 permit 10.10.10.32 0.0.0.3\naccess-list 30 permit 10.10.10.30 0.0.0.1\n"


def setUpModule():
    if lab.PEER != "sallyport":
        raise lab.unittest.SkipTest("access lists for third parties are Sallyport's own")
    telephony.SIPTestCase.the_lab = telephony.raise_lab(
        "third", STATEMENTS + "ip nat service list 30 sip third-party\n")
    telephony.SIPTestCase.the_lab.add_addresses("alice", *SERVERS, UNLISTED)


class ThirdParties(telephony.SIPTestCase):
    def call(self, server):
        """A call of alice's whose media are at a server; what the server and the callee hear."""
        ports = sipp.media_ports(1)
        with Listener(self.the_lab, "alice", server, ports) as within, \
                Listener(self.the_lab, "carol", lab.CAROL, ports) as without:
            with sipp.answering(self.the_lab, "carol", lab.CAROL, "call-callee") as answering:
                calling = sipp.call(
                    self.the_lab, "alice", lab.ALICE, "call-caller", f"{lab.CAROL}:5060", media_address=server)
                self.assertEqual((calling.failed, calling.successful), (0, 1), calling.errors)
                answered = answering.finish()
                self.assertEqual((answered.failed, answered.successful), (0, 1), answered.errors)
        return within, without

    def remarks(self):
        rows = self.the_lab.show_json("ip", "nat", "gateways")
        return next(row["remarks"] for row in rows if row["gateway"] == "sip")

    def test_media_servers_in_the_list_hear_and_are_heard(self):
        for server in SERVERS:
            with self.subTest(server):
                within, without = self.call(server)
                self.assertHeard(within, (1,), server)
                self.assertHeard(without, (1,), "carol")

    def test_one_that_is_in_no_list_has_no_door_and_is_counted(self):
        before = self.remarks()
        within, _ = self.call(UNLISTED)
        self.assertEqual(sum(within.packets.values()), 0, "media came to a host that no list names")
        self.assertGreater(self.remarks(), before)
