"""802.1Q sub-interfaces: frames under a tag meet the interface of that tag, and no other."""

import lab
from captures import capture

TAGGED = """
interface inside0.20
 encapsulation dot1q 20
 ip address 10.10.20.1 255.255.255.0
 ip nat inside
!
access-list 10 permit 10.10.10.0 0.0.0.255
access-list 10 permit 10.10.20.0 0.0.0.255
ip nat pool OUT 203.0.113.100 203.0.113.103 prefix-length 24
ip nat inside source list 10 pool OUT overload
"""


@lab.sallyport_only
class VLAN(lab.LabTestCase):
    @classmethod
    def setUpClass(cls):
        name = f"{lab.NAME}-vlan"
        cls.lab = lab.Lab(name, lab.configuration(name, statements=TAGGED)).up()
        cls.addClassCleanup(cls.lab.down)

    def speak(self, vlan):
        """What a host under the tag achieves."""
        program = "python3", lab.PROGRAMS / "tagged_host.py"
        return self.lab.run("alice", *program, "eth0", vlan, "10.10.20.10", "10.10.20.1", lab.CAROL).stdout.split("\n")

    def test_a_host_under_the_tag_reaches_the_outside_and_is_translated(self):
        with capture(self.lab, "carol") as seen:
            said = self.speak(20)
        self.assertTrue(said[0].startswith("arp "), said)
        self.assertEqual(said[1:4], ["reply 1", "reply 2", "reply 3"])
        sources = {row[0] for row in seen.select("icmp.type == 8", "ip.src")}
        self.assertEqual(len(sources), 1)
        self.assertLessEqual(sources, lab.POOL)
        self.assertEqual(seen.count("vlan"), 0, "no tag leaks to the untagged side")

    def test_a_tag_without_an_interface_is_dropped_and_counted(self):
        before = self.lab.drops("unknown-vlan")
        self.assertEqual(self.speak(30), [""])
        self.assertGreater(self.lab.drops("unknown-vlan"), before)

    def test_untagged_hosts_go_on_as_before(self):
        self.lab.run("alice", "ping", "-q", "-c", "5", "-i", "0.05", lab.CAROL)
