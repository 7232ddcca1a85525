"""What the gateway says about itself, in IOS's shape and in JSON, and what `clear` does."""

import stat

import lab
from servers import nginx

LISTINGS = (
    ("ip", "nat", "translations"), ("ip", "nat", "translations", "verbose"), ("ip", "nat", "statistics"),
    ("workers",), ("interfaces",), ("drops",), ("running-config",),
)
STATICS = {
    ("---", lab.BOB_GLOBAL, lab.BOB, "---", "---"),
    ("---", lab.RED_GLOBAL, lab.RED, "---", "---"),
    ("tcp", f"{lab.GATEWAY_OUTSIDE}:80", f"{lab.ALICE}:8080", "---", "---"),
}


def setUpModule():
    lab.shared()


@lab.sallyport_only
class Commands(lab.LabTestCase):
    def fetch(self, host="alice"):
        with nginx(lab.shared(), "carol"):
            lab.shared().run(host, "curl", "-sS", "-o", "/dev/null", f"http://{lab.CAROL}/")

    def sessions_of(self, address):
        """The sessions of an inside host; red's, who has alice's address, are not alice's."""
        rows = [row for row in lab.shared().translations() if row[2].split(":")[0] == address and row[3] != "---"]
        return [row for row in rows if row[1].split(":")[0] != lab.RED_GLOBAL]

    def test_a_tcp_session_is_listed_with_its_four_endpoints(self):
        self.fetch()
        server = f"{lab.CAROL}:80"
        rows = [row for row in self.sessions_of(lab.ALICE) if row[0] == "tcp" and row[4] == server]
        self.assertGreater(len(rows), 0)
        for _, inside_global, _, outside_local, outside_global in rows:
            self.assertIn(inside_global.split(":")[0], lab.POOL)
            self.assertEqual((outside_local, outside_global), (server, server))

    def test_a_ping_is_listed_with_its_identifier(self):
        lab.shared().run("alice", "ping", "-q", "-c", "1", "-e", "4660", lab.CAROL)
        rows = [row for row in self.sessions_of(lab.ALICE) if row[0] == "icmp" and row[2] == f"{lab.ALICE}:4660"]
        self.assertEqual(len(rows), 1)

    def test_static_entries_are_always_listed(self):
        self.assertLessEqual(STATICS, set(lab.shared().translations()))

    def test_every_listing_prints_something_in_text_and_parses_in_json(self):
        self.fetch()
        for words in LISTINGS:
            with self.subTest(" ".join(words)):
                self.assertNotEqual(lab.shared().show(*words).strip(), "")
                self.assertIsInstance(lab.shared().show_json(*words), (list, dict))

    def test_json_lists_the_same_translations_as_text(self):
        self.fetch()
        rows = {
            tuple(f"{row[end]}:{row[end + 'Port']}" for end in ("insideGlobal", "insideLocal", "outsideGlobal"))
            for row in lab.shared().show_json("ip", "nat", "translations") if row["kind"] == "session"
        }
        listed = {(row[1], row[2], row[4]) for row in lab.shared().translations() if row[4] != "---"}
        # A session may end between the two listings, so neither need hold all of the other.
        self.assertGreater(len(rows & listed), 0)

    def test_statistics_count_hits_and_active_translations(self):
        before = lab.shared().show_json("ip", "nat", "statistics")
        self.fetch()
        after = lab.shared().show_json("ip", "nat", "statistics")
        self.assertGreater(after["hits"], before["hits"])
        self.assertGreater(after["misses"], before["misses"])
        self.assertGreaterEqual(after["translations"]["extended"], 1)
        self.assertEqual(after["translations"]["static"], len(STATICS))
        self.assertEqual(after["insideInterfaces"], ["inside0", "inside1"])
        self.assertEqual(after["outsideInterfaces"], ["outside0"])

    def test_each_interface_counts_what_passes(self):
        def packets():
            return {
                row["name"]: (row["receivedPackets"], row["sentPackets"])
                for row in lab.shared().show_json("interfaces")
            }

        before = packets()
        lab.shared().run("alice", "ping", "-q", "-c", "10", "-i", "0.05", lab.CAROL)
        after = packets()
        for name in "inside0", "outside0":
            for way in 0, 1:
                self.assertGreaterEqual(after[name][way] - before[name][way], 10)

    def test_clear_removes_sessions_and_keeps_static_entries(self):
        self.fetch()
        self.assertGreater(len(self.sessions_of(lab.ALICE)), 0)
        lab.shared().sallyport("clear", "ip", "nat", "translation", "*")
        self.assertEqual(set(lab.shared().translations()), STATICS)

    def test_traffic_goes_on_after_clear(self):
        lab.shared().sallyport("clear", "ip", "nat", "translation", "*")
        self.fetch("alice")
        self.fetch("bob")

    def test_the_running_configuration_is_a_configuration(self):
        text = lab.shared().show("running-config")
        for statement in "ip nat pool OUT", "ip nat inside source static 10.10.10.11 203.0.113.50", "interface inside0":
            self.assertIn(statement, text)

    def test_a_wrong_command_is_refused_with_a_caret(self):
        result = lab.shared().sallyport("show", "ip", "nat", "nonsense", check=False)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("^", result.stderr)

    def test_the_control_socket_is_for_owner_and_group(self):
        mode = (lab.shared().state / "control.sock").stat().st_mode
        self.assertTrue(stat.S_ISSOCK(mode))
        self.assertEqual(stat.S_IMODE(mode), 0o660)
