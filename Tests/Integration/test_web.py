"""curl against nginx: many short connections, one long transfer each way, and whom the server sees."""

import lab
from payload import file_of
from servers import await_listener, nginx


def setUpModule():
    lab.shared()


class Web(lab.LabTestCase):
    def test_the_server_sees_alice_as_one_address_of_the_pool(self):
        with nginx(lab.shared(), "carol"):
            seen = {lab.shared().run("alice", "curl", "-sS", f"http://{lab.CAROL}/").stdout.strip() for _ in range(5)}
        self.assertEqual(len(seen), 1, "one host, one inside global address: paired pooling")
        self.assertLessEqual(seen, lab.POOL)

    def test_the_server_sees_bob_as_his_static_address(self):
        with nginx(lab.shared(), "carol"):
            self.assertEqual(
                lab.shared().run("bob", "curl", "-sS", f"http://{lab.CAROL}/").stdout.strip(), lab.BOB_GLOBAL
            )

    def test_a_thousand_requests_on_connections_of_their_own_all_succeed(self):
        with nginx(lab.shared(), "carol"):
            output = lab.shared().run(
                "alice", "curl", "-sS", "-H", "Connection: close", "-o", "/dev/null", "-w", "%{http_code}\\n",
                f"http://{lab.CAROL}/?request=[1-1000]", timeout=60,
            ).stdout
        self.assertEqual(output.split(), ["200"] * 1000)

    def test_two_hundred_connections_at_once_all_succeed(self):
        with nginx(lab.shared(), "carol"):
            output = lab.shared().run(
                "alice", "curl", "-sS", "-Z", "--parallel-immediate", "--parallel-max", "200", "-o", "/dev/null",
                "-H", "Connection: close", "-w", "%{http_code}\\n", f"http://{lab.CAROL}/?request=[1-1000]", timeout=60,
            ).stdout
        self.assertEqual(output.split(), ["200"] * 1000)

    def test_a_gigabyte_arrives_with_its_checksum(self):
        with file_of(1024) as (directory, _, expected), nginx(lab.shared(), "carol", files=directory):
            output = lab.shared().run(
                "alice", "bash", "-c", f"set -o pipefail; curl -sS http://{lab.CAROL}/files/payload | sha256sum",
                timeout=100,
            ).stdout
        self.assertEqual(output.split()[0], expected)

    def test_a_quarter_gigabyte_sent_arrives_with_its_checksum(self):
        with file_of(256) as (_, path, expected):
            with lab.shared().start("carol", "python3", lab.PROGRAMS / "sink.py", 9000) as sink:
                await_listener(lab.shared(), "carol", 9000)
                lab.shared().run("alice", "python3", lab.PROGRAMS / "source.py", lab.CAROL, 9000, path, timeout=60)
                self.assertEqual(sink.finish(20).split(), [str(256 << 20), expected])

    def test_two_hosts_transfer_at_once_without_mixing(self):
        with file_of(32) as (directory, _, expected), nginx(lab.shared(), "carol", files=directory):
            url = f"http://{lab.CAROL}/files/payload"
            fetch = "bash", "-c", f"set -o pipefail; curl -sS {url} | sha256sum"
            with lab.shared().start("alice", *fetch) as first, lab.shared().start("bob", *fetch) as second:
                for running in first, second:
                    self.assertEqual(running.finish(60).split()[0], expected)
