"""What the tests of application-level gateways share: a lab in which every kind of translation meets them, the live
trace, and what the gateways count."""

import contextlib
import json
import time

import lab

# Hosts that alice's namespace plays beside alice: one behind a pool without overload, one behind entries for ports
# only, and one whose server the list names.
SINGLE, PORTED, LISTED = "10.10.10.20", "10.10.10.21", "10.10.10.22"
PORTED_GLOBAL = "203.0.113.70"
LISTED_GLOBAL = "203.0.113.51"
SINGLE_POOL = {"203.0.113.120", "203.0.113.121"}
# Servers that list 21 names, dave and LISTED, speak FTP at this port, and no more at 21.
OTHER_PORT = 2121

STATEMENTS = f"""
access-list 10 deny {SINGLE}
access-list 10 permit 10.10.10.0 0.0.0.255
access-list 20 permit {SINGLE}
access-list 21 permit {lab.DAVE}
access-list 21 permit {LISTED}
ip nat pool OUT 203.0.113.100 203.0.113.103 prefix-length 24
ip nat pool SINGLE 203.0.113.120 203.0.113.121 prefix-length 24
ip nat inside source list 20 pool SINGLE
ip nat inside source list 10 pool OUT overload
ip nat inside source static {lab.BOB} {lab.BOB_GLOBAL}
ip nat inside source static {LISTED} {LISTED_GLOBAL}
ip nat inside source static tcp {PORTED} 21 {PORTED_GLOBAL} 21
ip nat inside source static udp {PORTED} 69 {PORTED_GLOBAL} 69
ip nat service list 21 ftp tcp port {OTHER_PORT}
ip route 198.51.100.0 255.255.255.0 203.0.113.200
"""


def raise_lab(suffix, statements=STATEMENTS, more="", dataplane=""):
    """A lab of the tests' own, with all of STATEMENTS and `more` of them; `dataplane` are lines of that section."""
    name = f"{lab.NAME}-{suffix}"
    text = lab.configuration(name, statements=statements + more, red=True)
    if dataplane:
        text = text.replace(" poll adaptive\n", f" poll adaptive\n{dataplane}")
    result = lab.Lab(name, text).up()
    result.add_addresses("alice", SINGLE, PORTED, LISTED)
    return result


def count(the_lab, gateway):
    """What a gateway has counted, by the names of `show ip nat gateways --json`."""
    return the_lab.show_json("ip", "nat", "gateways", gateway)[0]


def doors(the_lab):
    """The doors there are."""
    return the_lab.show_json("ip", "nat", "doors")


class Trace:
    """What `sallyport trace` told during a block."""

    def __init__(self):
        self.text = ""

    @property
    def lines(self):
        return self.text.splitlines()

    @property
    def events(self):
        """Each line of --json, parsed."""
        return [json.loads(line) for line in self.lines if line.startswith("{")]


@contextlib.contextmanager
def trace(the_lab, *options):
    """Follows what gateways do during the block; it is all there after it."""
    result = Trace()
    client = lab.Running([
        str(lab.BINARIES / "sallyport"), "trace", *options, "--socket", str(the_lab.state / "control.sock"),
    ])
    with client:
        # It has nothing to say before the first message, so there is nothing to wait for but time.
        time.sleep(0.4)
        yield result
        time.sleep(0.4)
        result.text = client.stop()


@contextlib.contextmanager
def configured(the_lab_, *statements):
    """Other statements, beside the ones there are, by a reload; and back."""
    before = the_lab_.text
    the_lab_.rewrite(before.replace("control-socket", "\n".join(statements) + "\ncontrol-socket"))
    the_lab_.sallyport("reload")
    try:
        yield
    finally:
        the_lab_.rewrite(before)
        the_lab_.sallyport("reload")


class Talk:
    """A control connection held open by hand, on a host of the lab."""

    def __init__(self, test, the_lab_, host, address, port=21, greeted=True, source=()):
        self.running = test.enterContext(the_lab_.start(
            host, "python3", "-u", lab.PROGRAMS / "talk.py", address, port, *source, interactive=True
        ))
        if greeted:
            test.assertIn("220", self.read())

    def read(self):
        """The next thing that the other end said."""
        return self.running.process.stdout.readline().strip()

    def say(self, octets, answers=1):
        """Sends octets, at once; the next lines that come back."""
        if isinstance(octets, str):
            octets = octets.encode()
        self.running.process.stdin.write(octets.hex() + "\n")
        self.running.process.stdin.flush()
        return [self.read() for _ in range(answers)]

    def log_in(self):
        self.say("USER anonymous\r\n")
