"""What outside hosts may not do: come in where nobody asked for them."""

import contextlib

import lab
from captures import capture
from servers import await_listener


def setUpModule():
    lab.shared()


class Filtering(lab.LabTestCase):
    @contextlib.contextmanager
    def counted(self, reason, at_least):
        """The gateway counts drops for `reason` during the block."""
        if lab.PEER != "sallyport":
            yield
            return
        before = lab.shared().drops(reason)
        yield
        self.eventually(
            lambda: lab.shared().drops(reason) >= before + at_least,
            f"show drops did not count {at_least} for {reason}: {lab.shared().show('drops')}",
        )

    def test_an_uninvited_connection_to_the_pool_reaches_nobody_and_is_counted(self):
        with capture(lab.shared(), "alice") as seen, self.counted("filtered", 3):
            for address in sorted(lab.POOL)[:3]:
                result = lab.shared().run("dave", "curl", "-sS", "-m", "1", f"http://{address}:8080/", check=False)
                self.assertIn(result.returncode, (7, 28), "refused or unanswered")
        self.assertEqual(seen.count(f"ip.addr == {lab.DAVE}"), 0)

    def test_an_uninvited_ping_to_the_pool_reaches_nobody(self):
        with capture(lab.shared(), "alice") as seen:
            for address in sorted(lab.POOL):
                lab.shared().run("dave", "ping", "-q", "-c", "1", "-W", "0.5", address, check=False)
        self.assertEqual(seen.count(f"ip.addr == {lab.DAVE}"), 0)

    def test_a_third_host_cannot_use_the_mapping_of_two_others(self):
        with lab.shared().start("carol", "python3", lab.PROGRAMS / "observer.py", 7100):
            await_listener(lab.shared(), "carol", 7100)
            asking = lab.shared().start(
                "alice", "python3", lab.PROGRAMS / "ask.py", "udp", 45000, f"{lab.CAROL}:7100", "--then-listen", "3"
            )
            with asking:
                address, port = asking.process.stdout.readline().split()
                with self.counted("filtered", 1):
                    # dave is a stranger to the mapping; carol from another port is one, too.
                    for host in "dave", "carol":
                        lab.shared().run(host, "bash", "-c", f"echo uninvited >/dev/udp/{address}/{port}")
                self.assertEqual(asking.finish(10), "", "alice received what she had not asked for")

    def test_the_invited_host_may_answer_again_and_again(self):
        with lab.shared().start("carol", "python3", lab.PROGRAMS / "observer.py", 7101):
            await_listener(lab.shared(), "carol", 7101)
            program = "python3", lab.PROGRAMS / "ask.py", "udp", 45001
            output = lab.shared().run("alice", *program, *[f"{lab.CAROL}:7101"] * 5).stdout.splitlines()
        self.assertEqual(len(set(output)), 1)
        self.assertNotIn("-", output)

    def test_an_outside_host_cannot_address_an_inside_host_by_its_own_address(self):
        # dave takes the route an attacker on the segment would take.
        lab.shared().run("dave", "ip", "route", "add", lab.INSIDE_NETWORK, "via", lab.GATEWAY_OUTSIDE)
        self.addCleanup(lab.shared().run, "dave", "ip", "route", "del", lab.INSIDE_NETWORK)
        with capture(lab.shared(), "alice") as seen:
            lab.shared().run("dave", "ping", "-q", "-c", "2", "-i", "0.1", "-W", "0.5", lab.ALICE, check=False)
        self.assertEqual(seen.count(f"ip.src == {lab.DAVE}"), 0)
