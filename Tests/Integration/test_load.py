"""The load generator against gateways that work, that do not, and against what its user may get wrong."""

import json
import resource
import signal
import subprocess
import time

import lab

NAME = lab.NAME + "-load"
HOSTS = "10.10.10.100+50"
SERVERS = "203.0.113.120+8"


def ends(name, inside="eth0@{}-alice", outside="eth0@{}-carol"):
    """Where the generator stands: beside alice and carol, with hosts of its own on their devices."""
    return ["--inside", inside.format(name), "--outside", outside.format(name)]


def addresses(gateway=lab.GATEWAY_INSIDE, hosts=HOSTS, servers=SERVERS):
    return ["--gateway", gateway, "--hosts", hosts, "--servers", servers]


def load(*words, timeout=30):
    """Runs the generator to its end; text in and out."""
    return subprocess.run(
        [str(lab.BINARIES / "sallyport-load"), *map(str, words)],
        timeout=timeout, text=True, capture_output=True, stdin=subprocess.DEVNULL)


class Loading(lab.LabTestCase):
    """What both gateways bear."""

    name = NAME

    def run_profile(self, profile, *words, status=0):
        """The figures of a run that ends with the status."""
        done = load(profile, *ends(self.name), *addresses(), "--quiet", "--json", *words)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def assert_clean(self, figures):
        for fault in ("wrong_translation", "wrong_payload", "leaked", "damaged", "duplicated", "reordered"):
            self.assertEqual(figures[fault], 0, f"{fault} in {figures}")


class ProfileCases:
    """Each profile at a rate that any machine bears; a busy one may be late, so that a little loss is no failure."""

    def test_datagrams_arrive_in_both_directions(self):
        figures = self.run_profile(
            "udp", "--flows", 500, "--rate", 2000, "--seconds", 1, "--direction", "both", "--size", "imix",
            "--expect", "loss<=0.05")
        self.assert_clean(figures)
        self.assertEqual(figures["flows"], 500)
        self.assertGreater(figures["attempted"], 1000)
        self.assertGreater(figures["latency_p50"], 0)
        self.assertGreaterEqual(figures["latency_max"], figures["latency_p99"])

    def test_a_generator_that_spins_uses_its_core_and_loads_at_the_same_rate(self):
        def seconds_on_cpu():
            used = resource.getrusage(resource.RUSAGE_CHILDREN)
            return used.ru_utime + used.ru_stime

        used = {}
        for words in ([], ["--spin"]):
            before = seconds_on_cpu()
            figures = self.run_profile(
                "udp", "--flows", 50, "--rate", 1000, "--seconds", 2, *words, "--expect", "loss<=0.05")
            self.assertGreater(figures["attempted"], 1500)
            used[bool(words)] = seconds_on_cpu() - before
        self.assertGreater(used[True], 2 * used[False], used)

    def test_two_queues_share_the_load(self):
        figures = self.run_profile(
            "udp", "--queues", 2, "--flows", 500, "--rate", 2000, "--seconds", 1, "--expect", "loss<=0.05")
        self.assert_clean(figures)
        self.assertEqual(figures["flows"], 500)

    def test_connections_are_opened_used_and_closed(self):
        for transport in ("tcp", "udp"):
            with self.subTest(transport):
                self.assert_clean(self.run_profile(
                    "cps", "--transport", transport, "--rate", 500, "--seconds", 1, "--expect", "loss<=0.05"))

    def test_bulk_data_flows_both_ways_in_super_frames_and_without(self):
        for words in (["--direction", "out"], ["--direction", "in"], ["--no-offload", "--streams", 4]):
            with self.subTest(words):
                figures = self.run_profile("tcp", "--seconds", 1, *words, "--expect", "bit_rate>=10000000")
                self.assertEqual(figures["wrong_translation"] + figures["damaged"] + figures["refused"], 0)

    def test_sessions_are_filled_verified_and_loaded(self):
        figures = self.run_profile(
            "established", "--sessions", 3150, "--fill-rate", 5000, "--rate", 3000, "--seconds", 1,
            "--expect", "loss<=0.05")
        self.assert_clean(figures)
        self.assertEqual(figures["sessions_opened"], 3150)
        self.assertEqual(figures["sessions_changed"], 0)
        self.assertGreater(figures["sessions_verified"], 3000)

    def test_the_rate_without_loss_is_found_by_halving(self):
        figures = self.run_profile(
            "udp", "--flows", 100, "--search", "--rate", 4000, "--trial", 0.3, "--seconds", 4, "--tolerance", 0.05)
        self.assertGreater(figures["no_loss_rate"], 200)
        self.assertGreaterEqual(figures["trials"], 1)

    def test_connections_are_opened_then_closed(self):
        figures = self.run_profile(
            "teardown", "--connections", 800, "--open-rate", 2000, "--rate", 1000, "--seconds", 4,
            "--expect", "loss<=0.05", "--expect", "attempted>=760")
        self.assert_clean(figures)
        # It ends with the last close.
        self.assertLess(figures["seconds"], 3)

    def test_the_rate_of_closes_is_searched(self):
        figures = self.run_profile(
            "teardown", "--connections", 500, "--open-rate", 2000, "--search", "--rate", 3000, "--trial", 0.3,
            "--seconds", 3, "--tolerance", 0.05)
        self.assertGreater(figures["no_loss_rate"], 200)

    def test_the_number_of_sessions_that_stand_is_searched(self):
        figures = self.run_profile(
            "capacity", "--max-sessions", 3000, "--fill-rate", 5000, "--seconds", 15, "--expect", "capacity>=1024",
            "--expect", "capacity<=3000")
        self.assert_clean(figures)

    def test_passive_ftp_and_names_pass(self):
        for words in (["ftp", "--command", "pasv"], ["dns"]):
            with self.subTest(words):
                self.assert_clean(self.run_profile(*words, "--rate", 50, "--seconds", 1, "--expect", "loss<=0.05"))


@lab.sallyport_only
class AgainstSallyport(ProfileCases, Loading):
    @classmethod
    def setUpClass(cls):
        cls.lab = lab.Lab(NAME, lab.configuration(NAME)).up()
        cls.addClassCleanup(cls.lab.down)

    def test_ftp_and_names_are_translated_in_the_payload(self):
        for words in (["ftp", "--command", "port"], ["ftp", "--command", "eprt"], ["tftp"], ["tftp", "--size", 5000],
                      ["dns", "--answer", lab.BOB_GLOBAL, "--expect-answer", lab.BOB]):
            with self.subTest(words):
                self.assert_clean(self.run_profile(*words, "--rate", 50, "--seconds", 1, "--expect", "loss<=0.05"))

    def test_an_answer_that_is_not_as_expected_is_a_wrong_payload(self):
        figures = self.run_profile("dns", "--answer", lab.BOB_GLOBAL, "--rate", 50, "--seconds", 1, status=2)
        self.assertEqual(figures["completed"], 0)
        self.assertGreater(figures["wrong_payload"], 20)

    def test_calls_are_translated_and_their_media_arrive(self):
        for transport in ("udp", "tcp"):
            with self.subTest(transport):
                figures = self.run_profile(
                    "sip", "--transport", transport, "--rate", 50, "--seconds", 1, "--media-packets", 6,
                    "--expect", "loss<=0.05", "--expect", "media_packets>=500")
                self.assert_clean(figures)
                self.assertEqual(figures["unit"], "calls")
                self.assertGreaterEqual(figures["media_packets"], figures["completed"] * 12)

    def test_a_table_that_is_full_is_found(self):
        name = NAME + "-full"
        text = lab.configuration(name).replace("control-socket", "ip nat translation max-entries 2000\ncontrol-socket")
        small = lab.Lab(name, text).up()
        self.addCleanup(small.down)
        done = load("capacity", *ends(name), *addresses(), "--max-sessions", 4000, "--fill-rate", 10000, "--seconds", 20,
                    "--resolution", 0.1, "--json")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        figures = json.loads(done.stdout.splitlines()[-1])
        # A few entries are those of the generator's greetings.
        self.assertLessEqual(figures["capacity"], 2000)
        self.assertGreater(figures["capacity"], 1700)
        self.assertGreater(figures["capacity_failed"], figures["capacity"])
        self.assertIn("2 048 sessions", done.stderr)

    def test_an_expectation_that_is_not_met_is_named(self):
        done = load("udp", *ends(NAME), *addresses(), "--rate", 500, "--seconds", 0.5, "--quiet",
                    "--expect", "rate>=1000000")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("expected rate>=1 000 000", done.stderr)

    def test_an_expectation_of_nothing_is_refused(self):
        done = load("udp", *ends(NAME), *addresses(), "--rate", 500, "--seconds", 0.5, "--quiet", "--expect", "luck>=1")
        self.assertEqual(done.returncode, 2)
        self.assertIn("luck", done.stderr)

    def test_progress_and_table_are_for_people(self):
        done = load("udp", *ends(NAME), *addresses(), "--rate", 500, "--seconds", 2.5)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, r"udp  1\.\d of 2\.5 s .* packets .*/s")
        self.assertRegex(done.stdout, r"(?m)^packets begun +1 \d{3}$")

    def test_an_interrupted_run_tells_what_it_counted(self):
        with lab.Running([str(lab.BINARIES / "sallyport-load"), "udp", *ends(NAME), *addresses(),
                          "--rate", "500", "--seconds", "60", "--json", "--quiet"]) as running:
            time.sleep(2.5)
            output = running.stop(signal.SIGINT)
        figures = json.loads(output.splitlines()[-1])
        self.assertGreater(figures["attempted"], 100)
        self.assertLess(figures["seconds"], 10)

    def test_a_tap_of_the_generators_own_carries_the_load_and_vanishes(self):
        # A bridge's port with the generator on its far side, in place of a host.
        lan, wan = f"{NAME}-lan", f"{NAME}-wan"
        for segment in (lan, wan):
            subprocess.run(["ip", "-n", segment, "tuntap", "add", "load0", "mode", "tap"], check=True)
            subprocess.run(["ip", "-n", segment, "link", "set", "load0", "master", "br0", "up"], check=True)
            self.addCleanup(subprocess.run, ["ip", "-n", segment, "link", "delete", "load0"])
        taps = ["--inside", f"tap:load0@{lan}", "--outside", f"tap:load0@{wan}"]
        for words in (["udp", "--rate", "1000"], ["tcp"]):
            done = load(*words, *taps, *addresses(), "--seconds", 1, "--quiet", "--json", "--expect", "loss<=0.05")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assert_clean(json.loads(done.stdout) | {"reordered": 0})

    def test_a_gateway_that_drops_everything_makes_a_clear_end(self):
        # It answers for its address, and has no route to these servers.
        for words in (["udp"], ["cps", "--rate", 100], ["cps", "--transport", "udp", "--rate", 100], ["tcp"],
                      ["teardown", "--connections", 100], ["established", "--sessions", 200],
                      ["capacity", "--max-sessions", 200], ["ftp"], ["tftp"], ["dns"], ["sip"]):
            with self.subTest(words):
                start = time.monotonic()
                done = load(*words, *ends(NAME), *addresses(servers="192.0.2.1+2"), "--seconds", 0.5, "--quiet")
                self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
                self.assertIn("nothing that was begun came through", done.stderr)
                self.assertLess(time.monotonic() - start, 10)

    def test_an_address_where_no_gateway_is_makes_a_clear_end(self):
        start = time.monotonic()
        done = load("udp", *ends(NAME), *addresses(gateway="10.10.10.77"))
        self.assertEqual(done.returncode, 2)
        self.assertIn("nobody answers for 10.10.10.77", done.stderr)
        self.assertLess(time.monotonic() - start, 6)


@lab.sallyport_only
class AgainstTheKernel(ProfileCases, Loading):
    name = NAME + "-k"

    @classmethod
    def setUpClass(cls):
        cls.lab = lab.Lab(cls.name, peer="kernel").up()
        cls.addClassCleanup(cls.lab.down)

    def test_ftp_by_port_leaks_where_no_helper_reads_it(self):
        figures = self.run_profile("ftp", "--rate", 50, "--seconds", 1, status=2)
        self.assertEqual(figures["completed"], 0)
        self.assertGreater(figures["leaked"], 20)
        self.assertEqual(figures["leaked"], figures["wrong_payload"])

    def test_calls_leak_where_no_helper_reads_them(self):
        figures = self.run_profile("sip", "--rate", 50, "--seconds", 1, status=2)
        self.assertEqual(figures["completed"], 0)
        self.assertEqual(figures["media_packets"], 0)
        self.assertGreater(figures["wrong_payload"], 20)
        self.assertGreaterEqual(figures["leaked"], figures["wrong_payload"])


class BadInput(lab.LabTestCase):
    """Nothing here needs a lab; everything ends at once."""

    def refuse(self, words, text, status=2):
        start = time.monotonic()
        done = load(*words, timeout=10)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.assertIn(text, done.stderr)
        self.assertLess(time.monotonic() - start, 5)

    def test_wrong_options_are_usage_errors(self):
        good = ["udp", *ends("nolab"), *addresses()]
        for words, text in (
            (["udp"], "--inside"),
            ([*good, "--seconds", 0], "--seconds"),
            ([*good, "--seconds", 601], "--seconds"),
            ([*good, "--search", "--trial", 20], "--trial"),
            ([*good, "--tolerance", 1], "--tolerance"),
            ([*good, "--flows", 0], "--flows"),
            ([*good, "--size", 17], "--size"),
            ([*good, "--size", "1,2"], "--size"),
            ([*good, "--queues", 0], "--queues"),
            ([*good, "--queues", 9], "--servers"),
            ([*good, "--rate", -1], "--rate"),
            ([*good, "--expect", "loss"], "--expect"),
            (["udp", *ends("nolab"), *addresses(servers="10.10.10.120+8")], "overlap"),
            (["udp", *ends("nolab"), *addresses(gateway="10.10.10.101")], "--gateway"),
            (["udp", *ends("nolab"), *addresses(hosts="10.10.10.300+2")], "--hosts"),
            (["udp", *ends("nolab", outside="eth0@{}-alice"), *addresses()], "same end"),
            (["cps", *ends("nolab"), *addresses(), "--timeout", 0], "--timeout"),
            (["tcp", *ends("nolab"), *addresses(), "--search"], "--search"),
            (["ftp", *ends("nolab"), *addresses(), "--command", "lprt"], "--command"),
            (["capacity", *ends("nolab"), *addresses(), "--rate", 5], "--fill-rate"),
            (["capacity", *ends("nolab"), *addresses(), "--max-sessions", 0], "--max-sessions"),
            (["teardown", *ends("nolab"), *addresses(), "--connections", 0], "--connections"),
            (["teardown", *ends("nolab"), *addresses(), "--open-rate", 1], "--open-rate"),
            (["sip", *ends("nolab"), *addresses(), "--media-packets", 0], "--media-packets"),
            (["dns", *ends("nolab"), *addresses(), "--expect-answer", "10.0.0.1"], "--answer"),
            (["established", *ends("nolab"), *addresses(), "--fill-rate", 1], "--fill-rate"),
        ):
            with self.subTest(words[-2:]):
                self.refuse(words, text, status=64)

    def test_a_missing_namespace_is_named(self):
        self.refuse(["udp", *ends("nolab"), *addresses()], "/run/netns/nolab-alice")

    def test_the_machines_own_network_is_refused(self):
        self.refuse(["udp", *ends("", inside="eth0", outside="eth1"), *addresses()], "--i-own-this-network")
        self.refuse(["udp-send", "--to", "192.0.2.1:9", "--size", 18, "--rate", 1, "--seconds", 0.1],
                    "--i-own-this-network")
        self.refuse(["connect", "--to", "192.0.2.1", "--ports", "9+1", "--concurrency", 1, "--seconds", 0.1],
                    "--i-own-this-network")

    def test_devices_that_may_lead_out_of_the_machine_are_refused_in_namespaces_too(self):
        # A card in a namespace cannot be made here; a tunnel is refused by the same look at its driver.
        name = lab.NAME + "-out"
        subprocess.run(["ip", "netns", "add", name], check=True)
        self.addCleanup(subprocess.run, ["ip", "netns", "delete", name])
        for words in ("link add one type veth peer name two",
                      "link add tunnel type vxlan id 5 dstport 4789 local 192.0.2.2 remote 192.0.2.9",
                      "link set one up", "link set two up", "address add 192.0.2.2/24 dev two"):
            subprocess.run(["ip", "-n", name, *words.split()], check=True)
        load_address = ["ip", "netns", "exec", name, str(lab.BINARIES / "sallyport-load"), "udp-send", "--to",
                        "192.0.2.9:9", "--size", "18", "--rate", "10", "--seconds", "0.1"]
        self.assertEqual(subprocess.run(load_address, timeout=10, capture_output=True).returncode, 0)
        subprocess.run(["ip", "-n", name, "link", "set", "tunnel", "up"], check=True)
        self.refuse(["udp", *ends(name, "tunnel@{}", "two@{}"), *addresses()], "--i-own-this-network")
        done = subprocess.run(load_address, timeout=10, capture_output=True, text=True)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("--i-own-this-network", done.stderr)
        # With the word it is tried; nobody is there to answer.
        self.refuse(["udp", *ends(name, "tunnel@{}", "two@{}"), *addresses(), "--i-own-this-network"],
                    "nobody answers for 10.10.10.1")

    def test_a_peer_that_never_answers_is_waited_for_no_longer_than_asked(self):
        name = lab.NAME + "-still"
        subprocess.run(["ip", "netns", "add", name], check=True)
        self.addCleanup(subprocess.run, ["ip", "netns", "delete", name])
        # Its neighbour is made up: what is sent to it goes nowhere.
        for words in ("link add one type veth peer name two", "link set one up", "link set two up",
                      "address add 192.0.2.2/24 dev one", "neighbour add 192.0.2.9 lladdr 02:00:00:00:00:09 dev one"):
            subprocess.run(["ip", "-n", name, *words.split()], check=True)
        start = time.monotonic()
        done = subprocess.run(
            ["ip", "netns", "exec", name, str(lab.BINARIES / "sallyport-load"), "connect", "--to", "192.0.2.9",
             "--ports", "7000+2", "--concurrency", "4", "--seconds", "0.5"],
            timeout=20, capture_output=True, text=True)
        self.assertLess(time.monotonic() - start, 10)
        self.assertEqual(json.loads(done.stdout)["ok"], 0, done.stdout + done.stderr)

    def test_loopback_is_nobodys_network(self):
        done = load("udp-send", "--to", "127.0.0.1:9", "--size", 18, "--rate", 10, "--seconds", 0.2)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_missing_and_sleeping_devices_are_named(self):
        name = lab.NAME + "-ends"
        subprocess.run(["ip", "netns", "add", name], check=True)
        self.addCleanup(subprocess.run, ["ip", "netns", "delete", name])
        subprocess.run(["ip", "-n", name, "link", "add", "one", "type", "veth", "peer", "name", "two"], check=True)
        subprocess.run(["ip", "-n", name, "link", "set", "two", "up"], check=True)
        self.refuse(["udp", *ends(name, "none@{}", "two@{}"), *addresses()], f"none@{name}: there is no such interface")
        self.refuse(["udp", *ends(name, "one@{}", "two@{}"), *addresses()], f"one@{name}: the interface is down")
        # Neither end is a gateway: nobody answers, and the device made for it is gone afterwards.
        self.refuse(["udp", *ends(name, "tap:made@{}", "two@{}"), *addresses()], "nobody answers for 10.10.10.1")
        links = subprocess.run(["ip", "-n", name, "-o", "link"], check=True, capture_output=True, text=True).stdout
        self.assertNotIn("made", links)
