"""Many transfers at once, each both ways and each checked octet by octet; and a probe that notices every silence.

    transfers.py serve PORT                    echoes streams on the TCP port and datagrams on the UDP port
    transfers.py run ADDRESS PORT COUNT        COUNT streams until SIGTERM; prints JSON:
                                               {"whole": N, "broken": [WHY…], "octets": N}
    transfers.py probe ADDRESS PORT            a datagram every 5 ms until SIGTERM; prints JSON:
                                               {"sent": N, "answered": N, "silences": [SECONDS…]}

What is sent is a hash chain, different for each stream, so that an octet too many, too few or of another stream shows.
"""

import asyncio
import hashlib
import json
import random
import signal
import sys
import time

PIECE = 8192
# Between two pieces of one stream, in seconds; a hundred streams then move some megabytes a second.
PAUSE = 0.1
# A stream that hears nothing for so long is broken.
PATIENCE = 30
# Silences of the probe that are worth telling, in seconds.
SILENCE = 0.1


def pieces(seed):
    """The octets of a stream, piece by piece, for ever."""
    state = hashlib.sha256(seed.encode()).digest()
    while True:
        state = hashlib.sha256(state).digest()
        yield state * (PIECE // len(state))


class Echo(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        self.transport.sendto(data, address)


async def serve(port):
    async def echo(reader, writer):
        try:
            while octets := await reader.read(65536):
                writer.write(octets)
                await writer.drain()
        finally:
            writer.close()

    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(Echo, local_addr=("0.0.0.0", port))
    server = await asyncio.start_server(echo, "0.0.0.0", port, backlog=1024)
    await server.serve_forever()


async def stream(address, port, seed, ending, result):
    """One stream: sends pieces until the end is near, and reads each of them back."""
    try:
        reader, writer = await asyncio.wait_for(asyncio.open_connection(address, port), PATIENCE)
        source, expected = pieces(seed), pieces(seed)
        while not ending.is_set():
            writer.write(next(source))
            await asyncio.wait_for(writer.drain(), PATIENCE)
            octets = await asyncio.wait_for(reader.readexactly(PIECE), PATIENCE)
            if octets != next(expected):
                raise ValueError("octets came back changed")
            result["octets"] += PIECE
            await asyncio.sleep(PAUSE * random.uniform(0.5, 1.5))
        writer.write_eof()
        if await asyncio.wait_for(reader.read(1), PATIENCE):
            raise ValueError("octets came back that nobody sent")
        writer.close()
        result["whole"] += 1
    except (OSError, ValueError, EOFError, asyncio.TimeoutError) as error:
        result["broken"].append(f"{seed}: {type(error).__name__}: {error}")


def end_on_signal():
    """An event that SIGTERM sets."""
    ending = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)
    return ending


async def run(address, port, count):
    ending, result = end_on_signal(), {"whole": 0, "broken": [], "octets": 0}
    await asyncio.gather(*(stream(address, port, f"{address} {n}", ending, result) for n in range(count)))
    print(json.dumps(result), flush=True)


class Probe(asyncio.DatagramProtocol):
    def __init__(self):
        self.answers = []

    def datagram_received(self, data, address):
        self.answers.append(time.monotonic())


async def probe(address, port):
    ending = end_on_signal()
    transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(Probe, remote_addr=(address, port))
    sent = 0
    while not ending.is_set():
        transport.sendto(b"?")
        sent += 1
        await asyncio.sleep(0.005)
    await asyncio.sleep(0.5)
    silences = [later - sooner for sooner, later in zip(protocol.answers, protocol.answers[1:])]
    print(json.dumps({
        "sent": sent, "answered": len(protocol.answers),
        "silences": [round(silence, 3) for silence in silences if silence >= SILENCE],
    }), flush=True)


match sys.argv[1:]:
    case ["serve", port]:
        asyncio.run(serve(int(port)))
    case ["run", address, port, count]:
        asyncio.run(run(address, int(port), int(count)))
    case ["probe", address, port]:
        asyncio.run(probe(address, int(port)))
    case _:
        sys.exit(__doc__)
