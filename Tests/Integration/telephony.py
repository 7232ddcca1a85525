"""What the tests of the SIP gateway share: their lab, calls between SIPp user agents, and media counted at both ends.

They run where a gateway for SIP is: Sallyport's, or the kernel's helpers (SALLYPORT_PEER=kernel-helpers), which show
that scenarios and user agents are right.
"""

import concurrent.futures
import contextlib
import time
import unittest

import lab
import sipp
from kamailio import kamailio
from media import Listener, Meter
from phones import phone

# Hosts that alice's namespace plays beside alice: one behind a pool without overload, one behind entries for ports.
SINGLE, PORTED = "10.10.10.20", "10.10.10.21"
PORTED_GLOBAL = "203.0.113.70"
SINGLE_POOL = {"203.0.113.120", "203.0.113.121"}
ADDRESS = {
    "alice": lab.ALICE, "bob": lab.BOB, "red": lab.RED, "carol": lab.CAROL, "dave": lab.DAVE, "single": SINGLE,
    "ported": PORTED,
}
INSIDE = {"alice", "bob", "red", "single", "ported"}

# Where each host's telephone has its media, and what it listens at; the proxy has carol's port 5060.
MEDIA = {"alice": 20000, "bob": 21000, "dave": 22000, "carol": 23000}
PHONE_PORTS = {"carol": 5062}
# G.711 in packets of 20 ms.
PACKETS_A_SECOND = 50

STATEMENTS = f"""
access-list 10 deny {SINGLE}
access-list 10 permit 10.10.10.0 0.0.0.255
access-list 20 permit {SINGLE}
ip nat pool OUT 203.0.113.100 203.0.113.103 prefix-length 24
ip nat pool SINGLE 203.0.113.120 203.0.113.121 prefix-length 24
ip nat inside source list 20 pool SINGLE
ip nat inside source list 10 pool OUT overload
ip nat inside source static {lab.BOB} {lab.BOB_GLOBAL}
ip nat inside source static udp {PORTED} 5060 {PORTED_GLOBAL} 5060
ip nat inside source static tcp {PORTED} 5060 {PORTED_GLOBAL} 5060
"""


def raise_lab(suffix, more="", state=None):
    """A lab of a test module's own; skips the module where the lab's gateway knows no SIP. Ends with the module. `state`
    is a directory in which the gateway keeps its tables."""
    if lab.PEER == "kernel":
        raise unittest.SkipTest("they need a gateway for SIP, and the peer is the kernel without helpers")
    name = f"{lab.NAME}-{suffix}"
    text = lab.configuration(name, statements=STATEMENTS + more, red=True)
    if state:
        text = text.replace(" poll adaptive\n", f" poll adaptive\n state-directory {state}\n")
    result = lab.Lab(name, text).up()
    unittest.addModuleCleanup(result.down)
    if lab.PEER == "sallyport":
        known = {row["gateway"] for row in result.show_json("ip", "nat", "gateways")}
        if "sip" not in known:
            raise unittest.SkipTest("they need a gateway for SIP, and `show ip nat gateways` lists none")
        result.add_addresses("alice", SINGLE, PORTED)
    return result


class Talk:
    """How a set of calls went: what both SIPps say, and what both ends heard."""

    def __init__(self, caller, callee, caller_media, callee_media):
        self.caller, self.callee = caller, callee
        self.caller_media, self.callee_media = caller_media, callee_media


class SIPTestCase(lab.LabTestCase):
    """Calls between two of the lab's hosts. The class, or its module, says in which lab."""

    the_lab = None

    def calls(self, caller, callee, to, scenario="call", *, count=1, transport="u1", port=5060, hears=((1,), (1,)),
              callee_options=(), linger=500, **options):
        """Runs `count` calls of a scenario between two hosts, and holds that all ended as the scenario says. `hears`
        are, for the caller and for the callee, how many recordings each of a call's media must bring to their ears."""
        with contextlib.ExitStack() as stack:
            ears = [
                stack.enter_context(Listener(
                    self.the_lab, namespace(host), ADDRESS[host], sipp.media_ports(count, len(recordings))
                )) if recordings else None
                for host, recordings in zip((caller, callee), hears)
            ]
            answering = stack.enter_context(sipp.answering(
                self.the_lab, namespace(callee), ADDRESS[callee], f"{scenario}-callee", count=count,
                transport=transport, port=port, options=callee_options, linger=linger,
            ))
            calling = sipp.call(
                self.the_lab, namespace(caller), ADDRESS[caller], f"{scenario}-caller", f"{to}:{port}", count=count,
                transport=transport, **options,
            )
            self.assertEqual((calling.failed, calling.successful), (0, count), f"{caller}'s calls\n{calling.errors}")
            answered = answering.finish()
            self.assertEqual((answered.failed, answered.successful), (0, count), f"{callee}'s\n{answered.errors}")
        for host, ear, recordings in zip((caller, callee), ears, hears):
            if ear:
                self.assertHeard(ear, recordings, host)
        return Talk(calling, answered, *ears)

    def at_once(self, *calls):
        """Does all of them at the same time: they are between different hosts."""
        with concurrent.futures.ThreadPoolExecutor() as threads:
            for call in [threads.submit(call) for call in calls]:
                call.result()

    def assertHeard(self, ear, recordings, who):
        """Every medium of every call heard most of so many recordings, by a listener that has all their ports."""
        short = {
            port: count
            for place, (port, count) in enumerate(ear.packets.items())
            if count < recordings[place % len(recordings)] * sipp.RECORDING_PACKETS * 9 // 10
        }
        self.assertEqual(short, {}, f"{who} heard too little on {len(short)} of {len(ear.packets)} ports")


class PhoneTestCase(lab.LabTestCase):
    """Telephones on the lab's hosts, and what their media's meters say."""

    the_lab = None

    @contextlib.contextmanager
    def telephones(self, *hosts, transport="udp", **options):
        """Registered telephones on the hosts, with a meter each."""
        with contextlib.ExitStack() as stack:
            stack.enter_context(kamailio(self.the_lab, "carol", lab.CAROL))
            self.meters, phones = {}, []
            for host in hosts:
                first = MEDIA[host]
                self.meters[host] = stack.enter_context(Meter(self.the_lab, host, first, first + 199))
                phones.append(stack.enter_context(phone(
                    self.the_lab, host, ADDRESS[host], lab.CAROL, transport=transport,
                    port=PHONE_PORTS.get(host, 5060), first_media_port=first, **options,
                )))
            yield phones

    def connect(self, caller, callee):
        """One telephone calls another, which is answered."""
        caller.dial(callee.uri)
        callee.await_event("CALL_INCOMING")
        callee.do("accept")
        caller.await_event("CALL_ESTABLISHED")
        callee.await_event("CALL_ESTABLISHED")

    def heard(self, seconds=1.0):
        """How many packets of media each host gets in so long a time."""
        before = {host: meter.count() for host, meter in self.meters.items()}
        time.sleep(seconds)
        return {host: meter.count() - before[host] for host, meter in self.meters.items()}

    def assertTalking(self, *hosts):
        """These hosts get media, others get none."""
        time.sleep(0.3)
        for host, count in self.heard().items():
            if host in hosts:
                self.assertGreater(count, PACKETS_A_SECOND // 2, f"{host} hears too little")
            else:
                self.assertLess(count, 3, f"{host} hears what is not for it")

    def hang_up(self, one, *others):
        one.do("hangup")
        for other in others:
            other.await_event("CALL_CLOSED")


def namespace(host):
    """Whose namespace a host's address is in."""
    return "alice" if host in ("single", "ported") else host
