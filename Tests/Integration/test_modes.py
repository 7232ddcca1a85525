"""Every way to run the data plane carries the same traffic."""

import lab
from payload import file_of
from servers import dnsmasq, nginx

MODES = {
    "one worker": {"cores": "0", "lines": []},
    # On one core only: the hosts' programs need the others.
    "busy": {"cores": "0", "lines": [("poll adaptive", "poll busy")]},
    "interrupt": {"cores": None, "lines": [("poll adaptive", "poll interrupt")]},
    "without offload": {"cores": None, "lines": [("poll adaptive", "poll adaptive\n offload none")]},
    "small rings": {"cores": None, "lines": [("poll adaptive", "poll adaptive\n ring-entries 64\n burst 8")]},
    "ordinary memory": {"cores": None, "lines": [("poll adaptive", "poll adaptive\n memory ordinary")]},
}


@lab.sallyport_only
class Modes(lab.LabTestCase):
    def carry(self, mode):
        name = f"{lab.NAME}-mode"
        text = lab.configuration(name, cores=MODES[mode]["cores"])
        for old, new in MODES[mode]["lines"]:
            self.assertIn(old, text)
            text = text.replace(old, new)
        with lab.Lab(name, text) as the_lab, file_of(32) as (directory, _, expected):
            the_lab.run("alice", "ping", "-q", "-c", "5", "-i", "0.05", lab.CAROL)
            with nginx(the_lab, "carol", files=directory), dnsmasq(the_lab, "carol", lab.CAROL, www="192.0.2.80"):
                codes = the_lab.run(
                    "alice", "curl", "-sS", "-H", "Connection: close", "-o", "/dev/null", "-w", "%{http_code}\\n",
                    f"http://{lab.CAROL}/?[1-100]",
                ).stdout.split()
                self.assertEqual(codes, ["200"] * 100)
                fetch = f"set -o pipefail; curl -sS http://{lab.CAROL}/files/payload | sha256sum"
                for host in "alice", "bob":
                    self.assertEqual(the_lab.run(host, "bash", "-c", fetch).stdout.split()[0], expected)
                answer = the_lab.run("alice", "dig", "+short", f"@{lab.CAROL}", "www.lab.example").stdout.strip()
                self.assertEqual(answer, "192.0.2.80")
            with nginx(the_lab, "bob", files=directory):
                fetch = f"set -o pipefail; curl -sS http://{lab.BOB_GLOBAL}/files/payload | sha256sum"
                self.assertEqual(the_lab.run("dave", "bash", "-c", fetch).stdout.split()[0], expected)

    def test_one_worker_carries_everything(self):
        self.carry("one worker")

    def test_busy_polling_carries_everything(self):
        self.carry("busy")

    def test_interrupts_carry_everything(self):
        self.carry("interrupt")

    def test_devices_without_offload_carry_everything(self):
        self.carry("without offload")

    def test_small_rings_and_bursts_carry_everything(self):
        self.carry("small rings")

    def test_ordinary_memory_carries_everything(self):
        self.carry("ordinary memory")
