"""The same random conversations through Sallyport and through the kernel's nftables NAT: they must end alike.

The seed is fixed, so that a difference can be looked at again; SALLYPORT_SEED=N takes another.
"""

import json
import os
import random

import lab
from servers import await_listener

CONVERSATIONS = 6000 if lab.LONG else 400
SEED = int(os.environ.get("SALLYPORT_SEED", "3022"))
UDP_PORT, TCP_PORT, CLOSED_PORT = 7700, 7701, 7702
HOSTS = ("alice", "bob", "red", "carol", "dave")


def destinations(host):
    """Whom a host may speak to; the last of outside hosts is an address that admits nobody."""
    if host in ("alice", "bob", "red"):
        return [lab.CAROL, lab.DAVE]
    return [lab.BOB_GLOBAL, lab.RED_GLOBAL, "203.0.113.101"]


def scripts(seed, count):
    """Random conversations, by the host that begins them."""
    chance = random.Random(seed)
    result = {host: [] for host in HOSTS}
    local = dict.fromkeys(HOSTS, 10000)
    for number in range(count):
        host = chance.choices(HOSTS, weights=(6, 3, 3, 2, 2))[0]
        transport = chance.choice(("udp", "tcp"))
        # Uninvited conversations take as long as patience does: a few of them say all.
        address = chance.choices(destinations(host), weights=(10, 10) if host in HOSTS[:3] else (10, 10, 1))[0]
        port = {"udp": UDP_PORT, "tcp": TCP_PORT}[transport] if chance.random() < 0.95 else CLOSED_PORT
        # A datagram has at most 16 fragments, the limit that IOS has too.
        largest = chance.choice((40, 1400, 1500, 9000, 20000) if transport == "udp" else (40, 1460, 20000, 200_000))
        turns = chance.randint(1, 6)
        local[host] += chance.randint(1, 3)
        result[host].append({
            "id": number, "transport": transport, "address": address, "port": port, "local": local[host],
            "sizes": [chance.randint(0, largest) for _ in range(turns)],
            # What comes back is at least one octet, so that its absence shows.
            "replies": [chance.randint(1, largest) for _ in range(turns)],
            "closing": chance.choice(("client", "server", "reset", "server-reset", "half")),
            "seed": chance.getrandbits(32),
        })
    return result


@lab.sallyport_only
class Differential(lab.LabTestCase):
    def setUp(self):
        super().setUp()
        self.repeats = {"sallyport": 0, "kernel": 0}
        self.bounded_by(900 if lab.LONG else lab.LONGEST_TEST)

    def outcomes(self, peer, wanted):
        """What became of each conversation behind a gateway."""
        name = f"{lab.NAME}-{peer[:6]}"
        text = lab.configuration(name, red=True) if peer == "sallyport" else None
        result = {}
        with lab.Lab(name, text, peer=peer) as the_lab:
            servers = [
                the_lab.start(host, "python3", lab.PROGRAMS / "conversations.py", "serve", UDP_PORT, TCP_PORT)
                for host in HOSTS
            ]
            self.addCleanup(lambda: [server.stop() for server in servers])
            for host in HOSTS:
                await_listener(the_lab, host, TCP_PORT)
                # A kernel that holds back "port unreachable" would make a refusal silence, by chance.
                the_lab.run(host, "sysctl", "-qw", "net.ipv4.icmp_ratelimit=0")
            clients = {
                host: the_lab.start(host, "python3", lab.PROGRAMS / "conversations.py", "hold", interactive=True)
                for host in HOSTS
            }
            for host, client in clients.items():
                client.tell("".join(json.dumps(script) + "\n" for script in wanted[host]))
            for client in clients.values():
                for line in client.finish(800 if lab.LONG else 90).splitlines():
                    answer = json.loads(line)
                    if "repeats" in answer:
                        self.repeats[peer] += answer["repeats"]
                    else:
                        result[answer["id"]] = answer
            for server in servers:
                server.stop()
        return result

    def test_conversations_end_alike_through_sallyport_and_through_the_kernel(self):
        wanted = scripts(SEED, CONVERSATIONS)
        by_number = {script["id"]: (host, script) for host in HOSTS for script in wanted[host]}
        ours, theirs = self.outcomes("sallyport", wanted), self.outcomes("kernel", wanted)
        self.assertEqual(set(theirs), set(by_number), "a client died")
        self.assertEqual(set(ours), set(by_number), "a client died")
        ends = {
            number: [(answer[number]["outcome"], answer[number]["digest"]) for answer in (ours, theirs)]
            for number in by_number
        }
        different = [
            f"seed {SEED}, conversation {number}: Sallyport {ours[number]['outcome']}, kernel "
            f"{theirs[number]['outcome']}: {by_number[number]}"
            for number in sorted(by_number)
            if len(set(ends[number])) > 1
        ]
        self.assertEqual(different, [], "\n".join(different[:5]))
        # The comparison would also hold of two gateways that carry nothing.
        outcomes = [answer["outcome"] for answer in ours.values()]
        self.assertGreater(outcomes.count("done"), len(outcomes) * 0.85)
        self.assertGreater(outcomes.count("silence"), 0)
        self.assertGreater(outcomes.count("refused"), 0)
        # Hosts whose socket buffers are full lose a datagram now and then, a gateway must not; those to nobody are
        # sent twice.
        silent = outcomes.count("silence")
        for peer, repeats in self.repeats.items():
            self.assertLessEqual(repeats - silent, CONVERSATIONS / 100, f"{peer} loses datagrams")
