"""Telephones on both sides of the gateway that register at a proxy outside, which knows nothing of NATs: what people
do with calls, by UDP and TCP, with media measured where each telephone is."""

import contextlib
import time

import lab
import telephony
from linphone import linphone
from media import Meter
from telephony import MEDIA

TRANSPORTS = "udp", "tcp"


def setUpModule():
    global the_lab
    the_lab = telephony.PhoneTestCase.the_lab = telephony.raise_lab("phones")


class Telephones(telephony.PhoneTestCase):
    def test_a_telephone_inside_calls_out_and_is_called(self):
        for inside in "alice", "bob":
            for transport in TRANSPORTS:
                with self.subTest(transport), self.telephones(inside, "dave", transport=transport) as phones:
                    within, dave = phones
                    for caller, callee in (within, dave), (dave, within):
                        self.connect(caller, callee)
                        self.assertTalking(inside, "dave")
                        self.hang_up(callee, caller)

    def test_telephones_inside_call_each_other_through_the_proxy_outside(self):
        for transport in TRANSPORTS:
            with self.subTest(transport), self.telephones("alice", "bob", transport=transport) as phones:
                alice, bob = phones
                self.connect(alice, bob)
                self.assertTalking("alice", "bob")
                self.hang_up(bob, alice)

    def test_a_call_is_held_and_resumed_by_either_side(self):
        for transport in TRANSPORTS:
            with self.subTest(transport), self.telephones("alice", "dave", transport=transport) as phones:
                alice, dave = phones
                self.connect(alice, dave)
                self.assertTalking("alice", "dave")
                for holder in alice, dave:
                    holder.do("hold")
                    time.sleep(0.5)
                    counts = self.heard()
                    self.assertLess(counts[holder.name], 3, f"{holder.name} holds the call and hears it")
                    holder.do("resume")
                    self.assertTalking("alice", "dave")
                self.hang_up(alice, dave)

    def test_a_call_is_transferred_blindly_from_inside(self):
        for transport in TRANSPORTS:
            with self.subTest(transport), self.telephones("alice", "dave", "bob", transport=transport) as phones:
                alice, dave, bob = phones
                self.connect(alice, dave)
                alice.do("transfer", bob.uri)
                bob.await_event("CALL_INCOMING")
                bob.do("accept")
                bob.await_event("CALL_ESTABLISHED")
                self.assertTalking("dave", "bob")
                self.hang_up(bob)

    def test_a_call_is_transferred_blindly_from_outside(self):
        for transport in TRANSPORTS:
            with self.subTest(transport), self.telephones("alice", "dave", "carol", transport=transport) as phones:
                alice, dave, carol = phones
                self.connect(dave, alice)
                dave.do("transfer", carol.uri)
                carol.await_event("CALL_INCOMING")
                carol.do("accept")
                carol.await_event("CALL_ESTABLISHED")
                self.assertTalking("alice", "carol")
                self.hang_up(carol)

    def test_a_call_has_pictures(self):
        for transport in TRANSPORTS:
            with self.subTest(transport), self.telephones("alice", "dave", transport=transport, video=True) as phones:
                alice, dave = phones
                self.connect(alice, dave)
                self.assertTalking("alice", "dave")
                self.hang_up(alice, dave)
                for telephone in alice, dave:
                    # Sent and received, of audio and of video; the end of the statistics is written a little later.
                    self.eventually(lambda: telephone.said().count("packets:") == 2, "no statistics")
                    for line in telephone.said().splitlines():
                        if line.startswith("packets:"):
                            self.assertTrue(all(int(word) > 8 for word in line.split()[1:]), line)

    @lab.sallyport_only
    def test_a_registration_has_a_door_until_it_ends(self):
        def doors():
            place = "udp", lab.ALICE, 5060
            rows = the_lab.show_json("ip", "nat", "doors")
            return [row for row in rows if (row["protocol"], row["insideLocal"], row["insideLocalPort"]) == place]

        with self.telephones("alice"):
            self.assertTrue(doors(), "no door for a registered telephone")
        self.eventually(lambda: not doors(), "a door outlived its registration")


class AttendedTransfers(lab.LabTestCase):
    """One telephone calls a second and then a third, and asks the second to take its place in the call with the third:
    Refer-To names that call in Replaces, and who is in it by an address that is to be known behind the gateway too."""

    def transfer(self, asking, second, third, second_uri, third_uri):
        with contextlib.ExitStack() as stack:
            hosts = asking, second, third
            meters = {
                host: stack.enter_context(Meter(the_lab, host, MEDIA[host], MEDIA[host] + 199)) for host in hosts
            }
            phones = [
                stack.enter_context(linphone(the_lab, host, telephony.ADDRESS[host], MEDIA[host])) for host in hosts
            ]
            numbers = []
            for phone, uri in zip(phones[1:], (second_uri, third_uri)):
                phones[0].do(f"call {uri}")
                phone.do(f"answer {phone.await_event('IncomingReceived')}")
                phone.await_event("StreamsRunning")
                numbers.append(phones[0].await_event("StreamsRunning"))
                if len(numbers) == 1:
                    phones[0].do(f"call-pause {numbers[0]}")
                    phones[0].await_event("Paused")
            phones[0].do(f"call-transfer {numbers[0]} {numbers[1]}")
            # Both calls of who asked end, and the two others have one.
            last = [phone.await_event("StreamsRunning") for phone in phones[1:]]
            for _ in numbers:
                phones[0].await_event("End")
            time.sleep(0.5)
            before = {host: meter.count() for host, meter in meters.items()}
            time.sleep(3)
            heard = {host: meter.count() - before[host] for host, meter in meters.items()}
            for host in second, third:
                self.assertGreater(heard[host], 3, f"{host} hears too little: {heard}")
            self.assertLess(heard[asking], 3, f"{asking} hears what is not for it: {heard}")
            phones[1].do(f"terminate {last[0]}")
            phones[2].await_event("End")

    def test_a_call_is_transferred_from_inside_to_inside(self):
        self.transfer("alice", "dave", "bob", f"sip:dave@{lab.DAVE}", f"sip:bob@{lab.BOB}")

    def test_a_call_is_transferred_from_outside_to_inside(self):
        self.transfer("dave", "carol", "bob", f"sip:carol@{lab.CAROL}", f"sip:bob@{lab.BOB_GLOBAL}")

    def test_a_call_is_transferred_from_outside_to_outside(self):
        self.transfer("dave", "bob", "carol", f"sip:bob@{lab.BOB_GLOBAL}", f"sip:carol@{lab.CAROL}")
