"""Calls and registrations outlive the daemon: it is killed while people talk, and started again."""

import pathlib
import shutil
import subprocess
import time

import lab
import telephony

STATE = pathlib.Path("/dev/shm") / f"{lab.NAME}-sip-state"
TRANSPORTS = "udp", "tcp"


def setUpModule():
    if lab.PEER != "sallyport":
        raise lab.unittest.SkipTest("there is no daemon to kill")
    shutil.rmtree(STATE, ignore_errors=True)
    lab.unittest.addModuleCleanup(shutil.rmtree, STATE, ignore_errors=True)
    telephony.PhoneTestCase.the_lab = telephony.raise_lab("resip", state=STATE)


class Restart(telephony.PhoneTestCase):
    def kill(self):
        """Kills the daemon where it stands, and starts it again."""
        tool = [str(lab.ROOT / "Tools/lab"), "restart", "--name", self.the_lab.name, "--kill"]
        result = subprocess.run(tool, text=True, capture_output=True, timeout=60)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr + self.the_lab.log())

    def doors(self, host, *ports):
        """Which of the ports of a host doors lead to."""
        rows = self.the_lab.show_json("ip", "nat", "doors")
        return [row for row in rows if row["insideLocal"] == host and row["insideLocalPort"] in ports]

    def test_a_call_goes_on_and_its_end_closes_its_doors(self):
        first = telephony.MEDIA["alice"]
        media = range(first, first + 100)
        # By TCP the BYE goes unread: a stream whose beginning was not seen is never looked into.
        for caller, ender in ((0, 1), (1, 0)):
            with self.subTest(caller=caller), self.telephones("alice", "dave") as phones:
                self.connect(phones[caller], phones[1 - caller])
                self.assertTalking("alice", "dave")
                before = self.doors(lab.ALICE, *media)
                self.assertTrue(before, "no doors for the media of a call")
                self.kill()
                self.assertTalking("alice", "dave")
                ports = {row["insideGlobalPort"] for row in self.doors(lab.ALICE, *media)}
                self.assertEqual(ports, {row["insideGlobalPort"] for row in before})
                self.hang_up(phones[ender], phones[1 - ender])
                self.eventually(lambda: not self.doors(lab.ALICE, *media), "doors outlived their call")

    def test_a_call_goes_on_by_tcp(self):
        with self.telephones("alice", "dave", transport="tcp") as phones:
            alice, dave = phones
            self.connect(alice, dave)
            self.kill()
            self.assertTalking("alice", "dave")

    def test_a_call_is_held_and_resumed_after_the_restart(self):
        with self.telephones("alice", "dave") as phones:
            alice, dave = phones
            self.connect(dave, alice)
            self.kill()
            for holder in alice, dave:
                holder.do("hold")
                time.sleep(0.5)
                self.assertLess(self.heard()[holder.name], 3, f"{holder.name} holds the call and hears it")
                holder.do("resume")
                self.assertTalking("alice", "dave")
            self.hang_up(dave, alice)
            media = range(telephony.MEDIA["alice"], telephony.MEDIA["alice"] + 100)
            self.eventually(lambda: not self.doors(lab.ALICE, *media), "doors outlived their call")

    def test_a_registered_telephone_is_called(self):
        for transport in TRANSPORTS:
            with self.subTest(transport), self.telephones("alice", "dave", transport=transport) as phones:
                alice, dave = phones
                self.kill()
                # Nothing but the registration's door leads to the telephone now.
                self.the_lab.sallyport("clear", "ip", "nat", "translation", "*")
                self.connect(dave, alice)
                self.assertTalking("alice", "dave")
                self.hang_up(dave, alice)
