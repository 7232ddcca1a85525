"""The daemon without root: devices that were made for its user need no capability."""

import os
import pathlib
import shutil
import stat
import subprocess
import tempfile

import lab

GATEWAY, INSIDE, OUTSIDE = (f"{lab.NAME}-{name}" for name in ("plain", "plain-in", "plain-out"))
USER = "nobody"


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, capture_output=True, timeout=10)


@lab.sallyport_only
class Unprivileged(lab.LabTestCase):
    def setUp(self):
        super().setUp()
        self.addCleanup(self.remove)
        self.remove()
        for name in GATEWAY, INSIDE, OUTSIDE:
            ip("netns", "add", name)
        for device in "sp-inside", "sp-outside":
            # What an administrator does once: a persistent device of the user's, with the flags the daemon asks for.
            ip("-n", GATEWAY, "tuntap", "add", "dev", device, "mode", "tap", "user", USER, "multi_queue", "vnet_hdr")
            ip("-n", GATEWAY, "link", "set", device, "up")

    def remove(self):
        for name in GATEWAY, INSIDE, OUTSIDE:
            subprocess.run(["ip", "netns", "delete", name], capture_output=True)

    def place(self, device, namespace, address):
        """Hands the kernel's end of a device to a host."""
        ip("-n", GATEWAY, "link", "set", device, "netns", namespace)
        ip("-n", namespace, "address", "add", address, "dev", device)
        ip("-n", namespace, "link", "set", device, "up")

    def test_it_attaches_to_its_users_devices_and_forwards(self):
        with tempfile.TemporaryDirectory(prefix="sallyport-test-") as directory:
            place = pathlib.Path(directory)
            socket = place / "control.sock"
            # The checkout may be where only root can read.
            program = shutil.copy(lab.BINARIES / "sallyportd", place)
            text = lab.configuration("unused").replace(" netns unused-lan", "").replace(" netns unused-wan", "")
            config = place / "gateway.conf"
            config.write_text(text.replace("/run/sallyport-lab/unused/control.sock", str(socket)))
            shutil.chown(directory, USER)
            os.chmod(directory, 0o755)
            # Where only root may open /dev/net/tun, one that all may open lies over it, for this process alone:
            # `ip netns exec` gives it a mount namespace of its own.
            tun = place / "tun"
            os.mknod(tun, stat.S_IFCHR | 0o666, os.stat("/dev/net/tun").st_rdev)
            os.chmod(tun, 0o666)
            start = f"mount --bind {tun} /dev/net/tun && exec setpriv --reuid={USER} --regid=nogroup --clear-groups " \
                f"--bounding-set=-all {program} --config {config}"
            running = lab.Running(["ip", "netns", "exec", GATEWAY, "sh", "-c", start])
            with running:
                self.eventually(
                    lambda: socket.exists() or running.process.poll() is not None, "no control socket", seconds=15
                )
                self.assertIsNone(running.process.poll(), "the daemon ended" if socket.exists() else running.finish(1))
                self.place("sp-inside", INSIDE, f"{lab.ALICE}/24")
                self.place("sp-outside", OUTSIDE, f"{lab.CAROL}/24")
                ip("-n", INSIDE, "route", "add", "default", "via", lab.GATEWAY_INSIDE)
                ping = ["ip", "netns", "exec", INSIDE, "ping", "-q", "-c", "5", "-i", "0.1", lab.CAROL]
                result = subprocess.run(ping, text=True, capture_output=True, timeout=20)
                self.assertIn(" 0% packet loss", result.stdout)
                output = running.stop()
                self.assertEqual(running.process.returncode, 0, output)
