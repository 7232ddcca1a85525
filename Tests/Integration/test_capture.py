"""`sallyport capture` writes what tshark reads."""

import pathlib
import subprocess
import tempfile

import captures
import lab


def setUpModule():
    if lab.PEER == "sallyport":
        lab.shared()


@lab.sallyport_only
class GatewayCapture(lab.LabTestCase):
    def capture(self, interface, count, *command):
        """What the gateway captures on an interface while alice runs a command."""
        file = tempfile.NamedTemporaryFile(prefix="sallyport-test-", suffix=".pcapng")
        self.addCleanup(file.close)
        client = lab.Running([
            str(lab.BINARIES / "sallyport"), "capture", interface, "--write", file.name, "--count", str(count),
            "--socket", str(lab.shared().state / "control.sock"),
        ])
        with client:
            # The file's header is there once the gateway captures.
            self.eventually(lambda: pathlib.Path(file.name).stat().st_size > 0 or client.process.poll() is not None,
                            "the capture did not begin")
            lab.shared().run("alice", *command)
            output = client.finish(10)
            self.assertEqual(client.process.returncode, 0, output)
        return file.name

    def test_each_side_shows_its_own_addresses_in_both_directions(self):
        ping = "ping", "-q", "-c", "20", "-i", "0.05", lab.CAROL
        inside = captures.select(self.capture("inside0", 20, *ping), "icmp", "ip.src", "ip.dst")
        self.assertEqual(set(inside), {(lab.ALICE, lab.CAROL), (lab.CAROL, lab.ALICE)})
        outside = captures.select(self.capture("outside0", 20, *ping), "icmp", "ip.src", "ip.dst")
        self.assertEqual(len(set(outside)), 2)
        for source, destination in outside:
            self.assertIn(lab.CAROL, (source, destination))
            self.assertEqual(len(lab.POOL & {source, destination}), 1)

    def test_the_capture_holds_as_many_frames_as_asked_for(self):
        path = self.capture("outside0", 10, "ping", "-q", "-c", "20", "-i", "0.05", lab.CAROL)
        self.assertEqual(len(captures.select(path, "frame")), 10)
        summary = subprocess.run(["capinfos", "-t", path], text=True, capture_output=True, timeout=20)
        self.assertIn("pcapng", summary.stdout)

    def test_an_interface_that_does_not_exist_is_refused(self):
        with tempfile.NamedTemporaryFile(prefix="sallyport-test-") as file:
            result = lab.shared().sallyport("capture", "nowhere0", "--write", file.name, check=False)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("nowhere0", result.stderr)
