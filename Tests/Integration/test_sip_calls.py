"""Calls between SIPp user agents through every kind of translation; both ends play media and count what they hear."""

import lab
import telephony


def setUpModule():
    telephony.SIPTestCase.the_lab = telephony.raise_lab("sip")


class Calls(telephony.SIPTestCase):
    def test_a_call_goes_out_through_the_pool_over_udp(self):
        self.calls("alice", "carol", lab.CAROL, count=10)

    def test_a_call_goes_out_from_a_static_address(self):
        self.calls("bob", "carol", lab.CAROL, count=10)

    def test_a_call_comes_in_to_a_static_address(self):
        self.calls("dave", "bob", lab.BOB_GLOBAL, count=10)

    def test_calls_go_out_over_one_tcp_connection(self):
        self.calls("alice", "carol", lab.CAROL, count=10, transport="t1")

    def test_a_call_with_a_connection_of_its_own_each(self):
        self.calls("alice", "carol", lab.CAROL, count=10, transport="tn")

    def test_a_call_is_echoed(self):
        self.calls("alice", "carol", lab.CAROL, "echo", count=10, hears=((1,), ()), callee_options=("-rtp_echo",))


class CourseOfCalls(telephony.SIPTestCase):
    """What happens in calls, in each direction and by each transport."""

    def each_way(self, scenario, **options):
        for transport in "u1", "t1":
            with self.subTest(transport=transport):
                self.at_once(
                    lambda: self.calls("alice", "carol", lab.CAROL, scenario, transport=transport, **options),
                    lambda: self.calls("dave", "bob", lab.BOB_GLOBAL, scenario, transport=transport, **options),
                )
            if lab.LONG:
                with self.subTest(caller="bob", transport=transport):
                    self.calls("bob", "carol", lab.CAROL, scenario, transport=transport, **options)

    def test_a_call_is_held_and_resumed(self):
        self.each_way("hold", hears=((2,), (2,)))

    def test_a_call_is_held_by_the_address_zero(self):
        self.each_way("hold-by-address", hears=((2,), (2,)))

    def test_a_call_is_refreshed_by_update(self):
        self.each_way("update", hears=((2,), (2,)))

    def test_a_call_moves_its_media_to_another_port(self):
        self.each_way("move", hears=((1, 1), (2,)))

    def test_a_call_of_voice_becomes_one_of_fax(self):
        self.each_way("fax", hears=((1, 1), (1, 1)))

    def test_a_call_has_video_too(self):
        self.each_way("video", hears=((1, 1), (1, 1)))

    def test_the_offer_comes_late(self):
        self.each_way("delayed")

    def test_media_come_before_the_answer(self):
        self.each_way("early")

    def test_two_phones_answer_a_forked_call(self):
        self.each_way("fork")

    def test_the_caller_gives_up(self):
        self.each_way("cancel", hears=((), ()))

    def test_the_callee_is_busy(self):
        self.each_way("busy", hears=((), ()))

    def test_an_invitation_takes_more_than_a_packet(self):
        self.each_way("large")

    def test_requests_of_all_methods_are_answered(self):
        self.each_way("methods", hears=((), ()))
