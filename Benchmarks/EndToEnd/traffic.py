"""Makes traffic from alice to carol and counts what arrives. Every function takes the route the traffic takes."""

import contextlib
import json
import subprocess
from dataclasses import dataclass

from .lab import OUTSIDE_HOST, ROOT, Route, binaries

UDP_PORT = 9000
CONNECT_PORTS = "7000+16"
CONCURRENCY = 64
FLOWS = 1000
PLAIN_PORT = 5201
# Of FTP's control connections.
CONTROL_PORT = 21
COMMANDS = str(ROOT / "Benchmarks/EndToEnd/programs/commands.py")
# How long a sink listens beyond its generator: for starting both, and for what is still queued.
GRACE = 0.8
# How long any process may take beyond what it was asked for.
PATIENCE = 30


@dataclass
class Delivery:
    """What a run of datagrams sent and delivered."""

    sent: int
    received: int
    seconds: float

    @property
    def rate(self) -> float:
        """Packets delivered a second."""
        return self.received / self.seconds

    @property
    def loss(self) -> float:
        """The part of the packets sent that did not arrive."""
        return max(0.0, 1 - self.received / self.sent) if self.sent else 1.0


def load(route: Route, host: str, *words: str) -> list[str]:
    """The command line of the load generator on a host."""
    return route.command(host, str(binaries() / "sallyport-load"), *words)


@contextlib.contextmanager
def server(command: list[str], ready_line: str | None, seconds: float):
    """Runs a server; yields once it listens; kills what does not end by itself."""
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        # iperf3 says on standard output that it listens, the load generator on standard error that it is ready.
        stream = process.stderr if ready_line == "ready" else process.stdout
        while ready_line is not None:
            line = stream.readline()
            if not line:
                raise RuntimeError(f"{' '.join(command)}: {process.stderr.read().strip()}")
            if line.startswith(ready_line):
                break
        yield process
    finally:
        if process.poll() is None:
            try:
                process.wait(timeout=seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        process.stdout.close()
        process.stderr.close()


def run_json(command: list[str], seconds: float) -> dict:
    """Runs a client to its end; returns its result."""
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=seconds + PATIENCE, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()}")
    return json.loads(done.stdout)


def datagrams(route: Route, size: int, rate: float | None, seconds: float, flows: int = FLOWS) -> Delivery:
    """Sends datagrams of `size` bytes at `rate` packets a second, or as fast as possible."""
    sink = load(
        route, "carol", "udp-receive", "--port", str(UDP_PORT), "--seconds", str(seconds + GRACE))
    source = load(
        route, "alice", "udp-send", "--to", f"{OUTSIDE_HOST}:{UDP_PORT}", "--flows", str(flows), "--size", str(size),
        "--rate", "max" if rate is None else str(round(rate)), "--seconds", str(seconds))
    with server(sink, "ready", PATIENCE) as process:
        sent = run_json(source, seconds)
        output, _ = process.communicate(timeout=PATIENCE)
    return Delivery(sent=sent["sent"], received=json.loads(output)["received"], seconds=sent["seconds"])


def stream_bits(route: Route, streams: int, seconds: float, port: int = PLAIN_PORT) -> float:
    """Bits a second that carol receives over TCP."""
    with server(route.command("carol", "iperf3", "-s", "-1", "-p", str(port), "--forceflush"), "Server listening",
                seconds=5):
        result = run_json(
            route.command("alice", "iperf3", "-c", OUTSIDE_HOST, "-p", str(port), "-P", str(streams),
                          "-t", str(round(seconds)), "-J"), seconds)
    return result["end"]["sum_received"]["bits_per_second"]


def command_bits(route: Route, seconds: float, port: int) -> float:
    """Bits a second of FTP commands without end that carol receives over one connection to a port."""
    with server(route.command("carol", "python3", COMMANDS, "receive", str(port)), "ready", PATIENCE) as process:
        run_json(
            route.command("alice", "python3", COMMANDS, "send", OUTSIDE_HOST, str(port), str(seconds)), seconds)
        output, _ = process.communicate(timeout=PATIENCE)
    received = json.loads(output)
    return received["octets"] * 8 / received["seconds"]


def connections(route: Route, seconds: float) -> float:
    """Connections a second, each with a request and a reply of 64 bytes."""
    route.forget()
    listening = load(route, "carol", "connect-serve", "--ports", CONNECT_PORTS, "--seconds", str(seconds + GRACE))
    with server(listening, "ready", PATIENCE):
        result = run_json(
            load(route, "alice", "connect", "--to", OUTSIDE_HOST, "--ports", CONNECT_PORTS,
                 "--concurrency", str(CONCURRENCY), "--seconds", str(seconds)), seconds)
    route.forget()
    return result["cps"]
