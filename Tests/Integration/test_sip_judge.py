"""SIP on the wire as tshark reads it, what is not SIP on SIP's port, and links that lose, cut and fragment."""

import contextlib
import hashlib
import json
import os
import pathlib
import re
import subprocess
import tempfile
import time

import gateways
import lab
import sipp
import telephony
from captures import capture
from servers import await_listener

ECHOED = "sip.Via", "sip.From", "sip.Call-ID"
PRIVATE = re.compile(rb"10\.10\.10\.\d+")


def setUpModule():
    telephony.SIPTestCase.the_lab = telephony.raise_lab("judge")


class Judge(telephony.SIPTestCase):
    def messages(self, seen):
        """The SIP messages of a capture, as octets, without their Call-ID."""
        rows = seen.select("sip", "udp.payload", "tcp.payload")
        texts = [bytes.fromhex((udp or tcp).replace(":", "")) for udp, tcp in rows]
        return [re.sub(rb"(?im)^(call-id|i) *:.*\r\n", b"", text) for text in texts]

    def test_nothing_outside_tells_an_inside_address(self):
        for scenario, hears in ("hold", ((2,), (2,))), ("video", ((1, 1), (1, 1))):
            for transport in "u1", "t1":
                with capture(self.the_lab, "carol") as carol, capture(self.the_lab, "dave") as dave:
                    self.at_once(
                        lambda: self.calls("alice", "carol", lab.CAROL, scenario, transport=transport, hears=hears),
                        lambda: self.calls("dave", "bob", lab.BOB_GLOBAL, scenario, transport=transport, hears=hears),
                    )
                for host, seen in ("carol", carol), ("dave", dave):
                    with self.subTest(host=host, scenario=scenario, transport=transport):
                        messages = self.messages(seen)
                        self.assertGreater(len(messages), 5)
                        self.assertEqual([text for text in messages if PRIVATE.search(text)], [])
                        self.assertEqual(seen.count("_ws.malformed && (sip || sdp)"), 0)

    def test_media_are_announced_where_they_come_from(self):
        with capture(self.the_lab, "carol") as seen:
            talk = self.calls("alice", "carol", lab.CAROL, count=5)
        offers = {
            (address, int(port))
            for address, port in seen.select(
                'sip.Method == "INVITE" && sdp', "sdp.connection_info.address", "sdp.media.port")
        }
        sources = set().union(*talk.callee_media.sources.values())
        self.assertEqual(len(offers), 5)
        self.assertEqual(sources, offers, "media come from elsewhere than announced")
        self.assertLessEqual({address for address, _ in offers}, lab.POOL)
        self.assertTrue(all(port % 2 == 0 for _, port in offers), "RTP is even")

    def test_who_sent_a_header_gets_it_back_as_it_was(self):
        for transport in "u1", "t1":
            with self.subTest(transport=transport):
                with capture(self.the_lab, "alice") as seen:
                    self.calls("alice", "carol", lab.CAROL, transport=transport)
                sent = set(seen.select(f"sip.Request-Line && ip.src == {lab.ALICE}", *ECHOED))
                back = set(seen.select(f"sip.Status-Line && ip.dst == {lab.ALICE}", *ECHOED))
                self.assertTrue(back)
                self.assertLessEqual(back, sent)

    def test_requests_from_outside_name_the_host_inside(self):
        with capture(self.the_lab, "bob") as seen:
            self.calls("dave", "bob", lab.BOB_GLOBAL)
        hosts = {host for host, in seen.select(f"sip.Request-Line && ip.dst == {lab.BOB}", "sip.r-uri.host")}
        self.assertEqual(hosts, {lab.BOB})


class Links(telephony.SIPTestCase):
    @contextlib.contextmanager
    def losing(self, percent):
        """The outside segment loses so much of what carries SIP; yields a function that tells how many were lost."""
        self.the_lab.run("wan", "nft", "-f", "-", input=f"""
            table bridge loss {{ chain forward {{
              type filter hook forward priority 0
              ether type ip meta l4proto {{ tcp, udp }} th dport 5060 numgen random mod 100 < {percent} counter drop
              ether type ip meta l4proto {{ tcp, udp }} th sport 5060 numgen random mod 100 < {percent} counter drop
              }}
            }}""")
        def lost():
            words = self.the_lab.run("wan", "nft", "list", "table", "bridge", "loss").stdout.split()
            return sum(int(words[place + 1]) for place, word in enumerate(words) if word == "packets")
        try:
            yield lost
        finally:
            self.the_lab.run("wan", "nft", "delete", "table", "bridge", "loss")

    def test_calls_survive_a_link_that_loses(self):
        for transport in ("u1", "t1") if lab.LONG else ("t1",):
            with self.subTest(transport=transport), self.losing(5) as lost:
                self.calls("alice", "carol", lab.CAROL, "patient", count=30, rate=30, transport=transport, linger=8000,
                           timeout=60)
                self.assertGreater(lost(), 0)

    def test_hundreds_of_calls_at_once(self):
        count = 1000 if lab.LONG else 200
        for caller, callee, to in ("alice", "carol", lab.CAROL), ("dave", "bob", lab.BOB_GLOBAL):
            for transport in "u1", "t1":
                with self.subTest(caller=caller, transport=transport):
                    self.calls(caller, callee, to, count=count, rate=100, transport=transport)

    def test_a_large_invitation_comes_in_fragments(self):
        with capture(self.the_lab, "carol") as seen:
            self.calls("alice", "carol", lab.CAROL, "large")
        self.assertGreater(seen.count("ip.flags.mf == 1"), 0, "nothing was fragmented: the test tests nothing")

    def test_messages_are_cut_at_every_octet(self):
        program = lab.PROGRAMS / "cut.py"
        for caller, callee, to in ("alice", "carol", lab.CAROL), ("dave", "bob", lab.BOB_GLOBAL):
            mine, own = telephony.ADDRESS[caller], telephony.ADDRESS[callee]
            with self.subTest(caller=caller), self.the_lab.start(callee, "python3", program, "serve", own, 5060) as end:
                await_listener(self.the_lab, callee, 5060)
                asked = json.loads(self.the_lab.run(caller, "python3", program, "call", to, 5060, mine).stdout)
                answered = json.loads(end.finish(10))
            # Every copy came whole, and all were translated alike.
            [[request, times]] = answered["heard"]
            self.assertEqual(times, asked["expected"])
            [[response, times]] = asked["heard"]
            self.assertEqual(times, len(bytes.fromhex(answered["sent"])) + 1)
            request, response, sent = (bytes.fromhex(text) for text in (request, response, asked["sent"]))
            outside, inside = (request, response) if caller == "alice" else (response, request)
            without_name = re.sub(rb"Call-ID: .*", b"", outside)
            self.assertIsNone(PRIVATE.search(without_name), outside)
            # Who sent a header gets it back as it was.
            for name in b"Via", b"From", b"Call-ID":
                [line] = re.findall(rb"(?m)^%s: .*\r$" % name, sent)
                self.assertIn(line, response)
            self.assertIn(b" sip:callee@" + own.encode(), request.split(b"\r\n")[0])


class Strangers(telephony.SIPTestCase):
    """What is not SIP passes SIP's port untouched."""

    def test_bulk_on_the_tcp_port_arrives_as_it_was(self):
        data = os.urandom(1 << 20)
        for header in b"", b"INVITE is the first word of what is no SIP\n":
            whole = header + data
            server = ("import socket,hashlib;l=socket.create_server(('',5060));s=l.accept()[0];h=hashlib.sha256()\n"
                      "while d:=s.recv(65536): h.update(d)\nprint(h.hexdigest())")
            client = ("import socket,sys;s=socket.create_connection(('%s',5060));"
                      "s.sendall(bytes.fromhex(sys.stdin.read()));s.shutdown(1);s.recv(1)" % lab.CAROL)
            with self.subTest(header), self.the_lab.start("carol", "python3", "-c", server) as running:
                await_listener(self.the_lab, "carol", 5060)
                self.the_lab.run("alice", "python3", "-c", client, input=whole.hex())
                self.assertEqual(running.finish(10).strip(), hashlib.sha256(whole).hexdigest())

    def test_datagrams_of_random_octets_arrive_as_they_were(self):
        server = ("import socket;s=socket.socket(2,2);s.bind(('',5060))\n"
                  "while 1:\n d,a=s.recvfrom(65536);s.sendto(d,a)")
        client = ("import socket,os,random;s=socket.socket(2,2);s.settimeout(3);n=0\n"
                  "for i in range(300):\n d=os.urandom(random.randint(0,1400));s.sendto(d,('%s',5060))\n"
                  " n+=s.recv(65536)==d\nprint(n)" % lab.CAROL)
        with self.the_lab.start("carol", "python3", "-c", server):
            await_listener(self.the_lab, "carol", 5060, "udp")
            self.assertEqual(self.the_lab.run("alice", "python3", "-c", client).stdout.strip(), "300")

    def test_tls_passes_untouched(self):
        """On SIP's port, where it is recognised, and on its own, where nobody looks; TLS would notice a change."""
        words = f"REGISTER sip:{lab.CAROL} SIP/2.0 Contact: <sip:alice@{lab.ALICE}:5060>"
        server = ("import socket,ssl,sys;c=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER);c.load_cert_chain(sys.argv[1]);"
                  "l=socket.create_server(('',int(sys.argv[2])));s=c.wrap_socket(l.accept()[0],server_side=True);"
                  "d=s.recv(65536);s.sendall(d);s.recv(1);print(d.decode())")
        client = ("import socket,ssl,sys;c=ssl._create_unverified_context();"
                  "s=c.wrap_socket(socket.create_connection((sys.argv[1],int(sys.argv[2])),5));"
                  "s.sendall(sys.argv[3].encode());print(s.recv(65536).decode())")
        with tempfile.TemporaryDirectory(prefix="sallyport-test-") as directory:
            certificate = pathlib.Path(directory) / "certificate.pem"
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=carol",
                 "-keyout", certificate.with_suffix(".key"), "-out", certificate], check=True, capture_output=True,
            )
            certificate.write_text(certificate.read_text() + certificate.with_suffix(".key").read_text())
            for port in 5060, 5061:
                with self.subTest(port=port), self.the_lab.start(
                    "carol", "python3", "-c", server, certificate, port
                ) as end:
                    before = self.encrypted()
                    await_listener(self.the_lab, "carol", port)
                    echoed = self.the_lab.run("alice", "python3", "-c", client, lab.CAROL, port, words).stdout
                    self.assertEqual([echoed.strip(), end.finish(10).strip()], [words, words])
                    if before is not None:
                        self.assertEqual(self.encrypted() - before, 1 if port == 5060 else 0)

    def encrypted(self):
        """How many sessions the gateway has said to be encrypted."""
        if lab.PEER == "sallyport":
            return gateways.count(self.the_lab, "sip")["steppedAside"].get("encrypted", 0)


class Instances(telephony.SIPTestCase):
    def test_a_call_goes_out_of_a_vrf_and_comes_into_it(self):
        for transport in "u1", "t1":
            with self.subTest(transport=transport):
                self.calls("red", "carol", lab.CAROL, count=3, transport=transport)
                self.calls("dave", "red", lab.RED_GLOBAL, count=3, transport=transport)

    @lab.sallyport_only
    def test_calls_go_out_through_a_pool_without_overload_and_behind_entries_for_ports(self):
        for host in "single", "ported":
            for transport in "u1", "t1":
                with self.subTest(host=host, transport=transport):
                    self.calls(host, "carol", lab.CAROL, count=3, transport=transport)

    @lab.sallyport_only
    def test_calls_come_in_to_a_host_behind_entries_for_ports(self):
        for transport in "u1", "t1":
            with self.subTest(transport=transport):
                self.calls("dave", "ported", telephony.PORTED_GLOBAL, count=3, transport=transport)

    @lab.sallyport_only
    def test_doors_are_gone_after_calls(self):
        for scenario in "call", "cancel", "busy":
            with self.subTest(scenario):
                self.calls("alice", "carol", lab.CAROL, scenario, count=20,
                           hears=((1,), (1,)) if scenario == "call" else ((), ()))
                self.eventually(lambda: not self.the_lab.show_json("ip", "nat", "doors"), "doors stayed", seconds=8)

    @lab.sallyport_only
    def test_a_switch_reaches_sessions_that_are_there_already(self):
        before = self.the_lab.text
        own = [b"c=IN IP4 " + lab.ALICE.encode(), b"Contact: <sip:caller@" + lab.ALICE.encode()]

        def switch(text):
            self.the_lab.rewrite(text)
            self.the_lab.sallyport("reload")

        def shows_itself(port):
            """Whether an INVITE has the caller's own address when it arrives; nobody answers it."""
            with capture(self.the_lab, "carol") as seen:
                sipp.call(self.the_lab, "alice", lab.ALICE, "bare-caller", f"{lab.CAROL}:5060", port=port, timeout=2)
            texts = b"".join(Judge.messages(self, seen))
            self.assertIn(b"INVITE", texts)
            found = [word in texts for word in own]
            self.assertEqual(found, found[:1] * 2, "half a message was translated")
            return found[0]

        # A session for each; it is the same in all three states.
        for port, statement in (5071, "no ip nat service sip udp port 5060"), (5072, "no ip nat service sip"):
            with self.subTest(statement):
                try:
                    self.assertFalse(shows_itself(port))
                    switch(before.replace("control-socket", f"{statement}\ncontrol-socket"))
                    self.assertTrue(shows_itself(port), "it is looked into though it is off")
                finally:
                    switch(before)
                self.assertFalse(shows_itself(port), "it is not looked into though it is on again")
        # Nobody has answered these calls, whose doors would wait for minutes.
        switch(before.replace("control-socket", "no ip nat service sip\ncontrol-socket"))
        switch(before)


@lab.unittest.skipUnless(lab.LONG, "they take long (SALLYPORT_LONG)")
class Rate(telephony.SIPTestCase):
    def test_thousands_of_calls_a_second_over_one_flow(self):
        """15 000 calls without media, and the same between two hosts of one segment, without the gateway."""
        rates = {}
        for caller, place in ("alice", "gateway"), ("dave", "segment"):
            # One call first, for ARP: a kernel lets packets overtake those that waited for the answer, and a provisional
            # response behind the final one is an error to SIPp.
            self.calls(caller, "carol", lab.CAROL, "bare", hears=((), ()), linger=0)
            began = time.monotonic()
            self.calls(caller, "carol", lab.CAROL, "bare", count=15000, rate=3000, hears=((), ()), linger=0)
            rates[place] = 15000 / (time.monotonic() - began)
        print(f"         calls a second: {rates}")
        self.assertGreater(rates["gateway"], 0.8 * min(rates["segment"], 3000))
