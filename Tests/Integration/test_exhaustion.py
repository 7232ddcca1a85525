"""When addresses or entries run out, newcomers are told and those who were there stay."""

import lab
from captures import capture
from servers import await_listener

ONE_ADDRESS = """
access-list 10 permit 10.10.10.0 0.0.0.255
ip nat pool ONE 203.0.113.100 203.0.113.100 prefix-length 24
ip nat inside source list 10 pool ONE
"""

FEW_ENTRIES = """
access-list 10 permit 10.10.10.0 0.0.0.255
ip nat pool OUT 203.0.113.100 203.0.113.103 prefix-length 24
ip nat inside source list 10 pool OUT overload
ip nat translation max-entries 20
"""


@lab.sallyport_only
class Exhaustion(lab.LabTestCase):
    def raised(self, statements):
        name = f"{lab.NAME}-full"
        result = lab.Lab(name, lab.configuration(name, statements=statements, cores="0")).up()
        self.addCleanup(result.down)
        return result

    def test_a_pool_without_free_addresses_refuses_the_newcomer_and_keeps_the_owner(self):
        the_lab = self.raised(ONE_ADDRESS)
        with the_lab.start("alice", "ping", "-q", "-c", "30", "-i", "0.1", lab.CAROL) as first:
            self.eventually(
                lambda: any(row[2].split(":")[0] == lab.ALICE for row in the_lab.translations()), "alice got no address"
            )
            with capture(the_lab, "bob") as seen:
                result = the_lab.run("bob", "ping", "-q", "-c", "2", "-W", "1", lab.CAROL, check=False)
            self.assertNotEqual(result.returncode, 0)
            self.assertIn(" 0% packet loss", first.finish(20))
        told = seen.select("icmp.type == 3", "ip.src")
        self.assertGreater(len(told), 0, "bob was not told")
        self.assertTrue(told[0][0].startswith(lab.GATEWAY_INSIDE))
        self.assertGreaterEqual(the_lab.drops("addresses-exhausted"), 1)

    def test_a_full_table_refuses_new_sessions_keeps_the_old_and_says_so(self):
        the_lab = self.raised(FEW_ENTRIES)
        asking = "python3", lab.PROGRAMS / "ask.py", "udp", 46000, f"{lab.CAROL}:7400"
        with the_lab.start("carol", "python3", lab.PROGRAMS / "observer.py", 7400):
            await_listener(the_lab, "carol", 7400)
            before = the_lab.run("alice", *asking).stdout
            self.assertNotEqual(before.strip(), "-")
            with capture(the_lab, "alice") as seen:
                the_lab.run("alice", "bash", "-c", f"for n in {{1..40}}; do echo n >/dev/udp/{lab.CAROL}/7400; done")
            self.assertEqual(the_lab.run("alice", *asking).stdout, before, "the old session goes on")
            limit = the_lab.show_json("ip", "nat", "statistics")["limit"]
            self.assertEqual((limit["maximum"], limit["used"]), (20, 20))
            self.assertGreaterEqual(limit["missed"], 21)
            self.assertGreater(seen.count(f"icmp.type == 3 && ip.src#1 == {lab.GATEWAY_INSIDE}"), 0)
            # Forty refusals, but not forty lines.
            lines = [line for line in the_lab.log().splitlines() if "full" in line or "exhaust" in line]
            self.assertIn(len(lines), range(1, 6), lines)
            the_lab.sallyport("clear", "ip", "nat", "translation", "*")
            self.assertNotEqual(the_lab.run("alice", *asking).stdout.strip(), "-", "room again after clear")
